"""A secret is sealed before it is stored anywhere, and uncovered only by permission, as an event."""

from collections.abc import Iterator
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from models.documents.application import Application
from models.permissions import Actor
from models.schema.compare import differences
from models.schema.fields.secret import DOTS, is_sealed
from models.services import secrets
from models.services.applications import compiled, read, save_page
from models.services.site import Site
from models.services.submitting import submit
from tests.services.contracts import contract, operator

PIN, WORD = "hunter2-pin", "hunter2-word"


async def saved(site: Site, actor: Actor, **answers: Any) -> Application:
    application = await contract(site, actor)
    given = {"title": "契約", "pin": PIN, "inside": {"word": WORD, "note": "n"}, **answers}
    return await save_page(site, actor, application, "all", given, revision=application.revision)


async def everything(database: AsyncDatabase[Any]) -> str:
    """All that is stored, as text."""
    names = await database.list_collection_names()
    return "".join([str(await database[name].find().to_list(None)) for name in names])


async def test_no_secret_is_stored_in_the_clear(site: Site) -> None:
    mine = await operator(site, "U1")
    application = await saved(site, mine)
    assert is_sealed(application.answers["pin"])
    assert is_sealed(application.answers["inside"]["word"])
    assert application.title == f"契約 {DOTS}"
    submitted = await submit(site, mine, application, revision=application.revision)
    assert submitted.data is not None
    assert submitted.data["pin"] == application.answers["pin"]
    stored = await everything(site.store.mongo)
    assert "契約" in stored
    assert "hunter2" not in stored


async def test_an_invalid_secret_is_not_kept_when_one_leaves(site: Site) -> None:
    mine = await operator(site, "U1")
    application = await contract(site, mine)
    left = await save_page(
        site, mine, application, "all", {"pin": "abc"}, revision=application.revision, leave=True
    )
    assert left.answers["pin"] is None


async def test_a_secret_already_kept_stays_when_the_page_is_saved_again(site: Site) -> None:
    mine = await operator(site, "U1")
    application = await saved(site, mine)
    again = {"pin": application.answers["pin"], "inside": {"word": application.answers["inside"]["word"]}}
    kept = await save_page(site, mine, application, "all", again, revision=application.revision)
    assert kept.answers["pin"] == application.answers["pin"]
    assert kept.answers["inside"]["word"] == application.answers["inside"]["word"]
    assert (await read(site, kept)).errors == ()


async def test_a_token_from_elsewhere_is_not_believed(site: Site) -> None:
    mine = await operator(site, "U1")
    application = await saved(site, mine)
    foreign = secrets.seal(site, "somebody else's")
    kept = await save_page(
        site, mine, application, "all", {"pin": foreign}, revision=application.revision, leave=True
    )
    assert kept.answers["pin"] is None


def lines(site: Site, application: Application) -> Iterator[str]:
    definition = compiled(site, application).definition
    for found in differences(definition, {}, application.answers, "ja"):
        yield f"{found.label('ja')} {found.before} {found.after}"


async def test_a_difference_shows_dots(site: Site) -> None:
    mine = await operator(site, "U1")
    application = await saved(site, mine)
    told = " ".join(lines(site, application))
    assert DOTS in told
    assert application.answers["pin"]["sealed"] not in told
