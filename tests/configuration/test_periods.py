"""Named periods: put in where flows name them, nothing where they have no length."""

import pytest

from models.configuration.periods import SitePeriod, named_in, with_periods
from models.language import Text
from models.workflow.definition import Duration, Lifecycle

LABEL = {"ja": "名", "en": "Name"}
FLOW = Lifecycle.model_validate(
    {
        "lifecycle": "permit",
        "states": {
            "asked": {
                "label": LABEL,
                "held_by": "staff",
                "due": "$answer",
                "remind": ["1 hour"],
                "then": "end",
            },
            "over": {"label": LABEL, "final": True},
        },
        "transitions": {
            "end": {"label": LABEL, "from": "asked", "to": "over", "by": "system", "after": "$answer"},
        },
    }
)


def named(length: Duration | None) -> Lifecycle:
    return with_periods(FLOW, {"answer": SitePeriod(label=Text(ja="名"), length=length)})


def test_a_period_is_put_in_wherever_it_is_named() -> None:
    flow = named(Duration(count=24, unit="hours"))
    due, after = flow.states["asked"].due, flow.transitions["end"].after
    assert due is not None
    assert after is not None
    assert [(each.count, each.unit, each.period) for each in (due, after)] == [(24, "hours", "answer")] * 2
    assert flow.states["asked"].then == "end"
    assert "period" not in due.model_dump()


def test_a_period_without_a_length_is_no_limit() -> None:
    flow = named(None)
    state = flow.states["asked"]
    assert (state.due, state.remind, state.then, state.held_by) == (None, (), None, "staff")
    assert flow.timed == {}
    assert [name for _, name in flow.named_periods] == ["answer", "answer"]


def test_control_an_unknown_period_stays_to_be_told_of() -> None:
    flow = with_periods(FLOW, {})
    assert [name for _, name in named_in(flow)] == ["answer", "answer"]
    assert flow is FLOW


@pytest.mark.parametrize("written", ["$", "$Answer", "answer", "24", "$a b"])
def test_what_is_neither_a_length_nor_a_name_is_refused(written: str) -> None:
    state = {"label": LABEL, "due": written}
    with pytest.raises(ValueError, match="due"):
        Lifecycle.model_validate({"lifecycle": "permit", "states": {"asked": state}})
