"""``memory://`` knows no update pipelines: Python does everything there."""

from pathlib import Path

from app.database import open_database
from app.opening import build_site
from app.settings import Settings
from models.clock import system_entropy
from models.configuration.load import Configuration
from models.services.jobs import find_job, run_one
from tests.clock import Hands
from tests.evolution.kinds import text
from tests.evolution.stored import Stored, thing


async def test_records_follow_in_memory_too(
    tmp_path: Path, settings: Settings, configuration: Configuration, hands: Hands
) -> None:
    async with open_database("memory://", data_dir=tmp_path, owner=True) as store:
        stored = Stored(await build_site(settings, configuration, store, hands, system_entropy))
        await stored.publish(thing(text("note")))
        await stored.fill(5, {"note": "x"}, history=False)
        await stored.publish(thing(text("remark"), evolution=[{"from": 1, "rename": {"note": "remark"}}]))
        job = await stored.job()
        assert await run_one(stored.site)
        assert job.id is not None
        found = await find_job(job.id)
        assert (found.state, found.failed_count) == ("done", 0)
        assert [(row["data"]["remark"], row["schema_version"]) for row in await stored.rows()] == [
            ("x", 2)
        ] * 5
        assert not await run_one(stored.site)
