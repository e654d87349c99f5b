"""The site the services are tested on."""

from tests.services.conftest import approver, configuration, hands, reviewer, settings, site

__all__ = ["approver", "configuration", "hands", "reviewer", "settings", "site"]
