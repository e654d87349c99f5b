"""A configuration that cannot be used: the program does not start, and says where, what and what to do."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from app.settings import ROOT
from tests.journey.mailbox import free_port

MODULE = ROOT / "fixtures" / "capacity_market"


class Said(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


class Broken(NamedTuple):
    """One way to break a module folder, and what must be said about it."""

    breaking: Callable[[Path], None]
    code: str
    place: str
    words: tuple[str, ...]


def _write(file: str, old: str, new: str) -> Callable[[Path], None]:
    def breaking(module: Path) -> None:
        text = (module / file).read_text(encoding="utf-8")
        assert old in text
        (module / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return breaking


def _remove_line(file: str, word: str) -> Callable[[Path], None]:
    def breaking(module: Path) -> None:
        lines = (module / file).read_text(encoding="utf-8").splitlines(keepends=True)
        (module / file).write_text("".join(line for line in lines if word not in line), encoding="utf-8")

    return breaking


def _remove(file: str) -> Callable[[Path], None]:
    return lambda module: (module / file).unlink()


OPERATOR = "record_types/operator.yaml"
RETENTION = "retention: business_data"


def line_of(file: str, text: str) -> int:
    """The line of the unbroken file that `text` stands in."""
    lines = (MODULE / file).read_text(encoding="utf-8").splitlines()
    return 1 + next(number for number, line in enumerate(lines) if text in line)


BROKEN: Mapping[str, Broken] = {
    "yaml": Broken(
        _write(OPERATOR, RETENTION, "retention: [business_data"),
        "T-E001",
        rf"{OPERATOR}:\d+: ",
        ("YAML として読めません", "This is not valid YAML", "Correct the file near this line"),
    ),
    "key": Broken(
        _write(OPERATOR, RETENTION, "retentoin: business_data"),
        "T-E003",
        rf"{OPERATOR}:{line_of(OPERATOR, RETENTION)}: ",
        ("retentoin", "Unknown key “retentoin”.", "Did you mean “retention”?"),
    ),
    "site": Broken(
        _remove_line("site.yaml", "operator_type"),
        "T-E004",
        r"site\.yaml:\d+: ",
        ("operator_type", "The key “operator_type” is missing.", "Add “operator_type:”."),
    ),
    "choices": Broken(
        _remove("choices/license_class.yaml"),
        "T-E010",
        r"record_types/\w+\.yaml:\d+: ",
        (
            "license_class",
            "The choice list “license_class” does not exist.",
            "Add choices/license_class.yaml",
        ),
    ),
    "mail": Broken(
        _remove("mail/end_accepted.ja.md"),
        "T-E016",
        r"lifecycles/operator_contract\.yaml:\d+: ",
        (
            "end_accepted",
            "The mail template “end_accepted” does not exist",
            "Add mail/end_accepted.ja.md, or",
        ),
    ),
}


async def run(folder: Path, module: Path, *arguments: str) -> Said:
    """A command of the program with `module` as its configuration."""
    environment = {
        **os.environ,
        "TOROKU_CONFIG": str(module),
        "TOROKU_DATA": str(folder / "var"),
        "TOROKU_PORT": str(free_port()),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", *arguments),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A copy of the module folder."""
    return shutil.copytree(MODULE, tmp_path / "module")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all: what is unbroken need not be read again."""
    return tmp_path_factory.mktemp("data")


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_configuration_does_not_start_and_is_explained_in_both_languages(
    module: Path, folder: Path, name: str
) -> None:
    broken = BROKEN[name]
    broken.breaking(module)
    said = await run(folder, module, "serve")
    explained(said, module, broken)
    assert "T-X100 設定に誤りがあります。" in said.err
    assert not (folder / "var" / "mongod").exists()


@pytest.mark.parametrize("names", [("yaml", "site"), ("choices", "mail")], ids=" and ".join)
async def test_checking_tells_everything_that_is_wrong_at_once(
    module: Path, folder: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        BROKEN[name].breaking(module)
    said = await run(folder, module, "schema", "check")
    for name in names:
        explained(said, module, BROKEN[name])


def explained(said: Said, module: Path, broken: Broken) -> None:
    """File, line and code, the problem and the remedy in Japanese and in English, and status 1."""
    assert said.status == 1
    assert "Traceback" not in said.out + said.err
    assert re.search(rf"{re.escape(str(module))}/{broken.place}{broken.code} .*[ぁ-ん]", said.err), said.err
    assert [word for word in broken.words if word not in said.err] == []


async def test_control_the_same_folder_unbroken_holds_and_its_types_are_listed(
    module: Path, folder: Path
) -> None:
    said = await run(folder, module, "schema", "check")
    assert (said.status, said.err) == (0, "")
    for name, label in (
        ("operator", "事業者情報"),
        ("resource", "電源等情報"),
        ("expected_capacity", "期待容量"),
    ):
        assert re.search(rf"^{name} +{label}", said.out, re.MULTILINE)


async def test_warnings_are_counted_and_refused_only_when_asked_for(module: Path, folder: Path) -> None:
    (module / "mail" / "lost.ja.md").write_text("---\nsubject: 不明\n---\n本文\n", encoding="utf-8")
    said = await run(folder, module, "schema", "check")
    assert (said.status, "T-W005" in said.err, "誤り 0 件、注意 1 件。" in said.out) == (0, True, True)
    strict = await run(folder, module, "schema", "check", "--strict")
    assert (strict.status, "誤り 0 件、注意 1 件。" in strict.out) == (1, True)


async def test_a_folder_that_is_not_there_is_told_without_a_traceback(folder: Path) -> None:
    said = await run(folder, folder / "nowhere", "serve")
    assert said.status == 1
    assert "T-E029" in said.err
    assert "Traceback" not in said.err
