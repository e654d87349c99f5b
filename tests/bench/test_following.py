"""How soon another process knows is measured on writes that it does follow."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.bench import following
from app.bench.following import FIRST, FollowingRow, following_row
from app.database import Database
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.services.site import Site


async def sites_on(store: Database, folder: Path) -> list[Site]:
    """Two sites of one database, as two processes have them."""
    settings = Settings(data=folder, smtp_url=None, database_url=SecretStr(store.address))
    configuration = configuration_of(settings)
    return [await build_site(settings, configuration, store) for _ in range(2)]


async def test_every_change_is_noticed_by_the_other(store: Database, tmp_path: Path) -> None:
    site, other = await sites_on(store, tmp_path)
    row = await following_row(site, other, 3)
    assert (len(row.ours), len(row.raw)) == (3, 3)
    assert all(seconds > 0 for seconds in row.ours + row.raw)
    last = FIRST + timedelta(weeks=3)
    assert other.calendar.is_business_day(last)
    assert not site.calendar.is_business_day(last)  # control: who does not follow does not know


async def test_what_is_never_noticed_ends_the_run(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, other = await sites_on(store, tmp_path)
    monkeypatch.setattr(other.calendar, "take", lambda _: None)
    monkeypatch.setattr(following, "WAIT", 0.3)
    with pytest.raises(TimeoutError):
        await following_row(site, other, 1)


def test_one_that_took_longer_than_a_second_is_marked() -> None:
    assert FollowingRow(ours=(0.1, 1.1), raw=(0.1, 0.1)).is_slow
    assert not FollowingRow(ours=(0.1, 0.9), raw=(0.1, 0.1)).is_slow
