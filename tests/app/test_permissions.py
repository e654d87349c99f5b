"""Who may do what: the table against the function, and against what the framework and the workflow offer by
HTTP. Every other door is in ``test_matrix``."""

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
import pytest_asyncio

from models import permissions
from models.configuration.load import Configuration
from models.documents.base import new_id
from models.documents.store import Mongo
from models.errors import NotAllowed
from models.grants import PERMISSIONS, Permission
from models.permissions import SYSTEM, Actor, allowed, require
from models.schema.definition import RecordType
from tests.app.conftest import Inside, OpenBrowser
from tests.app.matrix import GENERIC
from tests.app.people import Applicant, Member, Operator, submitted
from tests.app.routes import Door
from tests.journey.server import Program

STAFF = ("reviewer", "approver", "steward", "auditor", "system_administrator")


def _of_operator(*roles: str) -> Actor:
    return Actor(kind="operator", account_id=new_id(), operator_id=new_id(), roles=frozenset(roles))


def _of_staff(*roles: str) -> Actor:
    return Actor(kind="staff", account_id=new_id(), roles=frozenset(roles))


ACTORS: Mapping[str, tuple[Actor, set[str]]] = {
    "visitor": (Actor(kind="visitor"), {"visitor"}),
    "visitor who claims roles": (Actor(kind="visitor", roles=frozenset(STAFF)), {"visitor"}),
    "administrator": (_of_operator("administrator"), {"operator", "operator_administrator"}),
    "user": (_of_operator("user"), {"operator", "operator_user"}),
    "operator who claims to be staff": (_of_operator(*STAFF, "staff"), {"operator", "operator_user"}),
    "staff without a role": (_of_staff(), {"staff"}),
    "staff with an operator's role": (_of_staff("administrator"), {"staff", "administrator"}),
    **{role: (_of_staff(role), {"staff", role}) for role in STAFF},
    "system": (SYSTEM, {"system"}),
}
"""Everybody there is, with the words of the table that fit them."""


@pytest.mark.parametrize("name", PERMISSIONS)
def test_a_permission_is_given_to_those_the_table_names_and_to_nobody_else(name: str) -> None:
    holders = PERMISSIONS[name].holders
    for who, (actor, words) in ACTORS.items():
        assert allowed(actor, name) == bool(words & holders), who
        if not words & holders:
            with pytest.raises(NotAllowed) as refusal:
                require(actor, name)
            assert refusal.value.rule == name


def test_every_word_of_the_table_fits_somebody(configuration: Configuration) -> None:
    known = set().union(*(words for _actor, words in ACTORS.values()))
    assert set().union(*(row.holders for row in PERMISSIONS.values())) <= known
    assert set(STAFF) <= configuration.site.roles.keys()


@pytest.mark.parametrize(
    "name", ["", "application", "application.", "application.view ", "APPLICATION.VIEW", "*"]
)
def test_a_permission_that_does_not_exist_is_refused(name: str) -> None:
    assert [who for who, (actor, _words) in ACTORS.items() if allowed(actor, name)] == []


# --- The admin's lists --------------------------------------------------------------------------------------

LISTS = {
    "operator": "record.view",
    "resource": "record.view",
    "messages": "message.view",
    "accounts": "account.view",
    "certificates": "account.view",
    "events": "event.view",
}

READING = ("/list", "/detail", "/relation-lookup")
"""Those of them that only read."""

EXPORTED = {
    "events": "event.view",
    "operator": "record.export",
    "resource": "record.export",
}
"""Lists that may be exported at all, with the permission it needs."""


