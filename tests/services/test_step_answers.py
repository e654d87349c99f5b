"""Steps that ask: filled in by either side like an application, taken with what was filled in."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models.access import seen_by
from models.documents.application import Application
from models.documents.base import Person
from models.documents.event import Event
from models.documents.record import Record, RecordVersion
from models.errors import AlreadyDone, AnswersInvalid, NotAllowed, NotFound, RecordChanged, TransitionRefused
from models.schema.definition import RecordType
from models.services import (
    agenda,
    another,
    applications,
    chapters,
    correcting,
    lifecycles,
    queue,
    step_answers,
    uploads,
)
from models.services.applications import save_page
from models.services.carrying import as_carried
from models.services.deeds import Deed
from models.services.desks import desk_of, form_for
from models.services.erasing import erase_some
from models.services.holders import people_of
from models.services.records_waiting import kinds_waiting
from models.services.site import Site
from models.services.step_drafts import KEPT, end_some
from models.workflow.definition import Lifecycle
from tests.clock import Hands
from tests.schema.definitions import field
from tests.services.stored import publish
from tests.services.talking import (
    LIFECYCLE,
    STEPS,
    Talk,
    operator_of,
    staff_of,
    talk_fields,
    talk_type,
    talking,
)
from tests.services.two_sides import account

SECOND = {"year": "2026", "month": "10", "day": "2"}


async def begun(talk: Talk, step: str = "answer", actor: Any = None, **answers: Any) -> Application:
    """The answers of a step, as far as they are typed."""
    actor = actor or (talk.staff if step == "judge" else talk.operator)
    draft = await step_answers.begin(talk.site, actor, await talk.again(), step)
    if not answers:
        return draft
    return await save_page(talk.site, actor, draft, step, answers, revision=draft.revision, leave=True)


async def taken(talk: Talk, draft: Application, actor: Any = None, deed: Deed | None = None) -> None:
    who, seen = actor or talk.operator, (await talk.again()).revision
    await step_answers.take(talk.site, who, draft, deed, revision=draft.revision, seen=seen)


async def test_a_step_writes_what_it_asks_for_with_the_state(site: Site) -> None:
    talk = await talking(site)
    draft = await begun(talk, cause="配線", found_on=SECOND)
    await taken(talk, draft)
    stored = await talk.again()
    assert (stored.lifecycle, stored.revision) == ("answered", 2)
    first = {"subject": "停止の件", "began_on": "2026-10-01", "plant_number": stored.number}
    given = {"cause": "配線", "found_on": "2026-10-02"}
    assert stored.data == {**first, **given}
    version = await RecordVersion.find_one({"record_id": stored.id, "revision": 2})
    assert version is not None
    assert (version.transition, version.data["cause"], version.application_id) == ("answer", "配線", draft.id)
    closed = await Application.get(draft.id)
    assert closed is not None
    assert (closed.open, closed.state, closed.data) == (False, "step_taken", given)
    assert await Event.find_one({"action": "record.answer", "subject.id": stored.id}) is not None


async def test_only_what_the_step_asks_for_is_demanded_and_checked_with_the_rest(site: Site) -> None:
    talk = await talking(site)
    draft = await begun(talk, found_on={"year": "2026", "month": "9", "day": "30"})
    with pytest.raises(AnswersInvalid) as missing:
        await taken(talk, draft)
    found = [(error.path, error.key) for error in missing.value.errors]
    assert found == [("cause", "required"), ("found_on", "found_after")]
    await taken(talk, await begun(talk, cause="配線", found_on={"year": "2026", "month": "10", "day": "1"}))
    assert (await talk.again()).lifecycle == "answered"


async def test_a_table_of_accounts_a_step_asks_for_begins_with_everybody(site: Site) -> None:
    parts = [field("login", "account", required=True, unique=True), field("came", "boolean")]
    people = field("people", "table", fields=parts, rows_from="accounts")
    kind = talk_type(fields=[*talk_fields(), people], steps={**STEPS, "answer": {"asks": ["people"]}})
    talk = await talking(site, kind)
    here = await account(site, "operator", "administrator", operator_id=talk.record.operator_id)
    await store_version(talk.record)
    draft = await begun(talk)
    assert [row["login"] for row in draft.answers["people"]] == [here.login]
    there = {"data.people": [{"login": here.login, "came": True}], "revision": 2}
    await site.records["talk"].change(talk.record.id, 1, there, None)
    again = await begun(talk)
    assert [row["came"] for row in again.answers["people"]] == ["yes"], "nobody typed against the other side"


async def test_a_step_that_asks_is_not_taken_without_answers(site: Site) -> None:
    talk = await talking(site)
    with pytest.raises(TransitionRefused):
        await lifecycles.act(site, talk.operator, talk.record, "answer", revision=talk.record.revision)
    assert (await talk.again()).lifecycle == "open"


async def test_what_is_not_ones_own_in_a_group_stays_as_it_is_now(site: Site) -> None:
    ours = field("ours", access={"read": ["staff"], "write": ["staff"]})
    fields = [*talk_fields(), field("impact", "group", fields=[field("theirs"), ours])]
    kind = talk_type(fields=fields, steps={**STEPS, "answer": {"asks": ["impact"]}})
    talk = await talking(site, kind, impact={"theirs": "a", "ours": "b"})
    draft = await begun(talk, impact={"theirs": "c"})
    meanwhile = {"data.impact.ours": "d", "revision": 2}
    await site.records["talk"].change(talk.record.id, 1, meanwhile, None)
    await taken(talk, draft)
    assert (await talk.again()).data["impact"] == {"theirs": "c", "ours": "d"}


async def test_a_step_does_not_write_back_what_was_changed_since_it_was_begun(site: Site) -> None:
    talk = await talking(site, found_on="2026-10-02")
    await store_version(talk.record)
    draft = await begun(talk, cause="配線")
    corrected = talk.record.model_copy(update={"data": {**talk.record.data, "found_on": "2026-10-05"}})
    await site.records["talk"].change(talk.record.id, 1, {"data": corrected.data, "revision": 2}, None)
    with pytest.raises(RecordChanged):
        await taken(talk, draft)
    fresh = await step_answers.begin(site, talk.operator, await talk.again(), "answer")
    assert (fresh.id, fresh.answers["cause"]) == (draft.id, "配線")
    await taken(talk, fresh)
    assert (await talk.again()).data["found_on"] == "2026-10-05"


async def test_what_was_typed_into_a_step_stands_against_what_was_changed_since(site: Site) -> None:
    talk = await talking(site, found_on="2026-10-02")
    await store_version(talk.record)
    draft = await begun(talk, cause="配線", found_on={"year": "2026", "month": "10", "day": "3"})
    data = {**talk.record.data, "found_on": "2026-10-05"}
    await site.records["talk"].change(talk.record.id, 1, {"data": data, "revision": 2}, None)
    await taken(talk, draft)
    assert (await talk.again()).data["found_on"] == "2026-10-03"


async def store_version(record: Record) -> None:
    """The first version of a record that was stored without one."""
    told = record.model_dump(include={"type", "revision", "schema_version", "lifecycle", "data"})
    by = Person(kind="system", name="system")
    await RecordVersion(record_id=record.id, by=by, at=record.created_at, **told).insert()


async def test_a_lifecycle_calls_the_answers_of_earlier_versions_by_the_names_they_have_now(
    site: Site,
) -> None:
    talk = await talking(site)
    fields = [field("topic"), *(each for each in talk_fields() if each["name"] != "subject")]
    renamed = {"fields": fields, "title": "{topic}", "pages": [], "checks": []}
    await publish(site, talk_type(**renamed, evolution=[{"from": 1, "rename": {"subject": "topic"}}]))
    asking = {**LIFECYCLE["transitions"]["judge"], "from": "open", "when": {"data.topic": "停止の件"}}
    steps = {**LIFECYCLE["transitions"], "judge": asking}
    flow = Lifecycle.model_validate({**LIFECYCLE, "transitions": steps})
    site.registry.companions.lifecycles["talk"] = flow
    record = await talk.again()
    assert record.schema_version == 1
    assert "judge" in dict(lifecycles.possible_actions(site, talk.staff, record))
    assert another.answers_from(as_carried(site, record), {"what": "$topic"}) == {"what": "停止の件"}


async def test_what_others_steps_ask_for_is_not_demanded_of_an_application(site: Site) -> None:
    talk = await talking(site)
    form = site.registry.current("talk").compiled
    assert form.level.fields["subject"].required
    assert not form.level.fields["cause"].required
    assert [page.name for page in form.definition.laid_out] == ["first"]
    control = site.registry.current("talk").definition
    assert control.by_name["cause"].required
    del talk


async def test_rows_are_added_to_those_there_are_by_two_people_at_once(site: Site) -> None:
    talk = await talking(site, notes=[{"text": "一つ目"}])
    own = await begun(talk, "add", notes=[{"text": "二つ目"}])
    theirs = await begun(talk, "add", talk.staff, notes=[{"text": "三つ目"}])
    assert own.answers["notes"] == [{"text": "二つ目"}]
    await taken(talk, own)
    await taken(talk, theirs, talk.staff)
    assert [row["text"] for row in (await talk.again()).data["notes"]] == ["一つ目", "二つ目", "三つ目"]
    full = await begun(talk, "add", notes=[{"text": "四つ目"}])
    with pytest.raises(AnswersInvalid) as refused:
        await taken(talk, full)
    assert refused.value.errors[0].key == "max_rows"
    empty = await begun(talk, "add", talk.staff)
    with pytest.raises(AnswersInvalid):
        await taken(talk, empty, talk.staff)


@pytest.mark.slow
async def test_an_error_in_an_added_row_is_told_at_the_row_that_was_typed(site: Site) -> None:
    rows = field("rows", "table", fields=[field("text", required=True), field("count", "integer")])
    kind = talk_type(fields=[*talk_fields(), rows], steps={"add": {"asks": ["rows"], "appends": True}})
    talk = await talking(site, kind, rows=[{"count": 1}])
    draft = await begun(talk, "add", rows=[{"count": "2"}])
    with pytest.raises(AnswersInvalid) as refused:
        await taken(talk, draft)
    assert [error.path for error in refused.value.errors] == ["rows.0.text"]


async def test_a_side_goes_on_with_what_it_began_and_the_other_sees_nothing_of_it(site: Site) -> None:
    talk = await talking(site)
    draft = await begun(talk, cause="書きかけ")
    colleague = operator_of(talk.record.operator_id, "佐藤")
    assert (await begun(talk, actor=colleague)).id == draft.id
    assert (await applications.find(site, colleague, draft.reference)).answers["cause"] == "書きかけ"
    for stranger in (talk.staff, operator_of(None), operator_of(draft.id), staff_of("auditor")):
        with pytest.raises(NotFound):
            await applications.find(site, stranger, draft.reference)
    assert (await desk_of(site, talk.operator, talk.record)).steps[0].draft is not None
    assert (await desk_of(site, talk.staff, talk.record)).steps[0].draft is None


@pytest.mark.slow
async def test_two_begin_at_once_and_have_one_draft(site: Site) -> None:
    talk = await talking(site)
    made = await asyncio.gather(*(begun(talk) for _ in range(4)))
    assert len({each.id for each in made}) == 1


async def test_who_may_not_take_a_step_does_not_begin_it(site: Site) -> None:
    talk = await talking(site)
    with pytest.raises(NotAllowed):
        await step_answers.begin(site, talk.staff, talk.record, "answer")
    with pytest.raises(NotFound):
        await step_answers.begin(site, operator_of(None), talk.record, "answer")
    with pytest.raises(NotFound):
        await step_answers.begin(site, talk.operator, talk.record, "close")
    reads = operator_of(talk.record.operator_id, may=frozenset({"record.view_own", "portal.enter"}))
    with pytest.raises(NotAllowed):
        await step_answers.begin(site, reads, talk.record, "answer")
    draft = await begun(talk, "add", talk.staff, notes=[{"text": "x"}])
    with pytest.raises(NotFound):
        await step_answers.find_for(site, staff_of("auditor"), draft.reference)


async def test_a_step_is_taken_once_however_often_it_is_sent(site: Site) -> None:
    talk = await talking(site)
    draft = await begun(talk, cause="配線")
    sent = [step_answers.take(site, talk.operator, draft, revision=draft.revision, seen=1) for _ in range(3)]
    found = await asyncio.gather(*sent, return_exceptions=True)
    assert any(not isinstance(each, Exception) for each in found)
    assert all(isinstance(each, AlreadyDone | RecordChanged) for each in found if isinstance(each, Exception))
    closed = await applications.find(site, talk.operator, draft.reference)
    await step_answers.take(site, talk.operator, closed, revision=closed.revision, seen=2)
    assert await RecordVersion.find({"record_id": talk.record.id}).count() == 1


async def test_what_was_typed_stays_when_the_record_moved_meanwhile(site: Site) -> None:
    talk = await talking(site)
    draft = await begun(talk, cause="配線")
    await taken(talk, await begun(talk, "add", talk.staff, notes=[{"text": "先に"}]), talk.staff)
    with pytest.raises((AlreadyDone, NotAllowed, RecordChanged)):
        await taken(talk, draft)
    kept = await applications.find(site, talk.operator, draft.reference)
    assert (kept.open, kept.answers["cause"]) == (True, "配線")
    assert [each.id for each in (await desk_of(site, talk.operator, await talk.again())).left] == [draft.id]


async def test_a_record_seen_at_another_version_is_looked_at_again(site: Site) -> None:
    talk = await talking(site)
    draft = await begun(talk, cause="配線")
    with pytest.raises(RecordChanged):
        await step_answers.take(site, talk.operator, draft, revision=draft.revision, seen=0)
    with pytest.raises(RecordChanged):
        await step_answers.take(site, talk.operator, draft, revision=draft.revision - 1, seen=1)
    await step_answers.take(site, talk.operator, draft, revision=draft.revision, seen=1)


async def test_uploads_of_a_step_are_the_records_and_the_drafts_alone_before(site: Site) -> None:
    talk = await talking(site)
    draft = await begun(talk)
    held = await uploads.attach(site, talk.operator, draft, "proof", "log.txt", b"line\n")
    with pytest.raises(NotFound):
        await uploads.open_upload(site, talk.staff, draft, held["id"])
    draft = await applications.find(site, talk.operator, draft.reference)
    draft = await save_page(
        site, talk.operator, draft, "answer", {"cause": "配線"}, revision=draft.revision, leave=True
    )
    await taken(talk, draft)
    assert (await talk.again()).data["proof"]["id"] == held["id"]


def changed_talk(**evolution: Any) -> RecordType:
    """The type as it asks later: the cause goes by another name, and one question more is asked."""
    fields = [{**told, "name": "reason"} if told["name"] == "cause" else told for told in talk_fields()]
    steps = {**STEPS, "answer": {"asks": ["reason", "found_on", "proof", "later"]}}
    return talk_type(fields=[*fields, field("later")], steps=steps, evolution=[{"from": 1, **evolution}])


async def test_what_was_written_goes_on_in_a_form_that_changed_meanwhile(site: Site) -> None:
    talk = await talking(site)
    wrong = {"year": "2026", "month": "13", "day": "1"}
    draft = await begun(talk, cause="配線", found_on=wrong)
    await publish(site, changed_talk(rename={"cause": "reason"}))
    with pytest.raises(RecordChanged, match="taken over"):
        await taken(talk, draft)
    now = await applications.find(site, talk.operator, draft.reference)
    assert (now.schema_version, now.answers["reason"]) == (2, "配線")
    assert now.answers["found_on"] == wrong, "what was wrong, too"
    kept = {"reason": "配線", "found_on": SECOND, "later": "x"}
    await taken(talk, await save_page(site, talk.operator, now, "answer", kept, revision=now.revision))
    stored = await talk.again()
    assert stored.schema_version == 2
    assert {"reason": "配線", "found_on": "2026-10-02", "later": "x"}.items() <= stored.data.items()


async def test_what_was_wrong_goes_on_under_the_new_name_of_its_question(site: Site) -> None:
    talk = await talking(site)
    wrong: dict[str, Any] = {"cause": "x" * 20_000, "found_on": {"year": "2026", "month": "13", "day": "1"}}
    await begun(talk, **wrong)
    names = {"cause": "reason", "found_on": "noticed_on"}
    fields = [{**told, "name": names.get(told["name"], told["name"])} for told in talk_fields()]
    steps = {**STEPS, "answer": {"asks": ["reason", "noticed_on", "proof"]}}
    kind = talk_type(fields=fields, steps=steps, checks=[], evolution=[{"from": 1, "rename": names}])
    await publish(site, kind)
    now = await begun(talk)
    assert (now.answers["reason"], now.answers["noticed_on"]) == (wrong["cause"], wrong["found_on"])


async def test_going_on_leads_to_the_form_in_force_and_to_what_the_record_says_now(site: Site) -> None:
    talk = await talking(site, found_on="2026-10-02")
    await store_version(talk.record)
    draft = await begun(talk, cause="配線", found_on=SECOND)
    await publish(site, changed_talk(rename={"cause": "reason"}))
    data = {**talk.record.data, "found_on": "2026-10-09"}
    await site.records["talk"].change(talk.record.id, 1, {"data": data, "revision": 2}, None)
    now = await begun(talk)
    assert (now.id, now.schema_version, now.base_revision) == (draft.id, 2, 2)
    assert (now.answers["reason"], now.answers["found_on"]) == ("配線", "2026-10-09")


async def test_what_does_not_fit_the_changed_form_is_kept_to_be_read(site: Site) -> None:
    talk = await talking(site)
    draft = await begun(talk, cause="配線")
    fields = [{**told, "type": "integer"} if told["name"] == "cause" else told for told in talk_fields()]
    await publish(site, talk_type(fields=fields))
    await site.records["talk"].change(talk.record.id, 1, {"schema_version": 2}, None)
    with pytest.raises(TransitionRefused, match="does not fit"):
        await taken(talk, draft)
    found = await applications.find(site, talk.operator, draft.reference)
    assert (found.schema_version, found.answers["cause"]) == (1, "配線")
    await step_answers.discard(site, talk.operator, draft, revision=draft.revision)
    assert (await begun(talk)).schema_version == 2


async def test_answers_of_steps_stay_out_of_lists_of_applications(site: Site) -> None:
    talk = await talking(site)
    await begun(talk, cause="配線")
    mine = await begun(talk, "add", talk.staff, notes=[{"text": "x"}])
    assert await applications.mine(site, talk.operator) == []
    assert (await agenda.applications(site, talk.operator)).applications == []
    assert await correcting.my_corrections(site, talk.staff) == []
    with pytest.raises(NotFound):
        await correcting.find_correction(site, talk.staff, mine.reference)
    for view in queue.views(site, talk.staff).values():
        assert await Application.find(dict(view.where)).to_list() == []


async def test_answers_nobody_takes_any_more_end_and_are_erased(site: Site, hands: Hands) -> None:
    talk = await talking(site)
    draft, other = await begun(talk, cause="秘密"), await begun(talk, "add", notes=[{"text": "x"}])
    await taken(talk, await begun(talk, "add", talk.staff, notes=[{"text": "先に"}]), talk.staff)
    hands.now += KEPT - timedelta(seconds=1)
    assert not await end_some(site)
    hands.now += timedelta(seconds=1)
    assert await end_some(site)
    assert not await end_some(site)
    ended, kept = await Application.get(draft.id), await Application.get(other.id)
    assert ended is not None
    assert kept is not None
    assert (ended.state, ended.open, kept.open) == ("step_ended", False, True)
    hands.now += timedelta(days=400)
    await erase_some(site)
    erased = await Application.get(draft.id)
    assert erased is not None
    assert (erased.answers, erased.erased is not None) == ({}, True)


async def test_a_record_kept_from_somebody_waits_for_others_alone(site: Site) -> None:
    kept, told = (
        await account(site, "staff", "reviewer"),
        await account(site, "staff", "reviewer", "approver"),
    )
    talk = await talking(site, talk_type(access=[{"by": ["approver", "operator"]}]))
    assert "talk" in kinds_waiting(site, staff_of("approver"))
    assert "talk" not in kinds_waiting(site, staff_of("reviewer"))
    record = talk.record.model_copy(update={"lifecycle": "answered"})
    mailed = {each.recipient.address for each in await people_of(site, record) if each.side == "staff"}
    assert told.email in mailed
    assert kept.email not in mailed


async def test_a_page_for_one_side_is_read_there_alone(site: Site) -> None:
    pages = [
        {"name": "first", "label": {"ja": "最初"}, "fields": ["subject", "began_on"]},
        {"name": "inner", "label": {"ja": "内部"}, "for": ["staff"], "fields": ["memo"]},
        {"name": "theirs", "label": {"ja": "社内"}, "for": ["operator"], "fields": ["own_memo"]},
    ]
    kind = talk_type(fields=[*talk_fields(), field("memo"), field("own_memo")], pages=pages)
    talk = await talking(site, kind, memo="職員のみ", own_memo="社内のみ")
    for actor, read, kept in ((talk.staff, "memo", "own_memo"), (talk.operator, "own_memo", "memo")):
        form = form_for(site, actor, "talk", 1)
        assert read in form.by_name
        assert kept not in form.by_name
        assert [page.name for page in form.pages][:2] == ["first", "inner" if read == "memo" else "theirs"]
        draft = await begun(talk, "add", actor, notes=[{"text": read}])
        await taken(talk, draft, actor)
    told = await chapters.history(site, talk.operator, "talk", talk.record.id, "ja")
    assert all("memo" not in each.version.data for each in told.chapters)
    assert (await talk.again()).data["memo"] == "職員のみ"
    control = seen_by(talk.operator, talk_type(fields=[*talk_fields(), field("memo")]))
    assert "memo" in control.by_name


async def test_a_state_is_called_as_each_side_has_it(site: Site) -> None:
    talk = await talking(site)
    flow = lifecycles.flow_of(site, talk.record)
    assert flow.shown_to("operator").states["answered"].label("ja") == "提出済み"
    assert flow.shown_to("staff").states["answered"].label("ja") == "確認中"
    assert flow.shown_to("operator").states["open"].label == flow.states["open"].label
