"""The queue over HTTP: what its pages say, and that nothing that is sent to them breaks one."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from models.documents.account import Account
from models.documents.application import Application
from models.services.identifying import actor_for
from tests.app.conftest import Inside
from tests.app.people import Member
from tests.services.queued import ago, charge, stored, wait

QUEUE = "/admin/queue"


@pytest_asyncio.fixture
async def staffed(inside: Inside) -> Inside:
    await inside.load_demo()
    return inside


async def signed_in(inside: Inside, login: str) -> Member:
    return await Member(inside.browser()).sign_in(login)


async def person(login: str) -> dict[str, Any]:
    account = await Account.find_one({"login": login})
    assert account is not None
    return charge(actor_for(account))


async def of(reference: str) -> dict[str, Any]:
    found: dict[str, Any] | None = await Application.raw().find_one({"reference": reference})
    assert found is not None
    return found


def references(answer: httpx.Response) -> list[str]:
    """The applications a page of the queue lists."""
    return re.findall(r'class="q-open" href="/admin/applications/([^"]+)"', answer.text)


async def test_a_row_says_how_long_it_waits_and_what_is_wrong(staffed: Inside) -> None:
    site, reviewer = staffed.site, await person("reviewer-1")
    late = {"assignee": reviewer, "due": ago(site, days=7), "submissions": [{"at": ago(site, days=9)}] * 2}
    broken: Any = {"type": ["?"], "title": {"$gt": ""}, "due": "soon", "assignee": 7, "submissions": "many"}
    await wait(
        [
            stored(site, "under_review", reference="A-LATE", title="<b>株式会社", **late),
            stored(site, reference="A-BROKEN", **broken),
            stored(site, reference="A-LOST", submitted_at="yesterday"),
        ]
    )
    member = await signed_in(staffed, "reviewer-1")
    answer = await member.client.get(QUEUE)
    assert answer.status_code == 200
    assert {"A-LATE", "A-BROKEN", "A-LOST"} <= set(references(answer))
    row = answer.text.partition("/admin/applications/A-LATE")[2].partition("</tr>")[0]
    assert "&lt;b&gt;株式会社" in row
    assert "<b>" not in row
    for words in ("期限超過", "営業日超過", "再提出（1 回）", "事業者情報 登録"):
        assert words in row, words
    broken_row = answer.text.partition("/admin/applications/A-BROKEN")[2].partition("</tr>")[0]
    assert "読み取れません" in broken_row
    english = await member.client.get(QUEUE, headers={"accept-language": "en"})
    assert re.search(r"\d+ business days? late", english.text)


HOSTILE = (
    "view=nothing",
    "view[]=waiting",
    "q=" + quote("a(b[.*$\\"),
    "q=" + "9" * 10_000,
    "q=" + quote("第" * 3_000),
    "q=%00",
    "filter=" + quote('{"$where": "sleep(1000)"}'),
    "filter=" + quote('{"data.secret": 1}'),
    "filter=" + quote('{"title": {"$regex": "("}}'),
    "filter=%7B",
    "sort=title",
    "sort=--due",
    "after=" + quote("[0,null,1]"),
    "before=%FF",
    "after=WzAsIngiLCJ5IiwxXQ&before=x&at=last",
    "at=first",
    "&".join(f"x{number}=1" for number in range(500)),
)


async def test_nothing_in_the_address_breaks_the_page(staffed: Inside) -> None:
    await wait([stored(staffed.site) for _ in range(3)])
    member = await signed_in(staffed, "reviewer-1")
    for query in HOSTILE:
        answer = await member.client.get(f"{QUEUE}?{query}")
        assert answer.status_code in (200, 303, 404, 422), query[:60]
        assert "Traceback" not in answer.text


@pytest_asyncio.fixture
async def waiting(staffed: Inside) -> AsyncIterator[list[str]]:
    """Three that wait, the first for the longest; nothing else does."""
    await Application.raw().update_many({}, {"$set": {"state": "approved", "open": False}})
    rows = [
        stored(staffed.site, reference=f"A-{number}", submitted_at=ago(staffed.site, days=9 - number))
        for number in range(3)
    ]
    await wait(rows)
    yield [row["reference"] for row in rows]


async def test_taking_on_from_a_row_stays_where_one_is_and_a_second_person_is_told(
    staffed: Inside, waiting: list[str]
) -> None:
    first, second = [await signed_in(staffed, login) for login in ("reviewer-1", "reviewer-2")]
    back = {"back": "view=unassigned&sort=-received&evil=1"}
    answer = await first.post(f"{QUEUE}/{waiting[1]}/claim", back)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"{QUEUE}?view=unassigned&sort=-received",
    )
    assert (await of(waiting[1]))["assignee"]["name"] == "審査 一郎"
    await second.post(f"{QUEUE}/{waiting[1]}/claim", back)
    told = (await second.client.get(QUEUE)).text
    assert re.search("審査 一郎 が先に「担当する」を行いました|今は担当できません", told)
    assert (await of(waiting[1]))["assignee"]["name"] == "審査 一郎"
    assert (await second.post(f"{QUEUE}/NOTHING/claim", back)).status_code == 404


async def test_the_next_one_is_of_the_view_order_and_filter_shown(
    staffed: Inside, waiting: list[str]
) -> None:
    member = await signed_in(staffed, "reviewer-1")
    only = quote('{"reference": "A-1"}')
    for back, expected in ((f"filter={only}", "A-1"), ("sort=-received", "A-2"), ("", "A-0")):
        answer = await member.post(f"{QUEUE}/next", {"back": back})
        assert answer.headers["location"] == f"/admin/applications/{expected}"
        assert (await of(expected))["state"] == "under_review"
    answer = await member.post(f"{QUEUE}/next", {"back": "view=waiting"})
    assert answer.headers["location"] == f"{QUEUE}?view=waiting"
    assert "あなたが担当できる申請はありません" in (await member.client.get(QUEUE)).text


async def test_a_filter_that_cannot_be_read_takes_nobody_on(staffed: Inside, waiting: list[str]) -> None:
    member = await signed_in(staffed, "reviewer-1")
    await member.post(f"{QUEUE}/next", {"back": "filter=%7B"})
    assert {(await of(reference))["state"] for reference in waiting} == {"submitted"}


async def test_several_are_confirmed_first_and_told_one_by_one(staffed: Inside, waiting: list[str]) -> None:
    member = await signed_in(staffed, "reviewer-1")
    picked: Any = {"step": "claim", "pick": [*waiting, "NOTHING"], "back": "view=unassigned"}
    page = await member.post(f"{QUEUE}/bulk", picked)
    assert page.status_code == 200
    assert "4 件のうち 3 件" in page.text
    assert {(await of(reference))["state"] for reference in waiting} == {"submitted"}
    seen = re.findall(r'name="pick" value="([^"]+)"', page.text)
    assert seen == [f"{reference}@1" for reference in waiting]
    await Application.raw().update_one({"reference": "A-0"}, {"$inc": {"revision": 1}})
    result = await member.post(f"{QUEUE}/bulk/take", {"step": "claim", "pick": seen})
    assert "2 件を処理し、1 件はそのまま" in result.text
    assert [(await of(reference))["state"] for reference in waiting] == [
        "submitted",
        "under_review",
        "under_review",
    ]
    again = await member.post(f"{QUEUE}/bulk/take", {"step": "claim", "pick": seen})
    assert "0 件を処理し、3 件はそのまま" in again.text


@pytest.mark.parametrize(
    ("address", "typed", "status"),
    [
        ("bulk", {"step": "claim"}, 409),
        ("bulk", {"step": "claim", "pick": [f"A{number}" for number in range(101)]}, 409),
        ("bulk", {"step": "$where", "pick": ["A-0", "../..", "x" * 10_000]}, 200),
        ("bulk/take", {"step": "claim", "pick": ["A-0@-1", "A-1@99999999999", "@", "A-2"]}, 200),
        ("A-0/assign", {"to": "not an id"}, 403),
    ],
    ids=["none", "too many", "forged", "malformed", "somebody else's"],
)
async def test_forged_choices_change_nothing(
    staffed: Inside, waiting: list[str], address: str, typed: dict[str, Any], status: int
) -> None:
    member = await signed_in(staffed, "reviewer-1")
    answer = await member.post(f"{QUEUE}/{address}", typed)
    assert answer.status_code == status
    assert {(await of(reference))["revision"] for reference in waiting} == {1}


async def test_handing_over_keeps_what_was_typed_when_it_is_refused(
    staffed: Inside, waiting: list[str]
) -> None:
    member = await signed_in(staffed, "reviewer-1")
    await member.post(f"{QUEUE}/A-0/claim")
    page = await member.client.get(f"{QUEUE}/A-0/assign")
    options = dict(re.findall(r'<option value="([0-9a-f]{24})">([^<（]+)', page.text))
    assert "審査 一郎" not in options.values()
    assert "承認 三枝" not in options.values()
    to = next(identifier for identifier, name in options.items() if name == "審査 二葉")
    for chosen, note in (("", "ここまで"), ("zz", "ここまで"), (to, "長" * 501)):
        refused = await member.post(f"{QUEUE}/A-0/assign", {"to": chosen, "note": note})
        assert refused.status_code == 409
        assert note in refused.text
    done = await member.post(f"{QUEUE}/A-0/assign", {"to": to, "note": "ここまで", "revision": "2"})
    assert done.headers["location"] == QUEUE
    colleague = await signed_in(staffed, "reviewer-2")
    assert "審査 一郎 さんからの引継ぎ：ここまで" in (await colleague.client.get(f"{QUEUE}?view=mine")).text


async def test_who_may_only_look_is_offered_nothing_to_do(staffed: Inside, waiting: list[str]) -> None:
    auditor = await signed_in(staffed, "auditor-1")
    page = await auditor.client.get(QUEUE)
    assert references(page) == waiting
    assert "q-claim" not in page.text
    assert 'name="pick"' not in page.text
    for address in ("A-0/claim", "A-0/assign", "bulk/take"):
        typed: Any = {"step": "claim", "pick": ["A-0@1"]}
        await auditor.post(f"{QUEUE}/{address}", typed)
    assert (await of("A-0"))["revision"] == 1
