"""What only some may read comes out by no door for others, and by some door for them: every role, every
field, every door, from a definition written for it."""

from collections.abc import AsyncIterator, Iterator
from itertools import product

import pytest
import pytest_asyncio

from models import access
from models.documents.application import Application
from models.errors import AnswersInvalid, NotFound, TransitionRefused
from models.schema.definition import RecordType
from models.services import listings, records, seeing, uploads
from models.services.applications import save_page
from models.services.beginning import begin
from models.services.revealing import reveal
from models.services.steps import Given, take_step
from models.services.submitting import submit
from tests.app import routes
from tests.app.conftest import Inside
from tests.app.people import Member
from tests.app.routes import Door
from tests.app.vault import (
    NAME,
    OPERATORS,
    PAGES,
    PLACES,
    STAFF,
    VAULT,
    Vault,
    answers,
    fill,
    marked,
    readers,
    write,
)
from tests.services.stored import publish

RECORD_STAFF = ("reviewer", "approver", "steward", "auditor")
EXPORTERS = ("approver", "steward", "auditor")


@pytest_asyncio.fixture
async def vault(inside: Inside) -> AsyncIterator[Vault]:
    yield await fill(inside)


QUERIES = {
    f"/admin/{NAME}/list": ("", "?sort=data.price__asc&sort=data.grade__desc"),
    f"/admin/{NAME}/detail": ("?pk={record}",),
    f"/admin/{NAME}/print": ("?pk={record}",),
    "/admin/_api/{key}/relation-lookup": ("", "?search=V"),
    "/admin/events/list": ("?page_size=100",),
    "/admin/messages/list": ("?page_size=100",),
    "/admin/filters": (f"?for={NAME}", f"?for={NAME}&as=text"),
    "/admin/views/new": (f"?for={NAME}",),
    "/portal/{record_type}": ("", "?sort=-price"),
    "/portal/{record_type}/copy": ("", "?record={number}"),
    "/portal/{record_type}/{number}": ("", "?version=1"),
}
"""What is asked besides of some doors; of the others nothing."""


def doors(vault: Vault, who: str) -> Iterator[str]:
    """Every address that only reads, of the program as it runs with this type in it, filled with the record
    and its applications."""
    for door in routes.doors(vault.app):
        if door.method == "GET" and door.in_admin == (who in STAFF) and not door.is_file:
            yield from _addresses(vault, door)


def _addresses(vault: Vault, door: Door) -> Iterator[str]:
    record = str(vault.record.id)
    for reference, page in product((vault.application.reference, vault.first.reference), PAGES):
        values = {"reference": reference, "page": page, "number": vault.record.number, "kind": "change"}
        values |= dict.fromkeys(("record_type", "name", "key", "type"), NAME)
        values |= dict.fromkeys(("identifier", "id"), vault.upload) | {"version": "1", "ending": "json"}
        address = routes.fill(door.template, values)
        for query in QUERIES.get(door.template, ("",)):
            yield address + query.format(record=record, number=vault.record.number)


async def said(vault: Vault, who: str) -> str:
    """All that every door says to somebody."""
    client, found = vault.clients[who], []
    await client.get("/admin/")  # the admin takes over the type that was published since
    await vault.clients["reviewer"].get("/admin/")  # the type's own pages appear with the next request
    for address in dict.fromkeys(doors(vault, who)):
        answer = await client.get(address)
        assert answer.status_code < 500, (address, answer.text[-2000:])
        found.append(answer.text)
    if who in STAFF:
        for collection in ("events", "messages"):
            async for row in vault.site.store.mongo[collection].find({}, {"_id": 1}):
                found.append((await client.get(f"/admin/{collection}/detail?pk={row['_id']}")).text)
        answer = await Member(client).take_away(NAME)
        assert (answer.status_code == 200) == (who in EXPORTERS)
        found.append(answer.text)
        for place in (f"records/{NAME}/{vault.record.id}", f"applications/{vault.application.reference}"):
            address = f"/admin/secrets/of/{place}?path=pin"
            found.append((await Member(client).post(address, {"reason": "to see it"})).text)
    else:
        address = f"/portal/{NAME}/{vault.record.number}/secrets"
        found.append((await client.post(address, data={"path": "pin", "reason": "to see it"})).text)
    return "".join(found)


