"""Why the embedded database cannot start here, and what to do about it."""

import json
import signal
from pathlib import Path

from models.errors import DatabaseRefused

FOLDER = "The data folder {folder} cannot be written ({reason}). Choose another one or change its owner."
DISK = "The data folder {folder} has {free} MiB left; the embedded database needs {needed} MiB."
LIBRARY = (
    "MongoDB cannot start: {reason}. On Debian and Ubuntu, apt-get install libcurl4 helps. Otherwise set "
    "TOROKU_DATABASE_URL to mongodb://… (a replica set) or, for a trial, to memory://"
)
PROCESSOR = (
    "MongoDB cannot start: this processor lacks instructions it needs (AVX). Set TOROKU_DATABASE_URL to "
    "mongodb://… (a replica set) or, for a trial, to memory://"
)
ENDED = (
    "MongoDB cannot start: {reason} (see {log}). If that cannot be mended, set TOROKU_DATABASE_URL to "
    "mongodb://… (a replica set) or, for a trial, to memory://"
)

STARTING = '"id":4615611,'
"""Number of mongod's message “MongoDB starting”."""
LENGTH = 400
"""Characters of an error of mongod that we repeat."""


def folder(path: Path, error: OSError) -> DatabaseRefused:
    """The data folder cannot be written."""
    return DatabaseRefused(FOLDER, folder=str(path), reason=error.strerror or type(error).__name__)


def disk(path: Path, free: int, needed: int) -> DatabaseRefused:
    """Too little room, in bytes."""
    return DatabaseRefused(DISK, folder=str(path), free=free >> 20, needed=needed >> 20)


def ended(code: int | None, output: Path, log: Path) -> DatabaseRefused:
    """mongod ended with `code` before it was ready; `output` and `log` are what it left."""
    said = output.read_text(errors="replace").strip().splitlines()
    if said and "shared librar" in said[-1]:
        return DatabaseRefused(LIBRARY, reason=said[-1])
    if code == -signal.SIGILL:
        return DatabaseRefused(PROCESSOR)
    reason = " ".join([*said[-1:], *_first_error(log)]) or "it did not become ready in time"
    return DatabaseRefused(ENDED, reason=f"{reason} [{code}]", log=str(log))


def _first_error(log: Path) -> list[str]:
    """mongod's first error since its last start, as a list of one or none (its log is JSON, line by line)."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    starts = [number for number, line in enumerate(lines) if STARTING in line]
    found = [
        json.loads(line) for line in lines[max(starts, default=0) :] if '"s":"E"' in line or '"s":"F"' in line
    ]
    return [f"{row['msg']} {json.dumps(row.get('attr', {}))}"[:LENGTH] for row in found[:1]]
