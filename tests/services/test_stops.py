"""While use is stopped applicants read and write nothing, in every process; everybody else goes on."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from app.opening import build_site
from app.settings import Settings
from app.tasks import beside
from models.clock import system_entropy
from models.configuration.load import Configuration
from models.documents.application import Application
from models.documents.base import Id, new_id
from models.documents.event import Event, Subject
from models.documents.stop import Stop, operator_key
from models.documents.store import Session, Store
from models.errors import (
    AnswersInvalid,
    ConfirmationRequired,
    NotAllowed,
    NotFound,
    RecordChanged,
    ServiceClosed,
    TorokuError,
    TransitionRefused,
    WritingStopped,
)
from models.permissions import Actor
from models.services import accounts, applications, resuming, stops, submitting, upgrading, uploads
from models.services.beginning import begin
from models.services.following import follow
from models.services.site import Site
from models.services.steps import take_step
from models.services.stops import change_stop, end_stop, find_stop, set_stop, standing
from models.services.switches import require_writing
from models.services.terms import in_force
from tests.clock import Hands
from tests.services.conftest import knowing, staff, visitor
from tests.services.waiting import within_a_second

Write = Callable[[], Awaitable[Any]]

VISITOR = Actor(kind="visitor")


@pytest_asyncio.fixture
async def chief(site: Site) -> Actor:
    return await staff(site, "chief", "system_administrator")


async def stop(site: Site, chief: Actor, scope: Id | None = None, **how: Any) -> Stop:
    """Stop writing, for everybody unless `scope` says otherwise."""
    told = {"level": "read_only", "code": 3, "text": "The east hall lost power.", **how}
    return await set_stop(site, chief, scope, **told)


async def begun(site: Site) -> tuple[Actor, Application]:
    somebody = await visitor(site)
    text = in_force(site)
    application = await begin(site, somebody, "operator", terms_version=text.version if text else None)
    return knowing(somebody, application.id), application


def writes(site: Site, somebody: Actor, application: Application, owner: Actor) -> Mapping[str, Write]:
    """Every service that writes for applicants."""
    text = in_force(site)
    version, one = text.version if text else None, application
    step = submitting.submission_step(site, somebody, one) or ""
    page = {"operator_name": "Example"}
    return {
        "begin": lambda: begin(site, somebody, "operator", terms_version=version),
        "save": lambda: applications.save_page(site, somebody, one, "company", page, revision=0),
        "attach": lambda: uploads.attach(site, somebody, one, "nothing", "a.pdf", b"%PDF-1"),
        "upgrade": lambda: upgrading.upgrade(site, somebody, one, revision=0),
        "link": lambda: resuming.send_resume_link(site, somebody, one, "a@example.jp"),
        "submit": lambda: submitting.submit(site, somebody, one, revision=one.revision),
        "step": lambda: take_step(site, somebody, one, step),
        "user": lambda: accounts.issue_user(site, owner, name="A", email="a@example.jp"),
    }


async def refused(write: Write) -> bool:
    try:
        await write()
    except WritingStopped:
        return True
    except TorokuError:
        return False
    return False


async def test_nothing_an_applicant_sends_is_kept_while_writing_is_stopped(site: Site, chief: Actor) -> None:
    somebody, application = await begun(site)
    owner = Actor(kind="operator", account_id=somebody.account_id, roles=frozenset({"administrator"}))
    await stop(site, chief)
    done = writes(site, somebody, application, owner)
    assert {name: await refused(write) for name, write in done.items()} == dict.fromkeys(done, True)
    assert await Application.find_all().count() == 1
    assert (await applications.find(site, somebody, application.reference)).revision == application.revision


async def test_control_without_a_stop_none_of_it_is_refused(site: Site) -> None:
    somebody, application = await begun(site)
    owner = Actor(kind="operator", roles=frozenset({"administrator"}))
    done = writes(site, somebody, application, owner)
    assert {name: await refused(write) for name, write in done.items()} == dict.fromkeys(done, False)


async def test_staff_and_the_program_go_on(site: Site, chief: Actor) -> None:
    await stop(site, chief, level="closed", code=1)
    await require_writing(site, chief)
    await require_writing(site, Actor(kind="system"))
    with pytest.raises(ServiceClosed) as stopped:
        await require_writing(site, Actor(kind="operator"))
    assert (stopped.value.status, stopped.value.code) == (503, "T-W006")
    assert stopped.value.values["text"] == "The east hall lost power."


async def test_one_operator_is_stopped_and_the_others_go_on(site: Site, chief: Actor) -> None:
    own, other = new_id(), new_id()
    one = await stop(site, chief, own, level="closed", label="P000001 港電力")
    stopped, free = (Actor(kind="operator", operator_id=each) for each in (own, other))
    for somebody in (free, VISITOR):
        await require_writing(site, somebody)
    with pytest.raises(ServiceClosed) as refusal:
        await require_writing(site, stopped)
    assert refusal.value.own
    assert await standing(site, None) is None
    assert (await standing(site, own)).id == one.id  # type: ignore[union-attr]
    told = await Event.find_one({"action": "stop.set"})
    assert told is not None
    assert (told.operator_id, told.subject.label) == (own, "P000001 港電力")
    await end_stop(site, chief, one.id, "Sorted out.")
    await require_writing(site, stopped)


async def test_the_strongest_of_several_is_told(site: Site, chief: Actor) -> None:
    own = new_id()
    await stop(site, chief, own, text="Only theirs", level="closed")
    await stop(site, chief, text="Everybody's")
    assert (await standing(site, own)).text == "Only theirs"  # type: ignore[union-attr]
    await stop(site, chief, text="All is closed", level="closed")
    assert (await standing(site, own)).text == "All is closed"  # type: ignore[union-attr]
    assert (await standing(site, None)).text == "All is closed"  # type: ignore[union-attr]


async def test_a_planned_stop_begins_and_ends_by_the_clock(site: Site, chief: Actor, hands: Hands) -> None:
    begins = site.now() + timedelta(hours=1)
    await stop(site, chief, starts=begins, until=begins + timedelta(minutes=30), code=1)
    seen = {}
    for name, moment in {
        "second before": begins - timedelta(seconds=1),
        "at": begins,
        "last second": begins + timedelta(minutes=30, seconds=-1),
        "end": begins + timedelta(minutes=30),
    }.items():
        hands.now = moment
        seen[name] = await refused(lambda: require_writing(site, VISITOR))
    assert seen == {"second before": False, "at": True, "last second": True, "end": False}


async def test_how_long_to_wait_is_told_where_it_is_known(site: Site, chief: Actor) -> None:
    await stop(site, chief, until=site.now() + timedelta(minutes=10))
    with pytest.raises(WritingStopped) as known:
        await require_writing(site, VISITOR)
    assert known.value.retry_after == 601
    await stop(site, chief)
    with pytest.raises(WritingStopped) as unknown:
        await require_writing(site, VISITOR)
    assert unknown.value.retry_after is None


async def test_another_process_knows_within_a_second(
    site: Site, chief: Actor, store: Store, settings: Settings, configuration: Configuration, hands: Hands
) -> None:
    other = await build_site(settings, configuration, store, hands, system_entropy)  # type: ignore[arg-type]
    assert await other.switchboard.look() is None
    async with beside(follow(other)) as following:
        await stop(site, chief)
        await within_a_second(lambda: other.switchboard.last() is not None, following)
    with pytest.raises(WritingStopped):
        await require_writing(other, VISITOR)


async def test_ending_it_lets_them_write_and_everything_stays_told(site: Site, chief: Actor) -> None:
    one = await stop(site, chief)
    later = site.now() + timedelta(days=1)
    await change_stop(site, chief, one.id, until=later, text="Until tomorrow.", reason="Slow.", revision=1)
    await end_stop(site, chief, one.id, "Power is back.", revision=2)
    await require_writing(site, VISITOR)
    told = [event.action for event in await stops.history(one.id)]
    assert told == ["stop.ended", "stop.changed", "stop.set"]
    kept = await find_stop(one.id)
    assert (kept.ended.reason, kept.ended.by.name) == ("Power is back.", "chief")  # type: ignore[union-attr]
    assert [(each.text, each.reason) for each in kept.changes] == [("Until tomorrow.", "Slow.")]
    assert [each.id for each in await stops.past_stops(site, 5)] == [one.id]


async def test_a_double_click_and_a_stale_page_change_nothing(site: Site, chief: Actor) -> None:
    one = await stop(site, chief, token="abc")
    with pytest.raises(RecordChanged):
        await stop(site, chief, token="abc")
    for revision in (0, 2, 7, -1):
        with pytest.raises(RecordChanged):
            await change_stop(site, chief, one.id, until=None, text="x", reason="x", revision=revision)
        with pytest.raises(RecordChanged):
            await end_stop(site, chief, one.id, "Too late.", revision=revision)
    await end_stop(site, chief, one.id, "Done.", revision=1)
    for again in (
        end_stop(site, chief, one.id, "Again."),
        change_stop(site, chief, one.id, until=None, text="x", reason="x", revision=2),
    ):
        with pytest.raises(TransitionRefused):
            await again
    assert await Event.find({"subject.kind": "stop"}).count() == 2


async def test_two_who_end_it_at_the_same_moment_end_it_once(site: Site, chief: Actor) -> None:
    one = await stop(site, chief)
    both = (end_stop(site, chief, one.id, text, revision=1) for text in ("A", "B"))
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(each, Stop) for each in done) == 1
    assert sum(isinstance(each, RecordChanged | TransitionRefused) for each in done) == 1
    assert await Event.find({"action": "stop.ended"}).count() == 1


async def test_a_stop_is_set_only_by_some_with_its_ground_and_reason(
    site: Site, chief: Actor, reviewer: Actor
) -> None:
    ahead: Mapping[str, datetime] = {
        "now": site.now(),
        "far": site.now() + timedelta(days=400),
        "farther": site.now() + timedelta(days=800),
    }
    for how, at in (
        ({"code": 5}, "code"),
        ({"code": -1}, "code"),
        ({"text": " "}, "text"),
        ({"text": "x" * 301}, "text"),
        ({"starts": ahead["far"]}, "starts"),
        ({"until": ahead["now"]}, "until"),
        ({"until": ahead["farther"]}, "until"),
    ):
        with pytest.raises(AnswersInvalid) as invalid:
            await stop(site, chief, **how)
        assert [error.path for error in invalid.value.errors] == [at], how
    with pytest.raises(NotAllowed):
        await stop(site, reviewer)
    one = await stop(site, chief)
    for act in (
        end_stop(site, reviewer, one.id, "x"),
        change_stop(site, reviewer, one.id, until=None, text="x", reason="x", revision=1),
    ):
        with pytest.raises(NotAllowed):
            await act
    with pytest.raises(NotFound):
        await end_stop(site, chief, new_id(), "x")
    with pytest.raises(AnswersInvalid):
        await end_stop(site, chief, one.id, " ")


async def test_who_proved_long_ago_who_they_are_is_asked_again(
    site: Site, chief: Actor, hands: Hands
) -> None:
    one = await stop(site, chief)
    hands.forward(minutes=15)
    for act in (
        stop(site, chief),
        end_stop(site, chief, one.id, "x"),
        change_stop(site, chief, one.id, until=None, text="x", reason="x", revision=1),
    ):
        with pytest.raises(ConfirmationRequired):
            await act
    await end_stop(site, replace(chief, confirmed_at=site.now()), one.id, "Proved anew.")


async def test_what_another_act_caused_ends_with_it_and_not_by_hand(
    site: Site, chief: Actor, approver: Actor
) -> None:
    own, cause = new_id(), Subject(kind="record", label="P000001")
    found: list[Stop] = []

    async def interrupt(session: Session) -> None:
        found[:] = [await stop(site, approver, own, cause=cause, session=session)]

    await site.store.transaction(interrupt)
    with pytest.raises(TransitionRefused, match="P000001"):
        await end_stop(site, chief, found[0].id, "By hand.")

    async def resume(session: Session) -> None:
        await end_stop(site, approver, found[0].id, "Lifted.", session)

    await site.store.transaction(resume)
    await site.switchboard.refresh()
    assert await standing(site, own) is None


async def test_a_damaged_stop_still_stops(site: Site) -> None:
    await Stop.raw().insert_one({"key": "site", "code": "three", "by": 7, "ended": None})
    with pytest.raises(WritingStopped):
        await require_writing(site, VISITOR)


async def test_no_more_are_set_than_a_process_keeps(
    site: Site, chief: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stops, "MOST", 2)
    for _ in range(2):
        await stop(site, chief, new_id())
    with pytest.raises(TransitionRefused, match="Too many"):
        await stop(site, chief, new_id())
    assert await Stop.find({"key": {"$ne": operator_key(None)}}).count() == 2