def words(vault: Vault, who: str) -> frozenset[str]:
    return access.words_of(vault.actors[who])


def forbidden(vault: Vault, who: str) -> set[str]:
    """The markers somebody may not read."""
    mine = words(vault, who)
    return {m for m in PLACES if (allowed := readers(m)) is not None and not mine & allowed}


async def test_no_door_tells_what_one_may_not_read_and_some_door_tells_the_rest(vault: Vault) -> None:
    """The control is in it: who may read an answer finds it behind one of the same doors."""
    for who in (*STAFF, *OPERATORS):
        text = await said(vault, who)
        found = {marker for marker in PLACES if marker in text}
        assert found & forbidden(vault, who) == set(), who
        expected = set(PLACES) - forbidden(vault, who)
        unseen = {"reviewer": set(), "administrator": {marked("attic")}}
        if who in unseen:
            assert expected - found == unseen[who], who


@pytest.mark.slow
async def test_control_without_the_restrictions_everybody_reads_everything(inside: Inside) -> None:
    """The same doors of a type that asks for nothing."""
    described = VAULT.published()
    for field in _all(described["fields"]):
        field.pop("access", None)
        field.pop("classification", None)
    vault = await fill(inside, RecordType.model_validate(described))
    for who in ("auditor", "user"):
        text = await said(vault, who)
        missing = {marker for marker in PLACES if marker not in text}
        assert missing <= {marked("pin"), marked("attic"), marked("remark"), marked("content")}, who


def _all(fields: list[dict]) -> Iterator[dict]:  # type: ignore[type-arg]
    for field in fields:
        yield field
        yield from _all(field.get("fields", []))


@pytest.mark.parametrize(("path", "name"), [("price", "price"), ("grade", "grade")])
async def test_a_list_is_no_oracle(vault: Vault, path: str, name: str) -> None:
    """Who may not read a field gets the same rows whatever they ask of it; who may, what they asked for."""
    number = vault.record.number
    for who in RECORD_STAFF:
        found = []
        for text in (marked(name), "nothing"):
            address = f"/admin/{NAME}/list?data.{path}__startswith={text}"
            found.append(number in (await vault.clients[who].get(address)).text)
        assert found == [True, marked(name) in forbidden(vault, who)], who


async def test_the_search_finds_nothing_by_a_restricted_answer(vault: Vault) -> None:
    for who in RECORD_STAFF:
        for marker in PLACES:
            listed = (await vault.clients[who].get(f"/admin/{NAME}/list?q={marker}")).text
            assert f">{vault.record.number}<" not in listed or marker == marked("title"), (who, marker)


async def test_an_export_notes_no_restricted_answer(vault: Vault) -> None:
    query = f"data.grade__startswith={marked('grade')}"
    answer = await Member(vault.clients["approver"]).take_away(NAME, query)
    assert marked("grade") in answer.text
    event = await vault.site.store.mongo["events"].find_one({"action": "records.exported"})
    assert event is not None
    assert "data.grade" in event["details"]["asked"]
    assert "MARKER" not in str(event)


async def test_no_mail_and_no_event_holds_a_restricted_answer(vault: Vault) -> None:
    """Mails leave the site: not even a remark at a restricted answer goes with them."""
    restricted = {marker for marker in PLACES if readers(marker) is not None}
    for collection in ("events", "messages"):
        stored = str(await vault.site.store.mongo[collection].find({}).to_list(None))
        assert vault.application.reference in stored or collection == "messages"
        assert {marker for marker in restricted if marker in stored} == set()


