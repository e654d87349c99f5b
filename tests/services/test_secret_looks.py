"""A secret is uncovered one at a time, with a reason, by who may, and its owner reads who looked and why."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.documents.application import Application
from models.documents.event import Event
from models.documents.record import Record
from models.errors import ConfirmationRequired, LimitReached, NotAllowed, NotFound, RevealRefused
from models.permissions import Actor
from models.services import revealing
from models.services.revealing import LONGEST, MANY, MOST, SHORTEST, hidden_in, looks_at, own_looks, reveal
from models.services.site import Site
from models.services.stepping_up import RECENT
from tests.clock import Hands
from tests.services.contracts import another, operator
from tests.services.sealing import application_of, record_of

NAMES = ("first", "second", "third", "fourth", "fifth")
WHY = "to set it up"


async def administrator(site: Site) -> Actor:
    return replace(await operator(site, "U1", "administrator"), confirmed_at=site.now())


async def handed_in(site: Site, owner: Actor) -> Application:
    return await application_of(site, owner)


async def registered(site: Site, owner: Actor) -> Record:
    return await record_of(site, owner, *NAMES)


async def events(action: str) -> list[Event]:
    return await Event.find({"action": action}).sort("_id").to_list()


async def test_uncovering_is_an_event_with_its_reason_before_it_is_told(site: Site, reviewer: Actor) -> None:
    application = await handed_in(site, await administrator(site))
    assert await reveal(site, reviewer, application, "pin", f"  {WHY} ") == "app-pin"
    assert await reveal(site, reviewer, application, "inside.word", WHY) == "app-word"
    told = await events("secret.revealed")
    assert [event.details["path"] for event in told] == ["pin", "inside.word"]
    assert {(event.actor.name, event.details["reason"]) for event in told} == {("reviewer", WHY)}
    assert {event.operator_id for event in told} == {application.operator_id}
    assert "app-" not in str([event.model_dump() for event in told])


async def test_rows_and_what_is_deeper_are_uncovered_one_by_one_and_named(
    site: Site, reviewer: Actor
) -> None:
    record = await registered(site, await administrator(site))
    hidden = await hidden_in(site, reviewer, record)
    assert [each.path for each in hidden] == ["pin", "inside.word", "lines.0.code", "lines.0.deep.key"]
    assert hidden[3].label("en") == "lines 1 / deep / key"
    told = [await reveal(site, reviewer, record, each.path, WHY) for each in hidden]
    assert told == list(NAMES[:4])


@pytest.mark.parametrize(
    ("reason", "refused"),
    [
        ("", True),
        ("x" * (SHORTEST - 1), True),
        (" " * 10, True),
        ("x" * (LONGEST + 1), True),
        ("x" * SHORTEST, False),
        ("x" * LONGEST, False),
    ],
)
async def test_a_reason_is_asked_for(site: Site, reviewer: Actor, reason: str, refused: bool) -> None:
    application = await handed_in(site, await administrator(site))
    if refused:
        with pytest.raises(RevealRefused):
            await reveal(site, reviewer, application, "pin", reason)
    else:
        assert await reveal(site, reviewer, application, "pin", reason) == "app-pin"
    assert len(await events("secret.revealed")) == (not refused)


async def test_who_may_not_uncovers_nothing_and_nothing_is_uncovered_silently(
    site: Site, reviewer: Actor
) -> None:
    mine = await administrator(site)
    draft = await application_of(site, mine, sent=False)
    with pytest.raises(NotFound):
        await reveal(site, reviewer, draft, "pin", WHY)  # nothing was handed over
    application, record = await handed_in(site, another(mine)), await registered(site, mine)
    other = another(mine)
    for holder in (record, draft):
        with pytest.raises(NotFound):
            await reveal(site, other, holder, "pin", WHY)
        with pytest.raises(NotFound):
            await hidden_in(site, other, holder)
    user = replace(mine, roles=frozenset({"user"}))
    with pytest.raises(NotAllowed):
        await reveal(site, user, record, "pin", WHY)
    assert await hidden_in(site, user, record) == []
    for path in ("title", "inside", "inside.note", "nothing", "pin.sealed", "lines.1.code", ""):
        with pytest.raises(NotFound):
            await reveal(site, reviewer, record, path, WHY)
    with pytest.raises(NotFound):
        await reveal(replace(site, secret=b"another secret"), reviewer, application, "pin", WHY)
    assert await events("secret.revealed") == []


async def test_it_is_asked_who_is_there_first(site: Site, reviewer: Actor, hands: Hands) -> None:
    """The exact moment at which having signed in does not count any more."""
    application = await handed_in(site, await administrator(site))
    hands.now += RECENT - timedelta(milliseconds=1)
    assert await reveal(site, reviewer, application, "pin", WHY) == "app-pin"
    hands.now += timedelta(milliseconds=1)
    with pytest.raises(ConfirmationRequired):
        await reveal(site, reviewer, application, "pin", WHY)
    assert len(await events("secret.revealed")) == 1


async def test_an_administrator_of_the_operator_looks_at_its_own(site: Site) -> None:
    mine = await administrator(site)
    record, draft = await registered(site, mine), await application_of(site, mine, sent=False)
    assert await reveal(site, mine, record, "lines.0.code", WHY) == "third"
    assert await reveal(site, mine, draft, "pin", WHY) == "app-pin"


async def test_whose_secret_it_is_reads_who_looked_and_why_and_of_staff_the_organisation(
    site: Site, reviewer: Actor
) -> None:
    mine = await administrator(site)
    record, foreign = await registered(site, mine), await registered(site, another(mine))
    await reveal(site, mine, record, "pin", "our own look")
    await reveal(site, reviewer, record, "pin", WHY)
    await reveal(site, reviewer, foreign, "pin", "not for them")
    looks, before = await own_looks(site, mine)
    organisation = site.configuration.site.organisation("ja")
    assert [(look.who("ja"), look.reason) for look in looks] == [
        (organisation, WHY),
        ("U1さん", "our own look"),
    ]
    assert looks[0].who("en") == site.configuration.site.organisation("en") != organisation
    assert before is None
    assert [look.who("ja") for look in await looks_at(site, mine, record)] == [organisation, "U1さん"]
    assert [look.who("ja") for look in await looks_at(site, reviewer, record)] == ["reviewer", "U1さん"]
    with pytest.raises(NotFound):
        await looks_at(site, mine, foreign)
    for nobody in (reviewer, replace(mine, roles=frozenset({"user"}))):
        with pytest.raises(NotAllowed):
            await own_looks(site, nobody)


async def test_looks_are_read_page_by_page(
    site: Site, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revealing, "LISTED", 2)
    mine = await administrator(site)
    record = await registered(site, mine)
    for number in range(4):
        await reveal(site, reviewer, record, "pin", f"look {number}")
    first, before = await own_looks(site, mine)
    second, end = await own_looks(site, mine, before)
    assert [look.reason for look in (*first, *second)] == ["look 3", "look 2", "look 1", "look 0"]
    assert end is None


async def test_many_looks_are_told_once_and_too_many_are_refused(
    site: Site, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    many, most = 3, 5
    monkeypatch.setattr(revealing, "MANY", many)
    monkeypatch.setattr(revealing, "MOST", most)
    record = await registered(site, await administrator(site))
    for number in range(most):
        assert len(await events("secret.unusual")) == (number >= many)
        assert await reveal(site, reviewer, record, "pin", WHY) == "first"
    with pytest.raises(LimitReached) as refused:
        await reveal(site, reviewer, record, "pin", WHY)
    assert 0 < (refused.value.retry_after or 0) <= revealing.WINDOW + 1
    assert len(await events("secret.revealed")) == most
    assert [event.subject.label for event in await events("secret.unusual")] == ["reviewer"]
    assert MANY < MOST
