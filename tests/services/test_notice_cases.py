"""Notices from the case somebody writes to the editions readers see: written by one, approved by another."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from models.access import rows_for, sees_type
from models.documents.application import Application
from models.documents.event import Event
from models.documents.publication import Importance
from models.documents.record import Record
from models.errors import NotAllowed, NotFound, TransferRefused, TransitionRefused
from models.permissions import Actor
from models.schema.definition import IMPORTANCES
from models.services import requesting, transfers
from models.services.announcing import editions_of, standing
from models.services.beginning import begin
from models.services.contracts import Passage
from models.services.correcting import begin_correction
from models.services.freezing import verify
from models.services.lifecycles import act
from models.services.records import find_own, scope
from models.services.redacting import redactable
from models.services.site import Site
from models.services.steps import take_step
from models.services.submitting import submit
from tests.clock import Hands
from tests.services.answers import fill_in
from tests.services.conftest import staff
from tests.services.noticing import DATA, approved, published
from tests.services.people import register_operator


async def handed_over(site: Site, author: Actor, **more: Any) -> Application:
    """A notice somebody wrote and handed over."""
    case = await requesting.begin_case(site, author, "notice")
    case = await fill_in(site, author, case, {**case.answers, **DATA, **more})
    return await submit(site, author, case, revision=case.revision)


async def record_of(site: Site, case: Application) -> Record:
    found = await site.records["notice"].get(case.record_id)
    assert found is not None
    return found


async def test_one_writes_a_notice_and_another_approves_it(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    case = await handed_over(site, reviewer)
    assert (case.operator_id, case.operator_name) == (None, "")
    with pytest.raises(NotAllowed):
        await take_step(site, reviewer, case, "approve")
    case = await take_step(site, approver, case, "approve")
    record = await record_of(site, case)
    assert (record.operator_id, record.lifecycle, record.number) == (None, "approved", "N000001")
    assert await standing(record.id) is None
    moved = await act(site, reviewer, record, "publish", revision=record.revision)
    edition = await standing(record.id)
    assert edition is not None
    assert (moved.lifecycle, edition.title.ja) == ("published", DATA["title_ja"])
    event = await Event.find_one({"action": "publication.published"})
    assert event is not None
    assert event.details["fingerprint"] == edition.fingerprint


async def test_an_approver_does_not_approve_their_own(site: Site, approver: Actor) -> None:
    case = await handed_over(site, approver)
    with pytest.raises(NotAllowed):
        await take_step(site, approver, case, "approve")


async def test_no_operator_sees_or_begins_one(site: Site, reviewer: Actor, approver: Actor) -> None:
    """The control: the staff do."""
    _, operator = await register_operator(site, reviewer, approver)
    record, _ = await published(site)
    with pytest.raises(NotFound):
        await find_own(site, operator, "notice", record.number)
    where = scope(site, operator, "notice")
    assert await site.records["notice"].count(where, 10) == 0
    with pytest.raises(NotAllowed):
        await begin(site, operator, "notice")
    assert (await find_own(site, reviewer, "notice", record.number)).id == record.id
    open_to_all = site.registry.current("notice").definition.model_copy(update={"access": ()})
    assert [sees_type(each, open_to_all) for each in (operator, reviewer)] == [False, True]
    assert rows_for(reviewer, open_to_all, site.today()) == {}
    assert rows_for(operator, open_to_all, site.today()) != {}


async def test_a_correction_of_a_published_notice_is_its_next_edition(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    record, first = await published(site)
    hands.forward(days=1)
    change = await begin_correction(site, reviewer, record, "日付の誤り")
    change = await fill_in(site, reviewer, change, {**change.answers, "title_ja": "受付停止（訂正）"})
    change = await submit(site, reviewer, change, revision=change.revision)
    await take_step(site, approver, change, "approve")
    second, former = await editions_of(record.id)
    assert (second.edition, second.title.ja, second.shown) == (2, "受付停止（訂正）", True)
    assert (former.id, former.shown, former.replaced_at) == (first.id, False, second.published_at)
    assert "<dt>版</dt><dd>2</dd>" in second.pages["ja"].html
    assert await verify(site, second)
    assert await verify(site, former)


async def test_a_correction_of_a_notice_not_published_yet_publishes_nothing(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    record = await approved(site)
    change = await begin_correction(site, reviewer, record, "日付の誤り")
    change = await fill_in(site, reviewer, change, {**change.answers, "title_ja": "受付停止（訂正）"})
    change = await submit(site, reviewer, change, revision=change.revision)
    await take_step(site, approver, change, "approve")
    assert await editions_of(record.id) == []


async def test_what_is_done_to_an_operator_never_falls_on_all_of_them(site: Site, reviewer: Actor) -> None:
    record, _ = await published(site)
    with pytest.raises(TransitionRefused):
        _ = Passage(site, reviewer, record, None, None).operator_id  # type: ignore[arg-type]


def test_the_importances_of_the_checker_are_those_of_editions() -> None:
    assert get_args(Importance) == IMPORTANCES


async def test_what_is_published_is_neither_brought_in_by_a_file_nor_redacted(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    """The proof of what was told would be gone. The control: what is not published may be."""
    steward = await staff(site, "importer", "steward", "system_administrator", "approver")
    notice, resource = (site.registry.current(name).definition for name in ("notice", "resource"))
    assert transfers.places(site, steward, notice) == []
    assert "records" in transfers.places(site, steward, resource)
    with pytest.raises(TransferRefused):
        await transfers.begin_import(
            site, steward, "notice", "records", "a.csv", "件名\n受付\n".encode(), purpose="試験"
        )
    record, _ = await published(site)
    assert redactable(site, reviewer, record) == []
    operator, _ = await register_operator(site, reviewer, approver)
    assert redactable(site, reviewer, operator)


async def test_a_correction_of_a_scheduled_notice_moves_its_moment(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    record = await approved(site, starts_at="2026-11-24T10:00")
    record = await act(site, reviewer, record, "schedule", revision=record.revision)
    change = await begin_correction(site, reviewer, record, "開始日時の変更")
    change = await fill_in(site, reviewer, change, {**change.answers, "starts_at": "2026-11-25T10:00"})
    change = await submit(site, reviewer, change, revision=change.revision)
    await take_step(site, approver, change, "approve")
    moved = await site.records["notice"].get(record.id)
    assert moved is not None
    assert record.next_at is not None
    assert (moved.lifecycle, moved.next_at) == ("scheduled", record.next_at + timedelta(days=1))
