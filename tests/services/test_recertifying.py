"""Reviews of who has what: who is asked, who decides, what becomes of the accounts, and the file."""

import asyncio
import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from models.documents.account import Account
from models.documents.base import read_id
from models.documents.event import Event
from models.documents.message import Message
from models.documents.recertification import Recertification, RecertificationLine
from models.errors import AnswersInvalid, ConfirmationRequired, NotAllowed, NotFound, ReviewClosed
from models.permissions import Actor
from models.services import holdings, recertifying, review_mails
from models.services.recertifying import Tally
from models.services.site import Site
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.people_of import again, new_company, signed_in, somebody

WEEKS = 30


def due(site: Site, days: int = WEEKS) -> str:
    return (site.today() + timedelta(days=days)).isoformat()


async def root_of(site: Site) -> Actor:
    return signed_in(site, await somebody(site, None, "system_administrator"))


async def asked(site: Site) -> list[tuple[str, str]]:
    """Everybody who was asked, by the mails that were put into the outbox."""
    while await review_mails.ask_for_review(site):
        pass
    found = await Message.find({"template": "review_asked"}).sort("_id").to_list()
    return [(message.to_address, message.dedupe_key.split(":")[2]) for message in found]


async def test_an_operators_accounts_are_confirmed_or_stopped_by_its_administrator(site: Site) -> None:
    root, company, other = await root_of(site), await new_company(site), await new_company(site)
    second = await somebody(site, company.operator, "viewer")
    review = await recertifying.begin_round(site, root, "operators", due(site), "年次点検")
    lines = await recertifying.lines_of(company.head, review)
    assert {line.login for line in lines} == {company.user.login, second.login}
    strangers = await recertifying.lines_of(other.head, review)
    ids = {line.login: read_id(line.id) for line in [*lines, *strangers]}
    with pytest.raises(ReviewClosed):
        await recertifying.decide(site, other.head, review, [ids[second.login]], keep=True)
    with pytest.raises(AnswersInvalid):
        await recertifying.decide(site, company.head, review, [ids[second.login]], keep=False)
    everything = list(ids.values())
    kept = await recertifying.decide(site, company.head, review, everything[:1], keep=True)
    stopped = await recertifying.decide(site, company.head, review, everything, keep=False, reason="退職")
    assert (kept, stopped) == (1, 1)
    assert await recertifying.tally(company.head, review) == Tally(0, 1, 1, 0)
    states = {(await again(each)).status for each in (company.user, second)}
    assert states == {"active", "suspended"}
    assert (await again(other.user)).status == "active"
    assert (await recertifying.by_operator(root, review))[0] == (other.operator, Tally(1, 0, 0, 0))
    with pytest.raises(ReviewClosed):
        await recertifying.decide(site, company.head, review, everything, keep=True)
    with pytest.raises(ReviewClosed):
        await recertifying.decide(site, root, review, [ids[other.user.login]], keep=True)
    await recertifying.decide(site, other.head, review, everything, keep=True)
    assert (await _stored(review)).open is False
    actions = {event.action for event in await Event.find({}).to_list()}
    assert {"review.begun", "review.kept", "review.stopped", "account.suspended", "review.closed"} <= actions


async def _stored(review: Recertification) -> Recertification:
    found = await Recertification.get(review.id)
    assert found is not None
    return found


async def test_nobody_decides_about_themselves_and_the_last_administrator_stays(site: Site) -> None:
    root = await root_of(site)
    approver = signed_in(site, await somebody(site, None, "approver"))
    reviewer = await staff(site, "someone", "reviewer")
    review = await recertifying.begin_round(site, root, "staff", due(site))
    lines = {str(line.account_id): read_id(line.id) for line in await recertifying.lines_of(root, review)}
    own, last = lines[str(approver.account_id)], lines[str(root.account_id)]
    with pytest.raises(ReviewClosed):
        await recertifying.decide(site, approver, review, [own], keep=True)
    with pytest.raises(ReviewClosed):
        await recertifying.decide(site, approver, review, [last], keep=False, reason="異動")
    with pytest.raises(NotAllowed):
        await recertifying.decide(site, reviewer, review, [last], keep=True)
    assert await recertifying.decide(site, approver, review, [last], keep=True) == 1
    assert await recertifying.decide(site, root, review, [own], keep=False, reason="異動") == 1
    assert (await recertifying.tally(root, review)).open == 1


