"""The site's own style sheet and script: no other host is asked for anything."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static"


@cache
def asset(name: str) -> str:
    """The address of a file in ``static/``; it changes with the content, so that browsers may keep it."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"{PREFIX}/{name}?v={digest}"


def assets() -> Mount:
    """The route that hands the files out."""
    return Mount(PREFIX, StaticFiles(directory=FOLDER), name="static")
