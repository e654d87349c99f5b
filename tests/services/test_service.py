"""How long until the doors open or close is told in words, to the minute."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.services.service import hours_now, service_now, time_left
from models.services.site import Site
from tests.clock import Hands


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (timedelta(seconds=1), "in 1 min"),
        (timedelta(minutes=59, seconds=59), "in 1 h 0 min"),
        (timedelta(hours=9), "in 9 h 0 min"),
        (timedelta(hours=47, minutes=59), "in 47 h 59 min"),
        (timedelta(hours=48), "in 2 days"),
        (timedelta(days=5, hours=3), "in 5 days"),
    ],
)
def test_a_length_of_time_in_words(length: timedelta, told: str) -> None:
    assert time_left(length)("en") == told


@pytest.mark.parametrize(
    ("moment", "state", "change"),
    [
        ("2026-11-20T08:59:59", "outside_hours", "2026-11-20T09:00:00"),
        ("2026-11-20T09:00:00", "open", "2026-11-20T18:00:00"),
        ("2026-11-20T17:59:59", "open", "2026-11-20T18:00:00"),
        ("2026-11-20T18:00:00", "outside_hours", "2026-11-24T09:00:00"),
    ],
)
async def test_the_service_is_open_by_its_hours(
    site: Site, hands: Hands, moment: str, state: str, change: str
) -> None:
    strict = replace(site, always_open=False)
    hands.now = datetime.fromisoformat(f"{moment}+09:00").astimezone(UTC)
    found, hours = await service_now(strict), hours_now(strict)
    assert found.state == state
    assert hours is not None
    assert (hours.open, hours.change) == (state == "open", datetime.fromisoformat(f"{change}+09:00"))
    assert hours.left is not None
    assert (await service_now(site)).state == "open"  # control: a site that is always open
