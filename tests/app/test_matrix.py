"""The authorization matrix: every role at every door, GET and POST, against ``tests/app/matrix.py`` and the
permission table."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from zlib import crc32

import httpx
import pytest
import pytest_asyncio

from models.documents.account import Account
from models.documents.base import new_id
from models.grants import PERMISSIONS
from models.schema.definition import RecordType
from tests.app.conftest import Inside
from tests.app.matrix import ANYBODY, GENERIC, MATRIX, NOBODY, OWN, SIGNED_IN, Row, key_of, without_rows
from tests.app.people import Member, Operator, submitted
from tests.app.routes import FEW, TYPES, VALUES, Door, fill, is_among

STAFF = ("reviewer", "approver", "steward", "auditor", "system_administrator")
OUTSIDE: Mapping[str, set[str]] = {
    "stranger": {"visitor"},
    "applicant": {"visitor"},
    "administrator": {"operator", "operator_administrator"},
}
ROLES: Mapping[str, set[str]] = {**OUTSIDE, "": {"staff"}, **{role: {"staff", role} for role in STAFF}}
"""Everybody at the doors, with the words of the permission table that fit them; "" is staff of no role."""

REFUSED = (401, 403)

Crew = dict[str, httpx.AsyncClient]


@pytest_asyncio.fixture
async def crew(inside: Inside, operator_type: RecordType) -> AsyncIterator[Crew]:
    """A browser of everybody, signed in where they can."""
    await inside.load_demo()
    known = await Account.find_one({"login": "reviewer-1"})
    assert known is not None
    clients = {who: inside.browser() for who in ROLES}
    for role in ("", *STAFF):
        login = f"only-{role or 'nothing'}"
        account = known.model_copy(
            update={
                "id": new_id(),
                "login": login,
                "roles": [role] if role else [],
                "email": f"{login}@x.example",
            }
        )
        await account.insert()
        await Member(clients[role]).sign_in(login)
    certificate = (inside.folder / "demo" / "9A01.pem").read_bytes()
    await Operator(clients["administrator"]).sign_in("minato-admin", certificate)
    applicant = await submitted(clients["applicant"], operator_type)
    VALUES_HERE["reference"] = applicant.reference
    yield clients


VALUES_HERE = {**VALUES, "name": "resource", "version": "1"}
"""What stands for the parameters of an address here; the application is the one the applicant sent."""


async def address_of(inside: Inside, door: Door) -> str:
    """The door's address with something there is in the place of its parameters."""
    address = fill(door.template, VALUES_HERE)
    if door.template.endswith("/detail"):
        key = door.template.split("/")[2]
        kind = inside.site.registry.all_current().get(key)
        row = await inside.mongo[kind.definition.collection if kind else key].find_one()
        address += f"?pk={row['_id'] if row else '0' * 24}"
    return address


async def knock(who: str, client: httpx.AsyncClient, door: Door, address: str) -> httpx.Response:
    """Ask for a page, or send a form with nothing in it but its token."""
    if door.method == "GET":
        return await client.get(address)
    if door.in_admin and who not in OUTSIDE:
        return await Member(client).post(address, {})
    return await client.request(door.method, address, data={})


def is_wrong(row: Row, who: str, door: Door, answer: httpx.Response) -> bool:
    """Whether the answer lets in who has no right, or keeps out who has."""
    if answer.status_code >= 500:
        return True
    if row.permission in (ANYBODY, OWN, SIGNED_IN):
        return False
    if who in OUTSIDE and door.in_admin:
        led_away = answer.headers.get("location", "").startswith("/admin/login")
        return not (led_away or answer.status_code in (401, 404))
    if any(ROLES[who] & PERMISSIONS[name].holders for name in row.permission.split() if name != NOBODY):
        return not row.further and answer.status_code not in (200, 303, 413, 422)
    away = answer.headers.get("location", "").startswith("/login")
    return answer.status_code not in (*REFUSED, 404) and not away


