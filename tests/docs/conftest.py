"""The site as the forms' tests open it: what the manual says about pages and times is tried on it."""

from tests.forms.conftest import configuration, hands, open_tab, program, site, tab

__all__ = ["configuration", "hands", "open_tab", "program", "site", "tab"]
