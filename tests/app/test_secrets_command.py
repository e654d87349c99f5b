"""``python -m app secrets``: keys made, counted, changed and given up, also when it is killed in between."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from app.database import Database, open_database
from app.opening import build_site
from app.settings import ROOT, Settings
from models.configuration.load import Configuration
from models.documents.job import Job
from models.services.sealing_keys import read_key
from models.services.site import Site
from tests.services.contracts import operator
from tests.services.sealing import NEW, OLD, record_of
from tests.services.stored import store_records

MANY = 5_000
"""Records, so that a rotation can be killed while it works."""

OLD_TEXT, NEW_TEXT = (urlsafe_b64encode(key).decode() for key in (OLD, NEW))


class Command:
    """The program on one database, with the keys it is given."""

    def __init__(self, site: Site, url: str, folder: Path) -> None:
        self.site = site
        settings = {"DATABASE_URL": url, "DATA": str(folder), "LANGUAGE": "en"}
        self.environment = os.environ | {f"TOROKU_{name}": value for name, value in settings.items()}

    async def start(self, *words: str, keys: str) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "secrets", *words),
            cwd=ROOT,
            env={**self.environment, "TOROKU_SEALING_KEYS": keys},
            stdout=PIPE,
            stderr=STDOUT,
        )

    async def run(self, *words: str, keys: str) -> tuple[int | None, str]:
        process = await self.start(*words, keys=keys)
        said, _ = await process.communicate()
        return process.returncode, said.decode()


@pytest_asyncio.fixture
async def command(mongod: Database, configuration: Configuration, tmp_path: Path) -> AsyncIterator[Command]:
    url = mongod.address.replace("/toroku?", f"/secrets-{uuid4().hex[:8]}?")
    settings = Settings(data=tmp_path, sealing_keys=OLD_TEXT)
    async with open_database(url, data_dir=tmp_path, owner=False) as database:
        yield Command(await build_site(settings, configuration, database), url, tmp_path)
        await database.mongo.client.drop_database(database.mongo.name)


async def in_the_middle() -> Job:
    """The rotation, as soon as it has done some of its work."""
    for _ in range(3_000):
        job = await Job.find_one({"kind": "reseal"})
        if job is not None and 0 < job.done < MANY:
            return job
        await asyncio.sleep(0.02)
    raise AssertionError


@pytest.mark.slow
async def test_a_rotation_killed_in_the_middle_goes_on_when_it_is_run_again(command: Command) -> None:
    site = command.site
    record = await record_of(site, await operator(site, "U1"), "a", "b", "c", "d", "e")
    published = site.registry.current("bench_device")
    rows = [dict(record.data) for _ in range(MANY)]
    for start in range(0, MANY, 5_000):
        await store_records(site, published, *rows[start : start + 5_000])
    both = f"{NEW_TEXT},{OLD_TEXT}"
    process = await command.start("rotate", keys=both)
    job = await in_the_middle()
    process.send_signal(signal.SIGKILL)
    await process.wait()
    early, said = await command.run("status", keys=NEW_TEXT)
    assert early == 1
    assert "missing" in said
    refused, said = await command.run("rotate", keys=NEW_TEXT)
    assert (refused, site.ring.newest.name in said) == (1, True)
    await Job.raw().update_one({"_id": job.id}, {"$set": {"lease_until": None}})  # instead of a minute
    status, said = await command.run("rotate", keys=both)
    assert status == 0, said
    after = await Job.get(job.id)
    assert after is not None
    assert after.counts["resealed"] == MANY * 4 + 9
    status, said = await command.run("status", keys=NEW_TEXT)
    assert (status, "missing" in said) == (0, False), said
    assert f"{MANY * 4 + 9:,} answers  seals" in said


@pytest.mark.slow
async def test_keys_are_made_and_given_up_on_the_command_line(command: Command) -> None:
    await record_of(command.site, await operator(command.site, "U1"), "a", "b", "c", "d", "e")
    status, key = await command.run("key", keys="")
    assert (status, len(read_key(key))) == (0, 32)
    alone, said = await command.run("status", keys="")
    assert alone == 1
    assert "There is no sealing key of its own" in said
    name = command.site.ring.newest.name
    assert (await command.run("forget", name, keys=NEW_TEXT))[0] == 1
    assert (await command.run("forget", name, "--sure", keys=NEW_TEXT))[0] == 0
    status, said = await command.run("rotate", keys=NEW_TEXT)
    assert (status, "9 answers are sealed with a key" in said) == (1, True)
    weak, said = await command.run("status", keys="abc")
    assert (weak, "TOROKU_SEALING_KEYS: key 1" in said, "Traceback" in said) == (1, True, False)
    assert OLD_TEXT not in said