def test_every_door_has_its_row_and_no_row_is_left_over(every_door: list[Door]) -> None:
    assert without_rows(every_door, TYPES) == set()
    assert MATRIX.keys() - {key_of(door, TYPES) for door in every_door} == set()
    named = {name for row in MATRIX.values() for name in row.permission.split() if name != NOBODY}
    named -= {*ANYBODY.split(), *OWN.split(), *SIGNED_IN.split()}
    assert named <= PERMISSIONS.keys()


def test_control_a_new_door_without_a_row_is_found(every_door: list[Door]) -> None:
    new = Door("POST", "/admin/queue/all", "/admin/queue/all")
    assert without_rows([*every_door, new], TYPES) == {"POST /admin/queue/all"}


def everybody(row: Row, door: Door) -> list[str]:
    """All of them, whatever they may do there."""
    del row, door
    return list(ROLES)


def shut_out_and_one(row: Row, door: Door) -> list[str]:
    """Who has no right there, all of them; of those who have, one, another at every door."""
    if row.permission in (ANYBODY, OWN):
        return [list(ROLES)[crc32(str(door).encode()) % len(ROLES)]]
    named = [PERMISSIONS[name].holders for name in row.permission.split() if name != NOBODY]
    let_in = [who for who, words in ROLES.items() if any(words & holders for holders in named)]
    chosen = let_in[crc32(str(door).encode()) % len(let_in)] if let_in else None
    return [who for who in ROLES if who not in let_in or who == chosen]


@pytest.mark.parametrize(
    ("types", "whom"),
    [(FEW, shut_out_and_one), pytest.param(TYPES, everybody, marks=pytest.mark.slow)],
    ids=["few types", "all types"],
)
async def test_every_role_at_every_door(
    inside: Inside,
    crew: Crew,
    every_door: list[Door],
    types: tuple[str, ...],
    whom: Callable[[Row, Door], list[str]],
) -> None:
    wrong: list[Any] = []
    doors = [d for d in every_door if not d.template.startswith(GENERIC) and is_among(d, types)]
    for door in sorted(doors, key=lambda door: door.method):  # what only reads comes first
        row = MATRIX[key_of(door, TYPES)]
        if row.permission == SIGNED_IN:
            continue
        for who in whom(row, door):
            answer = await knock(who, crew[who], door, await address_of(inside, door))
            if is_wrong(row, who, door, answer):
                wrong.append((str(door), who or "no role", answer.status_code, row))
    assert wrong == []


async def written(inside: Inside) -> dict[str, int]:
    """How much is stored; that many forms came from one address is told and is no act of a stranger's."""
    names = ("applications", "operators", "accounts", "messages", "schema_changes")
    found = {name: await inside.mongo[name].count_documents({}) for name in names}
    acts = {"action": {"$ne": "limit.reached"}}
    return {**found, "events": await inside.mongo["events"].count_documents(acts)}


async def test_a_strangers_form_changes_nothing(inside: Inside, crew: Crew, every_door: list[Door]) -> None:
    """Every POST of the admin by those outside: whatever they are told, nothing is written."""
    before = await written(inside)
    for door in every_door:
        if door.in_admin and door.method == "POST" and "{key}" not in door.template:
            for who in OUTSIDE:
                await knock(who, crew[who], door, await address_of(inside, door))
    assert before == await written(inside)


async def test_control_a_door_that_lets_everybody_in_is_found(inside: Inside, crew: Crew) -> None:
    door = Door("GET", "/admin/events/list", "/admin/events/list")
    answer = await crew["auditor"].get(door.path)
    assert not is_wrong(MATRIX[str(door)], "auditor", door, answer)
    assert is_wrong(MATRIX[str(door)], "reviewer", door, answer)
    assert is_wrong(MATRIX[str(door)], "auditor", door, await crew["reviewer"].get(door.path))
