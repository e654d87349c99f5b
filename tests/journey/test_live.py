"""Two servers on one database: what one command publishes, both show within a second, without a restart."""

import re
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from app.settings import ROOT
from models.schema.definition import RecordType
from tests.app.conftest import configuration, operator_type
from tests.app.people import Applicant, Member
from tests.journey.server import Program, running

__all__ = ["configuration", "operator_type"]

SECOND = 1.0

FACILITY = """\
record_type: facility
label: {ja: 施設, en: Facility}
collection: facilities
number: {field: facility_number}
title: "{facility_name}"
belongs_to: operator
applications: {workflow: registration}
lifecycle: registered_record
fields:
  - {name: facility_name, type: text, label: {ja: 施設の名称, en: Name}, list: true, personal: no}
"""


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped configuration that a steward may change."""
    folder = tmp_path_factory.mktemp("configuration") / "capacity_market"
    shutil.copytree(ROOT / "fixtures" / "capacity_market", folder)
    return folder


@pytest.fixture(scope="module")
def first(mongod_folder: Path) -> Iterator[Program]:
    with running(Program(mongod_folder / "first")) as started:
        yield started


@pytest_asyncio.fixture(scope="module")
async def second(first: Program, mongod_folder: Path) -> AsyncIterator[Program]:
    with running(await first.beside(mongod_folder / "second")) as started:
        yield started


async def until(there: Callable[[], Awaitable[bool]]) -> float:
    """Seconds until it is there; fails after ten."""
    begun = time.monotonic()
    while time.monotonic() < begun + 10:
        if await there():
            return time.monotonic() - begun
    raise AssertionError("it never came")


def publish(program: Program, folder: Path, *arguments: str) -> None:
    """``schema apply`` with the changed files, in a process of its own."""
    program.environment["TOROKU_CONFIG"] = str(folder)
    done = program.run("schema", "apply", *arguments)
    assert done.returncode == 0, done.stderr + done.stdout


async def test_both_serve_the_new_form_within_a_second(
    first: Program, second: Program, module_folder: Path, operator_type: RecordType
) -> None:
    """Control: before it is published, neither asks the question."""
    page = operator_type.laid_out[0]
    file = module_folder / "record_types" / "operator.yaml"
    text = file.read_text(encoding="utf-8")

    async def asks(program: Program) -> bool:
        async with program.client() as client:
            applicant = await Applicant(client, operator_type).present_certificate()
            assert (await applicant.begin()).status_code == 303
            answer = await client.get(f"{applicant.address}/pages/{page.name}")
            return "愛称をお書きください" in answer.text

    assert not await asks(first)
    assert not await asks(second)
    question = (
        "\n  - {name: nickname, type: text, label: {ja: 愛称をお書きください, en: Nickname}, personal: no}"
    )
    changed = text.replace("\nfields:", f"\nfields:{question}", 1)
    changed = re.sub(
        r"(\npages:.*?\n    fields:\n)", r"\1      - nickname\n", changed, count=1, flags=re.DOTALL
    )
    file.write_text(changed, encoding="utf-8")
    publish(first, module_folder, "operator")
    for program in (first, second):
        assert await until(partial(asks, program)) < SECOND


async def test_a_new_record_type_appears_in_both(
    first: Program, second: Program, module_folder: Path
) -> None:
    """Control: before it is published, neither has its page."""
    members = [await Member(program.client()).sign_in("reviewer-1") for program in (first, second)]

    async def shows(member: Member) -> bool:
        return (await member.client.get("/admin/facility/list")).status_code == 200

    for member in members:
        assert not await shows(member)
    (module_folder / "record_types" / "facility.yaml").write_text(FACILITY, encoding="utf-8")
    publish(first, module_folder, "facility")
    for member in members:
        assert await until(partial(shows, member)) < SECOND
        menu = (await member.client.get("/admin/queue")).text
        assert "施設" in menu
        await member.client.aclose()
