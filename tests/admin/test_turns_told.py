"""Whose turn a record is and how its states look, in the admin."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from starlette_admin import DropDown, i18n

from admin import moments
from admin.live import LiveRecords
from admin.menu import prepare
from admin.views.answers import Reader
from admin.views.record_columns import columns_of, tone_of
from admin.views.record_desk import turn_told
from models.language import Text
from models.schema.definition import RecordType
from models.schema.fields.choice import DeclarationField
from models.services.desks import Desk, StepOffer
from models.services.waiting import Waits
from models.workflow.definition import State, Transition

NOW = datetime(2026, 4, 1, tzinfo=UTC)
STAFF = Text(ja="承認者", en="approvers")
STEP = StepOffer("close", Transition(label=STAFF, **{"from": "a"}, to="b", by=("approver",)), False, None)
DESK = Desk(Waits("us", STAFF, NOW, None, False), (), (), (), (), ())

FLOW = {
    "sent": State(label=STAFF, held_by="staff"),
    "confirmed": State(label=STAFF),
    "put_off": State(label=STAFF),
    "closed": State(label=STAFF, final=True),
    "gone": State(label=STAFF, live=False, final=True),
}
PLAIN = {name: state.model_copy(update={"held_by": None}) for name, state in FLOW.items()}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Who reads, reads English; whoever looked before may have read something else."""
    before = i18n.get_locale()
    i18n.set_locale("en")
    yield
    i18n.set_locale(before)


def test_a_term_of_days_ends_with_its_last_day_and_one_of_hours_at_its_minute() -> None:
    begin = moments.local(datetime(2026, 4, 1, 12, tzinfo=UTC)).replace(hour=0)
    for minutes, words in ((0, moments.day(begin - timedelta(days=1))), (1, f"{moments.day(begin)} 00:01")):
        waits = replace(DESK.waits, due=begin + timedelta(minutes=minutes))
        assert turn_told(replace(DESK, waits=waits)).endswith(words)


def test_it_is_the_turn_of_who_may_act_and_of_nobody_else() -> None:
    assert "approvers" in turn_told(DESK)
    told = turn_told(replace(DESK, steps=(STEP,)))
    assert told
    assert "approvers" not in told
    assert "approvers" in turn_told(replace(DESK, steps=(STEP,)), paper=True)


def test_a_state_somebody_has_to_act_in_asks_for_attention() -> None:
    assert [tone_of(FLOW, name) for name in FLOW] == ["warn", "good", "warn", "done", "done"]
    assert [tone_of(PLAIN, name) for name in PLAIN] == ["good", "warn", "warn", "done", "done"]


def test_the_state_stands_before_the_answers_where_somebody_has_to_act() -> None:
    fields = ({"name": "pier", "type": "text", "label": STAFF, "list": True, "personal": "no"},)
    kind = RecordType.model_validate(
        {
            "record_type": "berth",
            "label": STAFF,
            "collection": "berths",
            "number": {"field": "berth_no", "format": "B{seq:04}"},
            "title": "{pier}!",
            "belongs_to": "operator",
            "lifecycle": "flow",
            "applications": {"kinds": ["register"], "workflow": "flow"},
            "fields": fields,
        }
    )
    paths = [[column.path for column in columns_of(kind, states)] for states in (FLOW, PLAIN)]
    assert paths[0] == ["number", "title", "lifecycle", "data.pier", "updated_at"]
    assert paths[1] == ["number", "title", "data.pier", "lifecycle", "updated_at"]


def test_a_module_behind_the_first_has_a_section_of_its_own() -> None:
    harbour = Text(ja="港", en="Harbour")
    headings = [str(section.menu_label) for section in LiveRecords({"berth": harbour}).sections]
    assert headings[2:] == ["Harbour"]
    assert len(LiveRecords().sections) == 2
    assert all(isinstance(section, DropDown) for section in LiveRecords().sections)
    assert [section.heading for section in prepare(LiveRecords().sections)]


def test_what_was_affirmed_is_told_in_full_as_long_as_it_is_worded_so() -> None:
    text = Text(ja="約する。", en="We promise <b>it</b>.")
    field = DeclarationField(name="promise", type="declaration", label=STAFF, text=text, personal="no")
    given = {"affirmed": True, "text_version": "1"}
    told = Reader("en", statements=True)
    assert "We promise &lt;b&gt;it&lt;/b&gt;." in told.show(field, given)
    assert told.show(field, {**given, "text_version": "0"}) == Reader("en").show(field, given) == "Affirmed"