async def test_a_remark_at_what_one_may_not_read_is_refused(vault: Vault) -> None:
    site, reviewer = vault.site, vault.actors["reviewer"]
    application = await submit(
        site, vault.actors["administrator"], vault.application, revision=vault.application.revision
    )
    application = await take_step(site, reviewer, application, "claim")
    for path in ("grade", "nothing"):
        with pytest.raises(TransitionRefused):
            await take_step(site, reviewer, application, "return", Given(remarks={path: "?"}))
    returned = await take_step(site, reviewer, application, "return", Given(remarks={"price": "?"}))
    assert returned.state == "returned"


async def test_a_secret_and_a_file_are_handed_out_only_to_who_may_read_them(vault: Vault) -> None:
    site, actors = vault.site, vault.actors
    assert await reveal(site, actors["reviewer"], vault.record, "pin", "to see it") == marked("pin")
    await uploads.open_upload(site, actors["reviewer"], vault.first, vault.upload)
    with pytest.raises(NotFound):
        await reveal(site, actors["approver"], vault.record, "pin", "to see it")
    for who in ("approver", "steward", "auditor", "user"):
        with pytest.raises(NotFound):
            await uploads.open_upload(site, actors[who], vault.first, vault.upload)


async def draft(vault: Vault) -> Application:
    """A change of the record begun by a user, who may not answer everything."""
    await vault.site.store.mongo["applications"].delete_one({"_id": vault.application.id})
    user = vault.actors["user"]
    return await begin(vault.site, user, NAME, "change", record_id=vault.record.id)


async def test_what_is_posted_by_who_may_not_answer_is_left_as_it_is_stored(vault: Vault) -> None:
    """And it does not keep them from handing the change over: the answers are there."""
    site, user = vault.site, vault.actors["user"]
    application = await draft(vault)
    before = dict(application.answers)
    typed = {**answers("taken"), "title": "new", "fixed": "taken", "grade": "taken", "after": "taken"}
    typed |= {"inside": {"open": "new", "kept": "taken"}, "lines": [], "pin": None, "paper": None}
    saved = await write(site, user, application, typed)
    kept = {name: before[name] for name in before if name not in ("title", "inside")}
    assert {name: saved.answers[name] for name in kept} == kept
    assert (saved.answers["title"], saved.answers["inside"]) == (
        "new",
        {"open": "new", "kept": marked("kept")},
    )
    submitted = await submit(site, user, saved, revision=saved.revision)
    assert submitted.data is not None
    assert submitted.data["price"] == marked("price")
    assert submitted.data["lines"] == vault.record.data["lines"]


async def test_a_form_posted_page_by_page_leaves_them_too(vault: Vault) -> None:
    site, client = vault.site, vault.clients["user"]
    application = await draft(vault)
    address = f"/applications/{application.reference}/pages"
    for revision, page in enumerate(PAGES, application.revision):
        shown = (await client.get(f"{address}/{page}")).text
        assert not {marker for marker in forbidden(vault, "user") if marker in shown}
        typed = {"revision": str(revision), "action": "next", "title": "new", "price": "taken"}
        typed |= {"inside.open": "new", "inside.kept": "taken", "lines.0.cost": "taken", "fixed": "taken"}
        answer = await client.post(f"{address}/{page}", data=typed)
        assert answer.status_code == 303, answer.text
    stored = await site.store.mongo["applications"].find_one({"_id": application.id})
    assert stored is not None
    changed = {"title": "new", "inside": {"open": "new", "kept": marked("kept")}}
    assert stored["answers"] == {**application.answers, **changed}


async def test_what_is_locked_says_for_whom_it_is(vault: Vault) -> None:
    application = await draft(vault)
    shown = (await vault.clients["user"].get(f"/applications/{application.reference}/pages/{PAGES[1]}")).text
    assert marked("fixed") in shown
    assert "fixedを入力できるのは次の方だけです：事業者の管理者。" in shown
    assert 'name="fixed"' not in shown