async def test_of_two_decisions_about_one_account_the_first_counts(site: Site) -> None:
    root, company = await root_of(site), await new_company(site)
    review = await recertifying.begin_round(site, root, "operators", due(site))
    [line] = await recertifying.lines_of(company.head, review)
    results = await asyncio.gather(
        recertifying.decide(site, company.head, review, [read_id(line.id)], keep=True),
        recertifying.decide(site, company.head, review, [read_id(line.id)], keep=False, reason="退職"),
        return_exceptions=True,
    )
    assert sum(isinstance(each, ReviewClosed) for each in results) == 1
    stored = await RecertificationLine.get(line.id)
    assert stored is not None
    status = {"kept": "active", "stopped": "suspended"}[stored.state]
    assert (await again(company.user)).status == status


async def test_a_round_is_begun_once_by_those_who_may_with_a_day_ahead(site: Site) -> None:
    root, company = await root_of(site), await new_company(site)
    for day in ("", "tomorrow", due(site, 0), due(site, 181)):
        with pytest.raises(AnswersInvalid):
            await recertifying.begin_round(site, root, "operators", day)
    for actor in (company.head, await staff(site, "r", "reviewer", "approver")):
        with pytest.raises(NotAllowed):
            await recertifying.begin_round(site, actor, "operators", due(site))
    stale = signed_in(site, await somebody(site, None, "system_administrator", login="old"))
    with pytest.raises(ConfirmationRequired):
        await recertifying.begin_round(site, _tired(stale), "operators", due(site))
    both = await asyncio.gather(
        *(recertifying.begin_round(site, root, "operators", due(site, days)) for days in (1, 180)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, ReviewClosed) for each in both) == 1
    review = next(each for each in both if isinstance(each, Recertification))
    assert [each.id for each in await recertifying.own_rounds(company.head)] == [review.id]
    with pytest.raises(NotFound):
        await recertifying.find_round((await new_company(site)).head, read_id(review.id))
    await recertifying.close_round(site, root, read_id(review.id))
    with pytest.raises(ReviewClosed):
        await recertifying.close_round(site, root, read_id(review.id))
    assert (await recertifying.begin_round(site, root, "operators", due(site))).open


def _tired(actor: Actor) -> Actor:
    return replace(actor, confirmed_at=None)


async def test_whoever_decides_is_asked_once_a_stage_until_it_is_done(site: Site, hands: Hands) -> None:
    root, company = await root_of(site), await new_company(site)
    head = company.administrator.email
    review = await recertifying.begin_round(site, root, "operators", due(site, 20))
    assert await asked(site) == [(head, "1")]
    assert await asked(site) == [(head, "1")]
    for days, stage in ((6, "2"), (7, "3"), (6, "4"), (2, "5"), (30, "5")):
        hands.forward(days=days)
        assert (await asked(site))[-1] == (head, stage)
    assert len(await asked(site)) == 5
    [line] = await recertifying.lines_of(company.head, review)
    await recertifying.decide(site, company.head, review, [read_id(line.id)], keep=True)
    assert len(await asked(site)) == 5


async def test_who_has_what_is_taken_away_as_a_harmless_file(site: Site) -> None:
    root, company = await root_of(site), await new_company(site)
    other = await new_company(site)
    await Account.raw().update_one({"_id": company.user.id}, {"$set": {"name": "=HYPERLINK(1)"}})
    content = await holdings.own_file(site, company.head, "ja")
    assert content.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    told = {row[0]: row for row in rows[2:]}
    assert set(told) == {company.administrator.login, company.user.login}
    user = dict(zip(rows[1], told[company.user.login], strict=True))
    assert user["氏名"] == "'=HYPERLINK(1)"
    assert "record.view_own" in user["権限"].split()
    assert "account.issue" not in user["権限"].split()
    whole = b"".join([part async for part in await holdings.whole_file(site, root, "ja")])
    assert other.user.login in whole.decode()
    assert {event.action for event in await Event.find({"actor.id": root.account_id}).to_list()} >= {
        "account.exported"
    }
    for actor in (signed_in(site, company.user), await staff(site, "r", "reviewer")):
        with pytest.raises(NotAllowed):
            await holdings.own_file(site, actor, "ja")
        with pytest.raises(NotAllowed):
            await holdings.whole_file(site, actor, "ja")
