"""mongod as a child process: its arguments, its start, its end, and those left over by a crash."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from itertools import pairwise
from pathlib import Path

from app.database import leash

SET = "toroku"
"""Name of the single-node replica set."""
CACHE_GB = 0.5
OPLOG_MB = 512
FILES = "file_manager=(close_idle_time=45,close_scan_interval=10,close_handle_minimum=250)"
"""Files nobody uses are closed after seconds, not ten minutes: every collection and index is one, and a
process may only have so many open."""
GRACE = 10.0
"""Seconds a mongod gets for a clean shutdown."""
REOPEN = signal.SIGUSR1
"""Makes mongod open its log anew after ``rotate``."""
LOG_BYTES = 16 * 2**20
LOGS_KEPT = 3
LIFETIME = 10
"""Seconds after which mongod ends a transaction: longer than we ever try one (``Timeouts.transaction``).

What a killed process had begun keeps collections from changing their shape until then, or until half as long
again, and ``Timeouts.answer`` must outlast that."""
PARAMETERS = {
    "diagnosticDataCollectionEnabled": "false",
    "shutdownTimeoutMillisForSignaledShutdown": "100",  # default 15 s, waiting for other members
    "transactionLifetimeLimitSeconds": str(LIFETIME),
}
ENVIRONMENT = ("PATH", "HOME", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
"""All of our environment that mongod sees: no secrets."""


def data(folder: Path) -> Path:
    """Where mongod keeps its files, inside the data folder."""
    return folder / "mongod"


def log(folder: Path) -> Path:
    """mongod's log."""
    return folder / "mongod.log"


def output(folder: Path) -> Path:
    """What mongod says before it has a log, for instance that a shared library is missing."""
    return folder / "mongod.err"


def arguments(folder: Path, port: int) -> list[str]:
    """mongod's arguments: this machine only, no JavaScript, no telemetry, small."""
    fixed = ["--bind_ip", "127.0.0.1", "--port", str(port), "--noscripting", "--nounixsocket", "--quiet"]
    size = ["--wiredTigerCacheSizeGB", str(CACHE_GB), "--oplogSize", str(OPLOG_MB)]
    files = ["--wiredTigerEngineConfigString", FILES]
    logs = ["--logpath", str(log(folder)), "--logappend", "--logRotate", "reopen"]
    parameters = [word for key, value in PARAMETERS.items() for word in ("--setParameter", f"{key}={value}")]
    return [*_signature(folder), *fixed, *size, *files, *logs, *parameters]


async def spawn(binary: Path, folder: Path, port: int) -> Process:
    """Start mongod in its own session (Ctrl-C is ours to handle), on a leash (see ``leash``).

    It ends with the thread that runs this event loop, which in a server is the main thread.
    """
    rotate(folder)
    with output(folder).open("wb") as complaints:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(leash.__file__), str(os.getpid())),
            *(str(binary), *arguments(folder, port)),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=complaints,
            cwd=folder,
            env={key: os.environ[key] for key in ENVIRONMENT if key in os.environ} | {"LC_ALL": "C"},
            start_new_session=True,
        )


async def stop(process: Process) -> None:
    """End mongod cleanly, by force after GRACE seconds."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), GRACE)
    except TimeoutError:
        process.kill()
        await process.wait()


async def end_orphans(folder: Path) -> None:
    """End what a crashed owner left running on `folder`. Only for the holder of the folder's lock."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in orphans(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        await _gone(folder)


def orphans(folder: Path) -> list[int]:
    """Process ids of mongods started by us on `folder` (empty where there is no ``/proc``)."""
    sign = "\0".join(_signature(folder)).encode() + b"\0"
    return [int(entry.parent.name) for entry in Path("/proc").glob("[0-9]*/cmdline") if sign in _bytes(entry)]


def rotate(folder: Path) -> bool:
    """Set a large log aside (``mongod.log.1`` is the newest of LOGS_KEPT); True when it was large."""
    path = log(folder)
    if not path.exists() or path.stat().st_size < LOG_BYTES:
        return False
    names = [path, *(path.with_name(f"{path.name}.{age}") for age in range(1, LOGS_KEPT + 1))]
    for newer, older in reversed(list(pairwise(names))):
        if newer.exists():
            newer.replace(older)
    return True


def free(port: int) -> bool:
    """Whether mongod could listen on `port` of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def pick() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _signature(folder: Path) -> list[str]:
    return ["--dbpath", str(data(folder)), "--replSet", SET]


async def _gone(folder: Path) -> None:
    until = time.monotonic() + GRACE
    while time.monotonic() < until:
        if not orphans(folder):
            return
        await asyncio.sleep(0.01)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
