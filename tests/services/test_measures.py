"""Times told of a record: between states, live while they run, never stored."""

from datetime import timedelta
from typing import Any

import pytest

from models.documents.base import new_id
from models.documents.record import Record, RecordVersion
from models.permissions import SYSTEM
from models.services.measures import elapsed_words, measured_words, of_record
from models.services.site import Site
from models.workflow.definition import Measure
from tests.clock import START, Hands
from tests.services.two_sides import clock, desk

__all__ = ["clock", "desk"]

CLOSED = Measure.model_validate(
    {
        "name": "closed",
        "label": {"ja": "通行止めの時間", "en": "Closed for"},
        "from": "shut",
        "to": ["over", "agreed"],
    }
)


@pytest.fixture
def measured(desk: Site) -> Site:
    """The site with one time told of closures."""
    flows: Any = desk.lifecycles
    flows.maps[0]["closure"] = flows.maps[0]["closure"].model_copy(update={"measures": (CLOSED,)})
    return desk


def versions(*states: str) -> list[RecordVersion]:
    """A version each ten minutes, each in its state."""
    return [
        RecordVersion(
            type="closure",
            record_id=RECORD.id,
            revision=number,
            schema_version=1,
            lifecycle=state,
            data={},
            by=SYSTEM.person,
            at=START + timedelta(minutes=10 * (number - 1)),
        )
        for number, state in enumerate(states, 1)
    ]


RECORD = Record(
    _id=new_id(),
    type="closure",
    number="C0001",
    schema_version=1,
    lifecycle="shut",
    created_at=START,
    updated_at=START,
)


async def test_a_time_runs_from_the_first_entry_until_the_other_state(measured: Site, clock: Hands) -> None:
    """What is written within the state does not begin it anew; versions come in any order."""
    done = versions("reported", "shut", "shut", "mending", "over")
    (found,) = of_record(measured, RECORD, reversed(done))
    assert (found.begin, found.end) == (done[1].at, done[4].at)
    assert found.elapsed == timedelta(minutes=30)
    assert not found.is_running
    clock.now = START + timedelta(hours=3, minutes=22)
    (live,) = of_record(measured, RECORD, done[:3])
    assert live.is_running
    assert measured_words(live, "en") == "3 h 12 min (running)"
    assert measured_words(live, "ja") == "3 時間 12 分（経過中）"


async def test_a_time_that_has_not_begun_is_not_told_and_one_that_began_again_is_told_twice(
    measured: Site,
) -> None:
    assert of_record(measured, RECORD, versions("reported", "over")) == []
    found = of_record(measured, RECORD, versions("shut", "over", "shut", "mending"))
    assert [each.is_running for each in found] == [False, True]


@pytest.mark.parametrize(
    ("elapsed", "words"),
    [
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h 0 min"),
        (timedelta(days=1, hours=2, minutes=59), "1 d 2 h"),
        (timedelta(seconds=-5), "0 min"),
    ],
)
def test_a_length_of_time_is_said_in_its_two_greatest_units(elapsed: timedelta, words: str) -> None:
    assert elapsed_words(elapsed, "en") == words
