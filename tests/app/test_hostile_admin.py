"""Whatever is asked of the admin, by address or by form, is answered with a page or a clear refusal: never a
500, and nothing is written."""

import json
from collections.abc import Awaitable, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from models.documents.account import Account
from tests.app.conftest import Inside
from tests.app.matrix import GENERIC
from tests.app.people import Member
from tests.app.routes import NOBODY, VALUES, Door, doors, fill

NAMES = (
    *(
        "q",
        "filter",
        "sort",
        "page",
        "page_size",
        "after",
        "before",
        "at",
        "view",
        "pk",
        "on",
        "compare",
        "from",
    ),
    *(
        "to",
        "for",
        "back",
        "next",
        "round",
        "version",
        "reference",
        "month",
        "day",
        "number",
        "step",
        "id",
        "text",
    ),
    *(
        "state__eq",
        "updated_at__gte",
        "number__startswith",
        "data.area__eq",
        "lifecycle__eq",
        "data.$where__eq",
    ),
    *(
        "revision",
        "reason",
        "checklist",
        "remark.x",
        "reason.x",
        "account",
        "name",
        "title",
        "note",
        "profile",
    ),
)
"""Names that mean something to one page or another."""

DEEP = json.dumps({"$and": [{"$or": [{"$nor": [{"state": {"$not": {"$in": ["x"]}}}]}]}] * 50})

HOSTILE: dict[str, str] = {
    "a pattern": "(a+)+$[",
    "a query": '{"$where": "sleep(10000)"}',
    "an operator": "$ne",
    "a deep filter": DEEP,
    "a broken filter": '{"$and": [',
    "a long text": "a" * 10_000,
    "a control character": "a\x00\r\n\x1bb",
    "markup": '"><script>alert(1)</script>',
    "a number too large": "9" * 400,
    "a negative number": "-1",
    "half a surrogate": "\udc80",
    "an id of nobody": NOBODY,
    "another tenant's path": "../../portal/resource/00000001",
}

LONG = 2_000
"""A longer text is not sent under every name at once: no address is that long."""

REMEMBERED = {"events", "limits", "limit_counts", "tries", "authenticators"}
"""What may be written about a refusal: that it was asked. One's own authenticator is begun by a button, with
nothing typed that could be wrong."""


@pytest_asyncio.fixture
async def member(inside: Inside) -> Member:
    """Somebody on the staff who may do everything."""
    await inside.load_demo()
    everything = ["reviewer", "approver", "steward", "auditor", "system_administrator"]
    await Account.raw().update_one({"login": "reviewer-1"}, {"$set": {"roles": everything}})
    return await Member(inside.browser()).sign_in("reviewer-1")


def own_doors(inside: Inside, method: str) -> Iterator[Door]:
    """The admin's doors of one method, with something there in the place of their parameters."""
    values = {**VALUES, "name": "resource", "version": "1"}
    for door in doors(inside.app):
        generic = door.template.startswith(GENERIC) or "/log" in door.template
        if door.method == method and door.in_admin and not door.is_file and not generic:
            yield Door(method, fill(door.template, values), door.template)


def typed(text: str, names: tuple[str, ...] = NAMES) -> dict[str, str]:
    """The same text under every name, as bytes a client can send."""
    return dict.fromkeys(names, text.encode("utf-8", "replace").decode())


async def stored(inside: Inside) -> dict[str, int]:
    """How many documents there are of everything but sessions."""
    names = [name for name in await inside.mongo.list_collection_names() if "session" not in name]
    return {name: await inside.mongo[name].count_documents({}) for name in names}


async def what_falls(asked: Awaitable[httpx.Response]) -> Any:
    """What is wrong with an answer: an exception, a 500, somebody's script; None when nothing is."""
    try:
        answer = await asked
    except Exception as error:
        return repr(error)[:200]
    return answer.status_code if answer.status_code >= 500 or "<script>alert" in answer.text else None


@pytest.mark.parametrize("share", [7, pytest.param(1, marks=pytest.mark.slow)], ids=["a seventh", "all"])
async def test_no_page_falls_over_what_its_address_asks(inside: Inside, member: Member, share: int) -> None:
    """Everything at once, and one name alone, another one for each page and text; of each page's texts every
    seventh, or all."""
    fallen: list[Any] = []
    for start, (what, text) in enumerate(HOSTILE.items()):
        for place, door in enumerate(own_doors(inside, "GET")):
            if (place + start) % share:
                continue
            alone = (NAMES[(place + start * 7) % len(NAMES)],)
            for names in (alone, NAMES) if len(text) < LONG else (alone,):
                wrong = await what_falls(member.client.get(door.path, params=typed(text, names)))
                if wrong:
                    fallen.append((str(door), what, names[-1], wrong))
    assert fallen == []


@pytest.mark.parametrize("share", [7, pytest.param(1, marks=pytest.mark.slow)], ids=["a seventh", "all"])
async def test_no_form_falls_over_what_is_sent_and_none_is_done(
    inside: Inside, member: Member, share: int
) -> None:
    fallen: list[Any] = []
    before = await stored(inside)
    for start, (what, text) in enumerate(HOSTILE.items()):
        for place, door in enumerate(own_doors(inside, "POST")):
            if (place + start) % share:
                continue
            wrong = await what_falls(member.post(door.path, typed(text)))
            if wrong:
                fallen.append((str(door), what, wrong))
    assert fallen == []
    after = await stored(inside)
    assert {name for name in after if after[name] != before.get(name, 0)} <= REMEMBERED


async def test_control_a_page_that_falls_is_found() -> None:
    async def answered(status: int, text: str = "") -> httpx.Response:
        return httpx.Response(status, text=text)

    async def broken() -> httpx.Response:
        raise ZeroDivisionError

    assert await what_falls(answered(500)) == 500
    assert await what_falls(answered(422, HOSTILE["markup"])) == 422
    assert "ZeroDivisionError" in await what_falls(broken())
    assert await what_falls(answered(422)) is None
