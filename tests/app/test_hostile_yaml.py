"""Whatever stands in a file of the configuration: an answer with a code and a line, soon, in little memory.

Each file is read by the program itself, and the child's own processor time and memory are measured."""

import os
import re
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from app.settings import ROOT
from tests.configuration.hostile import HOSTILE, Hostile
from tests.configuration.sample import FILES, TYPE, write_site

TIMES = 2
"""How many times the processor time of the sound site a file may add to it, whatever the machine."""

MEGABYTES = 200


LARGE = [name for name, hostile in HOSTILE.items() if len(hostile.content) > 50_000]
SMALL = [name for name in HOSTILE if name not in LARGE]

PROGRAM = """
import atexit, pathlib, runpy, sys
kept = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: kept.write_text(pathlib.Path("/proc/self/status").read_text()))
runpy.run_module("app", run_name="__main__", alter_sys=True)
"""
"""``python -m app``, and what the kernel says of its memory; what wait4 tells begins with the parent's."""


class Measured(NamedTuple):
    """What the command said, its status, its processor time (s) and the most memory it held (MB)."""

    said: str
    status: int
    seconds: float
    megabytes: float


def check(folder: Path, files: Mapping[str, bytes]) -> Measured:
    """``schema check`` on the sample with these files in it, limited to 1 GB and 60 s of its own."""
    site = write_site(folder / "site", {**FILES, **files})
    out = folder / "out"
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder / "memory"), "schema", "check"],
            cwd=ROOT,
            env={**os.environ, "TOROKU_CONFIG": str(site), "TOROKU_DATA": str(folder / "var")},
            stdout=file,
            stderr=subprocess.STDOUT,
            preexec_fn=_limit,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    memory = re.search(r"VmHWM:\s+(\d+) kB", (folder / "memory").read_text("ascii"))
    assert memory is not None
    seconds = used.ru_utime + used.ru_stime
    return Measured(out.read_text("utf-8"), process.returncode, seconds, int(memory[1]) / 1024)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """The control: the sample as it is, which also tells what starting costs."""
    return check(tmp_path_factory.mktemp("sound"), {})


def test_control_the_sound_site_holds(sound: Measured) -> None:
    assert sound.status == 0, sound.said
    assert sound.megabytes < MEGABYTES


@pytest.mark.parametrize(
    "name", [LARGE[0], *(pytest.param(name, marks=pytest.mark.slow) for name in LARGE[1:])]
)
def test_a_large_file_is_answered_with_a_code_and_a_line(tmp_path: Path, sound: Measured, name: str) -> None:
    measured = check(tmp_path, {TYPE: HOSTILE[name].content})
    answered(measured, TYPE, HOSTILE[name])
    assert measured.seconds - sound.seconds < TIMES * sound.seconds
    assert measured.megabytes < MEGABYTES


def test_all_small_files_at_once_are_answered_with_a_code_and_a_line(tmp_path: Path, sound: Measured) -> None:
    """Together they may take no longer than one may."""
    files = {f"record_types/{n}.yaml": HOSTILE[name] for n, name in enumerate(SMALL)}
    measured = check(tmp_path, {file: hostile.content for file, hostile in files.items()})
    for file, hostile in files.items():
        answered(measured, file, hostile)
    assert measured.seconds - sound.seconds < TIMES * sound.seconds
    assert measured.megabytes < MEGABYTES


def answered(measured: Measured, file: str, hostile: Hostile) -> None:
    """The code at the line, status 1, no stack trace."""
    assert measured.status == 1
    assert "Traceback" not in measured.said
    found = re.findall(rf"{re.escape(file)}:(\d+): {hostile.code} ", measured.said)
    assert found, (hostile.content[:80], measured.said[:2000])
    assert not hostile.line or str(hostile.line) in found, hostile.content[:80]
