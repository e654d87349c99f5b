"""While the switch is set applicants read and write nothing, in every process; everybody else goes on."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from app.opening import build_site
from app.settings import Settings
from models.clock import system_entropy
from models.configuration.load import Configuration
from models.documents.application import Application
from models.documents.event import Event
from models.documents.store import Store
from models.documents.switch import READ_ONLY, Switch
from models.errors import AnswersInvalid, NotAllowed, NotFound, RecordChanged, TorokuError, WritingStopped
from models.permissions import Actor
from models.services import accounts, applications, resuming, submitting, upgrading, uploads
from models.services.beginning import begin
from models.services.following import follow
from models.services.site import Site
from models.services.steps import take_step
from models.services.switches import find_switch, history, require_writing, set_switch, unset_switch
from models.services.terms import in_force
from tests.clock import Hands
from tests.services.conftest import knowing, staff, visitor
from tests.services.waiting import within_a_second

Write = Callable[[], Awaitable[Any]]


@pytest_asyncio.fixture
async def chief(site: Site) -> Actor:
    return await staff(site, "chief", "system_administrator")


async def stop(site: Site, chief: Actor) -> None:
    await set_switch(site, chief, READ_ONLY, 3, "The east hall lost power.", revision=0)


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


async def test_nothing_an_applicant_sends_is_kept_while_the_switch_is_set(site: Site, chief: Actor) -> None:
    somebody, application = await begun(site)
    owner = Actor(kind="operator", account_id=somebody.account_id, roles=frozenset({"administrator"}))
    await stop(site, chief)
    done = writes(site, somebody, application, owner)
    assert {name: await refused(write) for name, write in done.items()} == dict.fromkeys(done, True)
    assert await Application.find_all().count() == 1
    assert (await applications.find(site, somebody, application.reference)).revision == application.revision


async def test_control_without_the_switch_none_of_it_is_stopped(site: Site) -> None:
    somebody, application = await begun(site)
    owner = Actor(kind="operator", roles=frozenset({"administrator"}))
    done = writes(site, somebody, application, owner)
    assert {name: await refused(write) for name, write in done.items()} == dict.fromkeys(done, False)


async def test_staff_and_the_program_go_on(site: Site, chief: Actor) -> None:
    await stop(site, chief)
    await require_writing(site, chief)
    await require_writing(site, Actor(kind="system"))
    with pytest.raises(WritingStopped) as stopped:
        await require_writing(site, Actor(kind="operator"))
    assert stopped.value.status == 503
    assert stopped.value.values["text"] == "The east hall lost power."


async def test_another_process_knows_within_a_second(
    site: Site, chief: Actor, store: Store, settings: Settings, configuration: Configuration, hands: Hands
) -> None:
    other = await build_site(settings, configuration, store, hands, system_entropy)  # type: ignore[arg-type]
    assert await other.switchboard.look(READ_ONLY) is None
    following = asyncio.create_task(follow(other))
    await stop(site, chief)
    await within_a_second(lambda: other.switchboard.last(READ_ONLY) is not None)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    with pytest.raises(WritingStopped):
        await require_writing(other, Actor(kind="visitor"))


async def test_taking_it_back_lets_them_write_and_both_are_told(site: Site, chief: Actor) -> None:
    await stop(site, chief)
    await unset_switch(site, chief, READ_ONLY, "Power is back.", revision=1)
    await require_writing(site, Actor(kind="visitor"))
    told = [(event.action, event.details["text"]) for event in await history(READ_ONLY)]
    assert told == [("switch.unset", "Power is back."), ("switch.set", "The east hall lost power.")]
    assert (await Event.find_one({"action": "switch.set"})).details["code"] == 3  # type: ignore[union-attr]


async def test_a_double_click_and_a_stale_page_change_nothing(site: Site, chief: Actor) -> None:
    await stop(site, chief)
    for revision in (0, 1, 7, -1):
        with pytest.raises(RecordChanged):
            await set_switch(site, chief, READ_ONLY, 1, "Again.", revision=revision)
    with pytest.raises(RecordChanged):
        await unset_switch(site, chief, READ_ONLY, "Too late.", revision=0)
    assert ((await find_switch(READ_ONLY)).text, await Event.find({"subject.kind": "switch"}).count()) == (
        "The east hall lost power.",
        1,
    )


async def test_a_switch_is_set_only_by_some_with_its_ground_and_reason(
    site: Site, chief: Actor, reviewer: Actor
) -> None:
    for code, text, at in ((5, "x", "code"), (-1, "x", "code"), (1, " ", "text"), (1, "x" * 301, "text")):
        with pytest.raises(AnswersInvalid) as invalid:
            await set_switch(site, chief, READ_ONLY, code, text, revision=0)
        assert [error.path for error in invalid.value.errors] == [at]
    with pytest.raises(NotAllowed):
        await set_switch(site, reviewer, READ_ONLY, 1, "x", revision=0)
    with pytest.raises(NotFound):
        await set_switch(site, chief, "$where", 1, "x", revision=0)


async def test_a_damaged_switch_still_stops(site: Site) -> None:
    await Switch.raw().insert_one({"_id": READ_ONLY, "on": True, "code": "three", "by": 7})
    with pytest.raises(WritingStopped):
        await require_writing(site, Actor(kind="visitor"))
