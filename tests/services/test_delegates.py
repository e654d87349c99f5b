"""Delegates and the roles of the operator's side: what they may do, until when, and in whose name it is."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio

from models import access
from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Person
from models.documents.event import Event
from models.documents.job import Job
from models.documents.record import Record, RecordVersion
from models.documents.session import BrowserSession
from models.errors import AccountGuarded, AnswersInvalid, NotAllowed, NotFound, TorokuError
from models.permissions import Actor, allowed
from models.services import agenda, beginning, delegates, exporting, jobs, records, suspending, users
from models.services.applications import mine, require_applicant, save_page
from models.services.delegates import Wanted
from models.services.identifying import acting, identify
from models.services.lookup import find
from models.services.roles import NEVER_A_DELEGATES, may_act, permissions_left
from models.services.sessions import Browser
from models.services.site import Site
from models.services.steps import possible_steps
from models.services.submitting import submit
from models.services.terms import in_force
from tests.clock import Hands
from tests.services.answers import fill_in, valid_answers
from tests.services.conftest import staff
from tests.services.people import decide, register_operator
from tests.services.people_of import again, id_of, mails_to, new_company, signed_in, somebody

DAYS = 30


def wanted(site: Site, **changed: Any) -> Wanted:
    """A delegate as a whole form names one."""
    today = site.today()
    given = Wanted(
        organisation="みなと代理事務所",
        name="代田 理",
        email="dairi@example.co.jp",
        role="user",
        types=("resource",),
        begins=today.isoformat(),
        ends=(today + timedelta(days=DAYS)).isoformat(),
        confirmed="1",
    )
    return replace(given, **changed)


class Market:
    """A registered operator with its administrator, and a delegate for its resources."""

    record: Record
    head: Actor
    delegate: Account
    reviewer: Actor
    approver: Actor


@pytest_asyncio.fixture
async def market(site: Site, reviewer: Actor, approver: Actor) -> Market:
    made = Market()
    made.record, head = await register_operator(site, reviewer, approver)
    made.head, made.reviewer, made.approver = replace(head, confirmed_at=site.now()), reviewer, approver
    named = await delegates.name_delegate(site, made.head, wanted(site))
    values = {"status": "active", "password_hash": "kept"}
    await Account.raw().update_one({"_id": named.id}, {"$set": values})
    made.delegate = await again(named)
    return made


async def test_what_a_delegate_does_is_recorded_with_both_names(site: Site, market: Market) -> None:
    actor = acting(site, market.delegate)
    application = await beginning.begin(site, actor, "resource")
    assert (application.applicant.delegate, application.operator_id) == (
        "みなと代理事務所",
        market.record.id,
    )
    answers = valid_answers(site.registry.current("resource").definition)
    application = await fill_in(site, actor, application, answers)
    application = await submit(site, actor, application, revision=application.revision)
    told = Person(kind="operator", id=market.delegate.id, name="代田 理", delegate="みなと代理事務所")
    assert application.history[-1].by == told
    assert told.shown == "代田 理 (みなと代理事務所)"
    done = await decide(site, market.reviewer, market.approver, application)
    version = await RecordVersion.find_one({"record_id": done.record_id})
    assert version is not None
    event = await Event.find_one({"actor.id": market.delegate.id, "operator_id": market.record.id})
    assert event is not None
    assert event.actor.delegate == "みなと代理事務所"
    seen = await find(site, market.head, done.reference)
    assert seen.applicant.delegate == "みなと代理事務所"


Door = Callable[[Site, Actor, Application], Awaitable[Any]]

SCOPED: dict[str, Door] = {
    "look": lambda site, actor, other: find(site, actor, other.reference),
    "write": lambda site, actor, other: save_page(site, actor, other, "basic", {}, revision=other.revision),
    "begin": lambda site, actor, other: beginning.begin(
        site, actor, other.type, "change", record_id=actor.operator_id
    ),
    "record": lambda site, actor, other: records.find_own(site, actor, other.type, "x"),
}


async def test_a_delegate_reaches_only_what_its_scope_names(site: Site, market: Market) -> None:
    version = await _terms(site)
    other = await beginning.begin(
        site, market.head, "operator", "change", record_id=market.record.id, terms_version=version
    )
    actor = acting(site, market.delegate)
    for door in SCOPED.values():
        with pytest.raises(TorokuError):
            await door(site, actor, other)
    assert records.scope(site, actor, "operator")["$and"][1] == access.NOTHING
    assert other.reference not in [each.reference for each in await mine(site, actor)]
    assert (await agenda.applications(site, actor)).applications == []
    whole = replace(actor, types=None)
    assert (await find(site, whole, other.reference)).id == other.id
    assert other.id in [each.id for each in (await agenda.applications(site, whole)).applications]


async def _terms(site: Site) -> str | None:
    text = in_force(site)
    return text.version if text else None


@pytest.mark.slow
async def test_a_job_of_another_type_is_not_theirs(site: Site, market: Market) -> None:
    job = Job(kind="bulk", type="operator", lane="x", operator_id=market.record.id, created_at=site.now())
    actor = acting(site, market.delegate)
    assert not jobs.is_ours(actor, job)
    assert jobs.is_ours(actor, job.model_copy(update={"type": "resource"}))


def test_a_delegate_never_administers_anything(site: Site) -> None:
    given = {"organisation": "x", "begins": "2026-01-01", "ends": "2027-01-01"}
    duties = {"version": "1", "text": "t", "by": {"kind": "system"}, "at": site.now()}
    facts = {"kind": "operator", "login": "D", "name": "n", "email": "e", "created_at": site.now()}
    for roles in (["user"], ["administrator"], ["viewer"]):
        account = Account.model_validate({**facts, "roles": roles, "delegation": {**given, "duties": duties}})
        actor = acting(site, account)
        assert not any(allowed(actor, name) for name in NEVER_A_DELEGATES)


@pytest_asyncio.fixture
async def token(site: Site, market: Market) -> str:
    """The cookie of the delegate's session."""
    browser = Browser(site, None, "192.0.2.1", "a browser")
    await browser.present_certificate(market.head.certificate or "")
    await browser.sign_in(market.delegate)
    return browser.token or ""


