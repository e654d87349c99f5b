"""An empty site."""

import pytest

from models.services.site import Site
from tests.evolution.stored import Stored
from tests.services.conftest import approver, configuration, hands, reviewer, settings, site

__all__ = ["approver", "configuration", "hands", "reviewer", "settings", "site"]


@pytest.fixture
def stored(site: Site) -> Stored:
    return Stored(site)
