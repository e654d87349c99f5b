"""``schema plan`` as a person runs it, against the demo site and a changed copy of its files."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr

from app.database import Database, open_database
from app.demo import load_demo
from app.opening import build_site, configuration_of
from app.settings import ROOT, Settings
from models.services.site import Site

FIXTURES = ROOT / "fixtures" / "capacity_market"
OTHER = "  - {code: other, label: {ja: その他, en: Other}}\n"
SETTLED = "evolution:\n  - {from: 1, map: {supplier_types: {other: null}}}\n"


@pytest_asyncio.fixture(scope="module")
async def store(mongod: Database, folder: Path) -> AsyncIterator[Database]:
    """One database for them all: a plan only looks."""
    url = mongod.address.replace("/toroku?", f"/test-{uuid4().hex[:12]}?")
    async with open_database(url, data_dir=folder, owner=False) as database:
        yield database
        await database.mongo.client.drop_database(database.mongo.name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plan")


@pytest_asyncio.fixture(scope="module")
async def demo(store: Database, folder: Path) -> Site:
    """The demo site, published and filled."""
    settings = Settings(data=folder / "data", smtp_url=None, database_url=SecretStr(store.address))
    site = await build_site(settings, configuration_of(settings), store)
    await load_demo(site, folder / "certificates")
    return site


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the demo's files, to change."""
    return shutil.copytree(FIXTURES, tmp_path / "files")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


async def plan(
    url: str, files: Path, *words: str, language: str = "en"
) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "TOROKU_DATABASE_URL": url,
        "TOROKU_DATA": str(files.parent / "data"),
        "TOROKU_CONFIG": str(files),
        "TOROKU_LANGUAGE": language,
    }
    command = [sys.executable, "-m", "app", "schema", "plan", *words]
    return await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


async def numbers_with(site: Site, option: str) -> list[str]:
    rows = site.records["operator"].collection.find({"data.supplier_types": option}, {"number": 1})
    return sorted([row["number"] async for row in rows])


def told(result: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)["types"][0]
    return found


async def test_a_removed_option_in_use_names_the_records(demo: Site, store: Database, files: Path) -> None:
    change(files / "choices" / "supplier_type.yaml", OTHER, "")
    using = await numbers_with(demo, "other")
    result = await plan(store.address, files, "operator")
    assert using
    assert result.returncode == 3, result.stderr
    for number in using:
        assert number in result.stdout
    assert "needs a step" in result.stdout
    assert "map: {supplier_types: {other: null}}" in result.stdout


async def test_machines_are_told_the_same(demo: Site, store: Database, files: Path) -> None:
    change(files / "choices" / "supplier_type.yaml", OTHER, "")
    found = told(await plan(store.address, files, "operator", "--json"))
    assert (found["state"], found["version"], found["refused"]) == ("changed", 1, ["supplier_types"])
    assert found["total_records"] == 3
    [row] = found["changes"]
    assert row["numbers"] == await numbers_with(demo, "other")
    assert row["step"] == {"map": {"supplier_types": {"other": None}}}


async def test_with_its_step_it_can_be_applied(demo: Site, store: Database, files: Path) -> None:
    """The control: what refuses is the missing step."""
    change(files / "choices" / "supplier_type.yaml", OTHER, "")
    operator = files / "record_types" / "operator.yaml"
    operator.write_text(f"{operator.read_text('utf-8')}\n{SETTLED}", "utf-8")
    result = await plan(store.address, files, "operator")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "settled by map" in result.stdout


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("{from: 7, map: {supplier_types: {other: null}}}", "version 1 is in force"),
        ("{from: 1, drop: [no_such_field]}", "“no_such_field”"),
    ],
    ids=["another version", "another field"],
)
async def test_a_step_that_cannot_be_used_says_why(
    store: Database, files: Path, step: str, problem: str
) -> None:
    operator = files / "record_types" / "operator.yaml"
    operator.write_text(f"{operator.read_text('utf-8')}\nevolution:\n  - {step}\n", "utf-8")
    result = await plan(store.address, files, "operator")
    assert problem in result.stdout + result.stderr
    assert result.returncode in (1, 3)


async def test_files_that_are_published_change_nothing(demo: Site, store: Database, files: Path) -> None:
    result = await plan(store.address, files)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("version 1: nothing changes") == len(demo.registry.all_current())


@pytest.mark.usefixtures("demo")
async def test_a_type_gone_from_the_files_is_told(store: Database, files: Path) -> None:
    for folder in ("record_types", "windows"):
        (files / folder / "expected_capacity.yaml").unlink()
    result = await plan(store.address, files)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "it is not in the files any more" in result.stdout


@pytest.mark.usefixtures("demo")
async def test_it_speaks_japanese(store: Database, files: Path) -> None:
    change(files / "choices" / "supplier_type.yaml", OTHER, "")
    result = await plan(store.address, files, "operator", language="ja")
    assert "手順が必要" in result.stdout
    assert "「事業者の種別」の選択肢がなくなります：other" in result.stdout


async def test_without_a_database_every_type_is_new(files: Path) -> None:
    result = await plan("embedded:", files)
    assert result.returncode == 0, result.stderr
    assert "There is no database yet" in result.stderr
    assert "new: not published yet" in result.stdout


async def test_an_unknown_type_is_said_to_be_unknown(files: Path) -> None:
    result = await plan("embedded:", files, "nothing")
    assert result.returncode == 1
    assert "operator" in result.stdout