async def test_the_period_holds_from_the_first_day_to_the_end_of_the_last(
    site: Site, market: Market, hands: Hands
) -> None:
    given = market.delegate.delegation
    assert given is not None
    account = market.delegate
    await Account.raw().update_one(
        {"_id": account.id},
        {
            "$set": {
                "delegation.begins": (site.today() + timedelta(days=1)).isoformat(),
                "delegation.ends": (site.today() + timedelta(days=1)).isoformat(),
            }
        },
    )
    account = await again(account)
    zone = site.calendar.zone
    local = site.now().astimezone(zone)
    first = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for moment, may in (
        (first - timedelta(seconds=1), False),
        (first, True),
        (first + timedelta(hours=23, minutes=59, seconds=59), True),
        (first + timedelta(days=1), False),
    ):
        hands.now = moment.astimezone(site.now().tzinfo)
        assert may_act(site, account) is may, moment


async def test_a_session_ends_with_the_period_and_with_the_delegation(
    site: Site, market: Market, token: str
) -> None:
    _, actor = await identify(site, token, "192.0.2.1")
    assert (actor.types, actor.delegate) == (frozenset({"resource"}), "みなと代理事務所")
    yesterday = (site.today() - timedelta(days=1)).isoformat()
    await _set(market.delegate, **{"delegation.ends": yesterday})
    assert (await identify(site, token, "192.0.2.1"))[1].kind == "visitor"
    await _set(market.delegate, **{"delegation.ends": site.today().isoformat()})
    assert (await identify(site, token, "192.0.2.1"))[1].kind == "operator"
    await delegates.revoke(site, market.head, id_of(market.delegate), "契約の終了")
    assert (await identify(site, token, "192.0.2.1"))[1].kind == "visitor"
    assert await BrowserSession.find({"account_id": market.delegate.id}).count() == 0
    with pytest.raises(AccountGuarded):
        await suspending.resume_account(site, market.head, id_of(market.delegate), "やはり必要")
    with pytest.raises(AccountGuarded):
        await delegates.revoke(site, market.head, id_of(market.delegate), "もう一度")


async def _set(account: Account, **values: Any) -> None:
    await Account.raw().update_one({"_id": account.id}, {"$set": values})


@pytest.mark.slow
async def test_a_job_of_a_delegate_whose_period_is_over_is_not_done(site: Site, market: Market) -> None:
    person = acting(site, market.delegate).person
    job = Job(kind="export", type="resource", lane="x", requester=person, created_at=site.now())
    assert (await exporting.requester_of(site, job)).types == frozenset({"resource"})
    await _set(market.delegate, **{"delegation.ends": "2020-01-01"})
    with pytest.raises(NotAllowed):
        await exporting.requester_of(site, job)


