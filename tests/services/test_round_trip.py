"""What an export writes, an import reads back: nothing changes, whatever the field and the format."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from app.database import Database
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.clock import system_entropy
from models.configuration.load import Configuration
from models.documents.record import RecordVersion
from models.interchange.tables import columns
from models.permissions import Actor
from models.services.site import Site
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.transferring import MODULES, applied, checked, exported, operator, showcases, stored


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Configuration]:
    settings = Settings(data=tmp_path_factory.mktemp("whole"), config=MODULES, smtp_url=None)
    return settings, configuration_of(settings)


@pytest_asyncio.fixture
async def site(store: Database, whole: tuple[Settings, Configuration], hands: Hands) -> AsyncIterator[Site]:
    yield await build_site(*whole, store, hands, system_entropy)


@pytest_asyncio.fixture
async def steward(site: Site) -> Actor:
    return await staff(site, "steward", "steward")


WAYS: list[dict[str, Any]] = [
    {"format": "csv"},
    {"format": "csv", "heads": "names", "language": "en"},
    {"format": "csv", "encoding": "cp932", "language": "en"},
    {"format": "xlsx", "language": "ja"},
    {"format": "xlsx", "language": "en"},
    {"format": "jsonl"},
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(way.values()))
async def test_an_export_brought_back_in_changes_nothing(
    site: Site, steward: Actor, way: dict[str, Any]
) -> None:
    await showcases(site, await operator(site))
    before = await stored(site)
    _, content = await exported(site, steward, **way)
    job = await checked(site, steward, content)
    assert job.failed == []
    left = {
        head
        for head, name in zip(job.parameters["heads"], job.parameters["mapping"], strict=True)
        if not name
    }
    assert left <= {"total", "設備容量の合計", "Capacity of all units"}
    assert job.counts == {"same": len(before)}
    assert await stored(site) == before
    assert "hunter2" not in content.decode("utf-8", "ignore")
    assert await RecordVersion.count() == 0


async def test_a_cell_that_was_changed_is_found(site: Site, steward: Actor) -> None:
    await showcases(site, await operator(site))
    before = await stored(site)
    _, content = await exported(site, steward, heads="names")
    job = await checked(site, steward, content.replace("見本二号".encode(), "見本三号".encode()))
    assert job.counts == {"same": len(before) - 1, "changed": 1}
    job = await applied(site, steward, job)
    assert (job.state, job.counts) == ("done", {"same": len(before) - 1, "changed": 1})
    after = await stored(site)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    [(old, new)] = changed
    assert new["data"] == {**old["data"], "short_text": "見本三号", "showcase_number": old["number"]}
    assert (new["title"], new["revision"]) == ("見本三号", 2)
    [version] = await RecordVersion.find_all().to_list()
    assert (version.record_id, version.revision, version.reason) == (new["_id"], 2, "試験")


async def test_without_care_for_formulas_the_round_trip_would_change_answers(
    site: Site, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await showcases(site, await operator(site))
    _, content = await exported(site, steward)
    monkeypatch.setattr("models.interchange.tables.comma.restored", lambda text: text)
    job = await checked(site, steward, content)
    assert job.counts.get("changed", 0) > 3


async def test_without_the_words_of_choices_they_would_not_be_read(
    site: Site, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await showcases(site, await operator(site))
    _, content = await exported(site, steward)
    monkeypatch.setattr(columns, "_picked", lambda field: field.parse)
    job = await checked(site, steward, content)
    assert job.counts.get("refused", 0) > 3
