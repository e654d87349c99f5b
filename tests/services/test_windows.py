"""Applications are sent within the service hours and the window of their type, to the second; what is typed
is saved at any time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from app.settings import Settings
from models.configuration.calendar import SingleDay
from models.configuration.windows import Window
from models.documents.application import Application
from models.errors import SendingClosed
from models.permissions import SYSTEM, Actor
from models.schema.definition import Kind, RecordType
from models.services import intake, windows
from models.services.applications import save_page
from models.services.beginning import begin
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import submit
from models.services.terms import in_force
from tests.clock import Hands
from tests.services.answers import fill_in, valid_answers
from tests.services.conftest import staff, visitor
from tests.services.people import register_operator
from tests.services.test_journey import begun

INTAKE: dict[str, Any] = {
    "window": "intake",
    "label": {"ja": "秋の受付", "en": "Autumn intake"},
    "record_types": ["operator", "resource"],
    "kinds": ["register"],
    "periods": [
        {"opens": "2026-11-24 09:00", "closes": "2026-11-27 18:00"},
        {"opens": "2027-01-05 00:00", "closes": "2027-01-10 00:00"},
    ],
}
"""Monday 23 November 2026 is a holiday; the second period begins before the hours of its first day do."""


def tokyo(text: str) -> datetime:
    """A moment of 2026 in Tokyo, written ``11-20 18:00:00``, in UTC."""
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}+09:00").astimezone(UTC)


def open_(site: Site, **changed: Any) -> Site:
    """The site with its hours, and the window `intake` changed."""
    window = Window.model_validate({**INTAKE, **changed})
    configuration = replace(site.configuration, windows={"intake": window})
    return replace(site, configuration=configuration, always_open=False)


def bind(site: Site) -> Site:
    """Let `intake` bind operators and resources in the version in force, as publishing it would."""
    for name in ("operator", "resource"):
        published = site.registry.current(name)
        applications = published.definition.applications.model_copy(update={"during": "intake"})
        definition = published.definition.model_copy(update={"applications": applications})
        site.registry._current[name] = replace(published, definition=definition)
    return site


@pytest.fixture
def bound(site: Site) -> Site:
    """A site with its hours, whose types are bound to the window."""
    return open_(bind(site))


def about(site: Site, application: Application) -> tuple[RecordType, Kind, Application]:
    """What ``sending`` asks of an application."""
    return site.registry.current(application.type).definition, application.kind, application


async def filled(site: Site) -> tuple[Actor, Application]:
    """An application that only has to be sent."""
    actor, application = await begun(site)
    answers = valid_answers(site.registry.current("operator").definition)
    return actor, await fill_in(site, actor, application, answers)


async def test_the_service_hours_bind_sending_and_nothing_else(site: Site, hands: Hands) -> None:
    strict = replace(site, always_open=False)
    actor, application = await filled(strict)
    for moment, opens in {
        "11-24 08:59:59": "11-24 09:00:00",
        "11-20 18:00:00": "11-24 09:00:00",
        "11-23 10:00:00": "11-24 09:00:00",
    }.items():
        hands.now = tokyo(moment)
        with pytest.raises(SendingClosed) as refused:
            await submit(strict, actor, application, revision=application.revision)
        assert refused.value.values["opens"].ja.startswith("2026年11月24日（火）09:00")
        assert windows.sending(strict, *about(strict, application)).opens_next == tokyo(opens)
    page = site.registry.current("operator").definition.laid_out[0]
    answers, kept = {"operator_name": "夜間電力"}, application.revision
    application = await save_page(strict, actor, application, page.name, answers, revision=kept, leave=True)
    assert (application.state, application.answers["operator_name"]) == ("draft", "夜間電力")
    strict.calendar.take({date(2026, 11, 24): SingleDay(False)})  # as the staff would
    assert windows.sending(strict, *about(strict, application)).opens_next == tokyo("11-25 09:00:00")
    hands.now = tokyo("11-25 17:59:59")
    assert windows.sending(strict, *about(strict, application)).until == tokyo("11-25 18:00:00")
    application = await submit(strict, actor, application, revision=application.revision)
    assert (application.state, application.round) == ("submitted", 1)


async def test_control_a_site_that_is_always_open_takes_them_at_night(site: Site, hands: Hands) -> None:
    actor, application = await filled(site)
    hands.now = tokyo("11-20 18:00:00")
    assert (await submit(site, actor, application, revision=application.revision)).state == "submitted"


async def test_a_window_binds_beginning_and_sending_to_the_second(bound: Site, hands: Hands) -> None:
    hands.now = tokyo("11-24 08:59:59")
    with pytest.raises(SendingClosed, match="You can begin from"):
        await begun(bound)
    hands.now = tokyo("11-24 09:00:00")
    actor, application = await filled(bound)
    hands.now = tokyo("11-27 18:00:00")
    with pytest.raises(SendingClosed) as refused:
        await submit(bound, actor, application, revision=application.revision)
    assert refused.value.values["opens"].en == "Tuesday 5 January 2027, 09:00"
    hands.now = tokyo("11-27 17:59:59")
    assert (await submit(bound, actor, application, revision=application.revision)).round == 1
    hands.now = datetime(2027, 1, 9, 15, tzinfo=UTC)
    with pytest.raises(SendingClosed) as over:
        await begin(bound, await visitor(bound, "late"), "operator")
    assert over.value.values["closed"].ja == "2027年1月9日（土）24:00"


async def test_drafts_may_be_prepared_ahead_where_the_window_says_so(bound: Site, hands: Hands) -> None:
    ahead = open_(bound, draft_ahead=True)
    actor, application = await filled(ahead)
    with pytest.raises(SendingClosed, match="Your answers are saved"):
        await submit(ahead, actor, application, revision=application.revision)
    hands.now = datetime(2027, 1, 9, 15, tzinfo=UTC)
    with pytest.raises(SendingClosed, match="Nothing can be applied for any more"):
        await begun(ahead)


async def test_a_window_binds_the_kinds_it_names(bound: Site, hands: Hands) -> None:
    hands.now = tokyo("11-24 10:00:00")
    reviewer, approver = [await staff(bound, name, name) for name in ("reviewer", "approver")]
    record, operator = await register_operator(bound, reviewer, approver)
    hands.now = tokyo("11-30 10:00:00")
    with pytest.raises(SendingClosed):
        await begin(bound, operator, "resource")
    terms = in_force(bound)
    change = await begin(
        bound,
        operator,
        "operator",
        "change",
        record_id=record.id,
        terms_version=terms.version if terms else None,
    )
    sent = await submit(bound, operator, change, revision=change.revision)
    assert sent.state == "submitted"


async def test_what_was_returned_is_sent_again_after_the_window(bound: Site, hands: Hands) -> None:
    hands.now = tokyo("11-27 17:00:00")
    reviewer = await staff(bound, "reviewer", "reviewer")
    actor, application = await filled(bound)
    application = await submit(bound, actor, application, revision=application.revision)
    application = await take_step(bound, reviewer, application, "claim")
    remarks = {"operator_name": "社名が登記と異なります。"}
    application = await take_step(bound, reviewer, application, "return", Given(remarks=remarks))
    hands.now = tokyo("11-30 10:00:00")
    with pytest.raises(SendingClosed):
        await submit(open_(bound, after_return=False), actor, application, revision=application.revision)
    assert not windows.beginning(bound, *about(bound, application)[:2]).open
    assert windows.sending(bound, *about(bound, application)).open
    assert (await submit(bound, actor, application, revision=application.revision)).round == 2


async def test_the_program_and_corrections_by_staff_go_on(bound: Site, hands: Hands) -> None:
    """Control: for its applicant the same step is refused."""
    hands.now = tokyo("11-24 10:00:00")
    actor, application = await begun(bound)
    step = bound.workflows["registration"].transitions["submit"]
    hands.now = tokyo("11-27 18:00:00")
    with pytest.raises(SendingClosed):
        windows.require_open(bound, actor, application, step)
    windows.require_open(bound, SYSTEM, application, step)
    windows.require_open(bound, actor, application.model_copy(update={"by_staff": True}), step)


async def test_a_step_of_the_staff_is_bound_where_it_says_so(bound: Site, hands: Hands) -> None:
    """Control: without ``during`` it is taken at any hour."""
    hands.now = tokyo("11-24 10:00:00")
    _, application = await begun(bound)
    application = application.model_copy(update={"state": "submitted"})
    reviewer = await staff(bound, "reviewer", "reviewer")
    claim = bound.workflows["registration"].transitions["claim"]
    hands.now = tokyo("11-24 18:00:00")
    windows.require_open(bound, reviewer, application, claim)
    hourly = claim.model_copy(update={"during": "service_hours"})
    with pytest.raises(SendingClosed, match="within the service hours"):
        windows.require_open(bound, reviewer, application, hourly)
    windows.require_open(bound, reviewer, application, claim.model_copy(update={"during": "intake"}))


async def test_a_window_nobody_describes_any_more_stays_closed(bound: Site) -> None:
    gone = replace(bound, configuration=replace(bound.configuration, windows={}))
    with pytest.raises(SendingClosed, match="no date is set"):
        await begin(gone, await visitor(gone), "operator")


async def test_periods_are_told_in_business_days(bound: Site, hands: Hands) -> None:
    told = []
    days = ("20 10", "24 08", "24 09", "26 23", "27 17", "60 10", "90 10")
    for day, hour in (written.split() for written in days):
        hands.now = tokyo("11-01 00:00:00") + timedelta(days=int(day) - 1, hours=int(hour))
        term = intake.term_of(bound, "operator", "register")
        assert term is not None
        told.append(
            (term.state, intake.countdown(term)("en"), intake.moment_of(bound.calendar, term.next)("en"))
        )
    assert told == [
        ("upcoming", "Opens on the next business day", "Tuesday 24 November 2026, 09:00"),
        ("upcoming", "Opens today", "Tuesday 24 November 2026, 09:00"),
        ("open", "Closes in 3 business days", "Friday 27 November 2026, 18:00"),
        ("open", "Closes tomorrow", "Friday 27 November 2026, 18:00"),
        ("open", "Closes today", "Friday 27 November 2026, 18:00"),
        ("upcoming", "Opens in 2 business days", "Tuesday 5 January 2027, 00:00"),
        ("closed", "Closed", "Sunday 10 January 2027, 00:00"),
    ]


async def test_upcoming_periods_are_those_one_can_use(bound: Site) -> None:
    assert [term.opens for term in windows.upcoming(bound, await visitor(bound))] == [
        tokyo("11-24 09:00:00"),
        datetime(2027, 1, 4, 15, tzinfo=UTC),
    ]
    nobody = open_(bound, record_types=["expected_capacity"])
    assert not windows.upcoming(nobody, await visitor(bound, "other"))


def test_trials_hours_are_refused_in_production() -> None:
    settings: dict[str, Any] = {"secret": "x" * 40, "smtp_url": "smtp://mail", "certificate_source": "none"}
    settings |= {"staff_codes": "required", "limits": "enforced"}
    assert Settings(production=True, hours="as_configured", **settings).hours == "as_configured"
    with pytest.raises(ValidationError, match="TOROKU_HOURS"):
        Settings(production=True, hours="always", **settings)