@pytest_asyncio.fixture(scope="module")
async def crew(
    program: Program, stored: Mongo, operator_type: RecordType
) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A browser of everybody: strangers, an operator, staff of every role and of none."""
    known = await stored["accounts"].find_one({"login": "reviewer-1"})
    assert known is not None
    clients = {}
    for role in ("", *STAFF):
        values = {k: v for k, v in known.items() if k != "_id"}
        account = {**values, "login": f"only-{role}", "name": f"only {role}", "roles": [role] if role else []}
        await stored["accounts"].replace_one({"login": account["login"]}, account, upsert=True)
        clients[role] = program.client()
        await Member(clients[role]).sign_in(account["login"])
    for name in ("stranger", "applicant", "administrator"):
        clients[name] = program.client()
    await submitted(clients["applicant"], operator_type)
    certificate = (program.folder / "demo" / "9A01.pem").read_bytes()
    await Operator(clients["administrator"]).sign_in("minato-admin", certificate)
    yield clients
    for client in clients.values():
        await client.aclose()


async def test_lists_are_exported_only_by_those_who_see_them_and_only_where_allowed(
    crew: dict[str, httpx.AsyncClient],
) -> None:
    for key in LISTS:
        for role in ("", *STAFF):
            may = key in EXPORTED and bool({"staff", role} & PERMISSIONS[EXPORTED[key]].holders)
            member = Member(crew[role])
            records = EXPORTED.get(key) == "record.export"
            answer = await (
                member.take_away(key) if records else member.post(f"/admin/{key}/export", {"query": "?"})
            )
            assert (answer.status_code == 200) == may, (key, role, answer.status_code)


async def test_choices_for_a_relation_are_told_only_to_those_who_see_the_list(
    crew: dict[str, httpx.AsyncClient],
) -> None:
    for key, permission in LISTS.items():
        for role in ("", *STAFF):
            may = bool({"staff", role} & PERMISSIONS[permission].holders)
            answer = await crew[role].get(f"/admin/_api/{key}/relation-lookup?search=a")
            assert answer.status_code == (200 if may else 403), (key, role)
            assert "argon2" not in answer.text


async def test_nothing_is_created_changed_or_removed_through_the_framework(
    crew: dict[str, httpx.AsyncClient], every_door: list[Door], stored: Mongo
) -> None:
    """The generic routes of the framework, with every list and every role."""
    kept = ("accounts", "messages", "publications")
    before = {name: await stored[name].count_documents({}) for name in kept}
    generic = {door for door in every_door if door.template.startswith(GENERIC)}
    generic = {door for door in generic if not door.template.endswith(READING)}
    assert {"/admin/{key}/create", "/admin/{key}/edit"} <= {door.template for door in generic}
    for role in ("", *STAFF):
        for door in generic:
            for key in LISTS:
                path = door.template.replace("{key}", key).replace("{storage}/{path:path}", f"{key}/x")
                for query in ("", "?name=delete&pks=x&pk=x"):
                    answer = await ask(Member(crew[role]), door.method, path + query)
                    assert answer.status_code in (400, 403, 404, 405, 415, 422), (str(door), key, role)
    assert before == {name: await stored[name].count_documents({}) for name in before}


async def ask(member: Member, method: str, address: str) -> httpx.Response:
    """Ask for a page, or send a form that would change something."""
    if method == "GET":
        return await member.client.get(address)
    return await member.post(address, {"title": "x", "login": "x", "roles": "approver", "pk": "x"})


async def test_a_step_is_taken_only_by_those_the_workflow_names(
    crew: dict[str, httpx.AsyncClient], browser: OpenBrowser, stored: Mongo, configuration: Configuration
) -> None:
    """An application just handed in: every step by every role; one pair fits."""
    applicant = await submitted(browser(), configuration.record_types["operator"])
    pairs = [
        (step, role) for step in configuration.workflows["registration"].transitions for role in ("", *STAFF)
    ]
    for step, role in sorted(pairs, key=lambda pair: pair == ("claim", "reviewer")):
        answer = await Member(crew[role]).step(applicant.reference, step, _everything(applicant, step))
        found = await stored["applications"].find_one({"reference": applicant.reference})
        assert found is not None
        moved = (step, role) == ("claim", "reviewer")
        assert (answer.status_code == 303) == moved, (step, role)
        assert found["state"] == ("under_review" if moved else "submitted"), (step, role)


def _everything(applicant: Applicant, step: str) -> dict[str, object]:
    """All that a step may need, so that only the permission is missing; remarks go with a return alone."""
    checklist = [item.name for item in applicant.definition.review.checklist]
    remarks = {"remark.address": "番地"} if step == "return" else {}
    return {"reason": "理由", "checklist": checklist, **remarks}


async def test_ending_an_account_ends_its_sessions_power_at_once(browser: OpenBrowser, stored: Mongo) -> None:
    known = await stored["accounts"].find_one({"login": "reviewer-2"})
    assert known is not None
    member = await Member(browser()).sign_in("reviewer-2")
    assert (await member.client.get("/admin/queue")).status_code == 200
    for values, status in (({"roles": []}, 403), ({"status": "suspended"}, 303)):
        await stored["accounts"].update_one({"_id": known["_id"]}, {"$set": values})
        assert (await member.client.get("/admin/queue")).status_code == status
    await stored["accounts"].replace_one({"_id": known["_id"]}, known)
    assert (await member.client.get("/admin/queue")).status_code == 200


# --- Controls -----------------------------------------------------------------------------------------------


@pytest.fixture
def widened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table with one mistake in it: reviewers see the event log."""
    row = PERMISSIONS["event.view"]
    wrong = {**PERMISSIONS, "event.view": Permission(row.allows, row.holders | {"reviewer"})}
    monkeypatch.setattr(permissions, "PERMISSIONS", wrong)


async def test_control_a_mistake_in_the_table_changes_what_the_page_answers(
    inside: Inside, request: pytest.FixtureRequest
) -> None:
    await inside.load_demo()
    member = await Member(inside.browser()).sign_in("reviewer-1")
    assert (await member.client.get("/admin/events/list")).status_code == 403
    request.getfixturevalue("widened")
    assert (await member.client.get("/admin/events/list")).status_code == 200


async def test_control_without_the_gate_strangers_reach_the_pages_own_refusal(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two walls stand before a page: behind the gate each page still asks the table."""
    assert (await inside.browser().get("/admin/queue")).status_code == 303
    monkeypatch.setattr("admin.gate.Gate._is_open", lambda *_: True)
    assert (await inside.browser().get("/admin/queue")).status_code in (403, 404)