async def test_naming_a_delegate_keeps_what_was_confirmed_and_tells_its_scope(
    site: Site, market: Market
) -> None:
    given = market.delegate.delegation
    assert given is not None
    assert (given.duties.version, given.duties.by.name) == ("1", market.head.name)
    assert "同等の義務" in given.duties.text
    mail = (await mails_to("dairi@example.co.jp"))[0]
    assert mail.template == "delegate_issued"
    assert "電源等情報" in (mail.body or "")
    listed = await delegates.delegates_of(site, market.head)
    assert [each.id for each in listed] == [market.delegate.id]
    changed = await delegates.change_scope(
        site, market.head, id_of(market.delegate), wanted(site, every=True, role="viewer")
    )
    assert changed.delegation is not None
    assert (changed.delegation.types, changed.roles) == (None, ["viewer"])
    with pytest.raises(AnswersInvalid):
        await users.change_user(
            site,
            market.head,
            id_of(market.delegate),
            name="代田 理",
            roles=["administrator"],
            mark=users.mark_of(changed),
        )


async def test_every_part_of_the_form_is_asked_for(site: Site) -> None:
    head = (await new_company(site)).head
    today = site.today()
    longest = delegates.last_day(site, today)
    wrong: list[tuple[dict[str, Any], set[str]]] = [
        ({"organisation": " "}, {"organisation"}),
        ({"role": "administrator"}, {"role"}),
        ({"types": ()}, {"types"}),
        ({"types": ("nothing",)}, {"types"}),
        ({"types": ("violation",)}, {"types"}),  # kept from operators
        ({"begins": "", "ends": "2026"}, {"begins", "ends"}),
        ({"ends": (today - timedelta(days=1)).isoformat()}, {"ends"}),
        ({"ends": (longest + timedelta(days=1)).isoformat()}, {"ends"}),
        ({"confirmed": ""}, {"confirmed"}),
        ({"confirmed": "0"}, {"confirmed"}),
        ({"name": "代理課"}, {"name", "natural"}),
    ]
    for changed, places in wrong:
        with pytest.raises(AnswersInvalid) as refused:
            await delegates.name_delegate(site, head, wanted(site, **changed))
        assert {error.path for error in refused.value.errors} == places, changed
    named = await delegates.name_delegate(site, head, wanted(site, ends=longest.isoformat()))
    assert named.login.startswith("D")


def test_the_last_day_is_the_same_day_of_the_month_or_its_last(site: Site) -> None:
    assert delegates.last_day(site, date(2026, 4, 1)) == date(2027, 4, 1)
    assert delegates.last_day(site, date(2028, 2, 29)) == date(2029, 2, 28)


@pytest.mark.slow
async def test_another_operator_and_a_user_end_no_delegate(site: Site, market: Market) -> None:
    other = await new_company(site)
    with pytest.raises(NotFound):
        await delegates.revoke(site, other.head, id_of(market.delegate), "理由")
    user = await somebody(site, market.record.id, "user")
    for actor in (signed_in(site, user), signed_in(site, market.delegate)):
        with pytest.raises(NotAllowed):
            await delegates.revoke(site, actor, id_of(market.delegate), "理由")
        with pytest.raises(NotAllowed):
            await delegates.name_delegate(site, actor, wanted(site))
    with pytest.raises(NotAllowed):
        await delegates.name_delegate(site, await staff(site, "s", "system_administrator"), wanted(site))


async def test_a_role_that_only_reads_writes_nothing_through_any_service(site: Site, market: Market) -> None:
    viewer = acting(site, await somebody(site, market.record.id, "viewer"))
    application = await beginning.begin(site, market.head, "resource")
    assert (await find(site, viewer, application.reference)).id == application.id
    assert (await records.find_own(site, viewer, "operator", market.record.number)).id == market.record.id
    with pytest.raises(NotAllowed):
        require_applicant(site, viewer, application)
    with pytest.raises(TorokuError):
        await beginning.begin(site, viewer, "resource")
    assert possible_steps(site, viewer, application) == []
    user = replace(viewer, may=None)
    assert possible_steps(site, user, application) != []
    require_applicant(site, user, application)


def test_a_role_the_configuration_lost_leaves_nothing(site: Site) -> None:
    facts = {"kind": "operator", "login": "U", "name": "n", "email": "e", "created_at": site.now()}
    for roles in (["gone"], []):
        account = Account.model_validate({**facts, "roles": roles})
        assert permissions_left(site, account) == frozenset()
        assert not allowed(acting(site, account), "portal.enter")
    whole = Account.model_validate({**facts, "roles": ["administrator"]})
    assert permissions_left(site, whole) is None
