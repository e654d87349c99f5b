"""No record type is called as the program's own pages and collections are."""

from starlette.routing import Mount

from app.main import create_app
from app.settings import Settings
from models.configuration.checks.names import ADDRESSES, COLLECTIONS
from models.configuration.load import Configuration
from models.documents.former_lines import FORMER
from models.documents.prepare import DOCUMENTS


def first_parts(configuration: Configuration) -> set[str]:
    """What follows ``/portal/`` and ``/admin/``, names of record types left out."""
    routes = create_app(Settings(), configuration).routes
    admin = next(route for route in routes if isinstance(route, Mount) and route.path == "/admin")
    whole = [str(getattr(route, "path", "")) for route in routes]
    portal = [path.removeprefix("/portal/") for path in whole if path.startswith("/portal/")]
    inside = [str(getattr(route, "path", "")).strip("/") for route in admin.routes]
    found = {path.partition("/")[0] for path in [*portal, *inside]}
    return {name for name in found - set(configuration.record_types) if name and name[0] not in "{"}


def test_every_address_of_the_program_is_reserved(configuration: Configuration) -> None:
    assert {name for name in first_parts(configuration) if "." not in name} - ADDRESSES == set()


def test_every_collection_of_the_program_is_reserved() -> None:
    """And the one that lines of former mailings are still taken over from."""
    assert {*(model.Settings.name for model in DOCUMENTS), FORMER} == COLLECTIONS


def test_the_shipped_types_use_none_of_them(configuration: Configuration) -> None:
    for kind in configuration.record_types.values():
        assert kind.record_type not in ADDRESSES
        assert kind.collection not in COLLECTIONS