async def test_where_an_answer_is_missing_the_error_says_who_can_give_it(vault: Vault) -> None:
    site, user = vault.site, vault.actors["user"]
    application = await begin(site, user, NAME)
    for page in PAGES:
        application = await save_page(
            site, user, application, page, {"title": "t"}, revision=application.revision
        )
    with pytest.raises(AnswersInvalid) as refused:
        await submit(site, user, application, revision=application.revision)
    (error,) = refused.value.errors
    assert (error.path, error.key) == ("fixed", "required")
    assert error.message("en") == "fixed may be changed only by: administrators of an operator."


async def test_a_restriction_holds_for_what_was_written_before_it(vault: Vault) -> None:
    """Also where the field was called otherwise then."""
    described = VAULT.published()
    fields = {field["name"]: field for field in described["fields"]}
    fields["title"]["access"] = {"read": ["reviewer"]}
    fields["inside"] |= {"name": "within", "access": {"read": ["reviewer"]}}
    described["evolution"] = [{"from": 1, "rename": {"inside": "within"}}]
    await publish(vault.site, RecordType.model_validate(described))
    for who, names in (("reviewer", {"title", "inside"}), ("auditor", set())):
        seen = seeing.seen(vault.site, vault.actors[who], NAME, 1)
        assert {"title", "inside"} & seen.by_name.keys() == names, who


# --- Rows ---------------------------------------------------------------------------------------------------

ROWS = [
    {"by": ["reviewer", "operator_administrator"], "where": {"data.title": {"$regex": "^MARKER"}}},
    {"by": ["auditor"], "where": {"lifecycle": "suspended"}},
    {"by": ["approver"]},
    {"by": ["operator_user"], "where": {"data.title": "$$ACCOUNT.login"}},
]


@pytest_asyncio.fixture
async def rows(vault: Vault) -> Vault:
    """The same record, under rules that leave it to some only."""
    await publish(vault.site, VAULT.model_copy(update={"access": _rules()}))
    return vault


def _rules() -> object:
    return RecordType.model_validate({**VAULT.published(), "access": ROWS}).access


async def test_a_record_is_shown_by_every_door_to_those_its_rules_name_and_by_none_to_others(
    rows: Vault,
) -> None:
    theirs = {"reviewer", "approver", "administrator"}
    number, title = rows.record.number, marked("title")
    for who in (*RECORD_STAFF, *OPERATORS):
        client, shown = rows.clients[who], who in theirs
        if who in STAFF:
            listed = await client.get(f"/admin/{NAME}/list")
            one = await client.get(f"/admin/{NAME}/detail?pk={rows.record.id}")
            about = await client.get(f"/admin/applications/{rows.application.reference}")
        else:
            listed = await client.get(f"/portal/{NAME}")
            one = await client.get(f"/portal/{NAME}/{number}")
            about = await client.get(f"/applications/{rows.application.reference}")
        assert (title in listed.text) == shown, who
        assert one.status_code == about.status_code == (200 if shown else 404), who
        if who in EXPORTERS:
            exported = await Member(client).take_away(NAME)
            assert (title in exported.text) == shown, who


async def test_the_services_keep_a_record_out_of_reach_too(rows: Vault) -> None:
    site, user, auditor = rows.site, rows.actors["user"], rows.actors["auditor"]
    assert (await listings.page(site, user, NAME, listings.Asked())).rows == []
    with pytest.raises(NotFound):
        await records.find_own(site, user, NAME, rows.record.number)
    with pytest.raises(NotFound):
        await begin(site, user, NAME, "delete", record_id=rows.record.id)
    with pytest.raises(NotFound):
        await records.history_of(site, auditor, NAME, rows.record.id)
    found = await records.history_of(site, rows.actors["approver"], NAME, rows.record.id)
    assert [version.data["grade"] for version in found] == [marked("grade")]
    assert "price" not in found[0].data
