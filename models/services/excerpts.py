"""Looking into an upload without opening it: the beginning of a text as text, of a table as its cells."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from models.documents.application import Application
from models.documents.store import Attachment
from models.permissions import Actor
from models.services.site import Site
from models.services.uploads import open_upload

MOST_BYTES = 64 * 1024
MOST_LINES = 200
MOST_CELLS = 40
MOST_CHARACTERS = 400
"""Of one line or cell."""

TEXTS = frozenset({"text/csv", "text/plain"})


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An upload and, where it is a text, its beginning: `lines`, or `rows` of a table; `cut` when there is
    more. What is in it is somebody's text, to be escaped like any other."""

    upload: Attachment
    lines: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    cut: bool = False
    encoding: str = ""


async def excerpt_of(site: Site, actor: Actor, application: Application, identifier: str) -> Excerpt:
    """An upload of an application with its beginning. Raises NotFound as ``uploads.open_upload`` does."""
    upload, content = await open_upload(site, actor, application, identifier)
    if upload.content_type not in TEXTS:
        return Excerpt(upload)
    begun = await _beginning(content)
    cut = upload.size > len(begun)
    text, encoding = _decoded(begun, cut)
    if upload.content_type == "text/csv":
        rows, more = _rows(text)
        return Excerpt(upload, rows=rows, cut=cut or more, encoding=encoding)
    lines = text.splitlines()
    shown = [line[:MOST_CHARACTERS] for line in lines[:MOST_LINES]]
    return Excerpt(upload, lines=shown, cut=cut or lines != shown, encoding=encoding)


async def _beginning(content: AsyncIterator[bytes]) -> bytes:
    found = bytearray()
    async for chunk in content:
        found += chunk
        if len(found) >= MOST_BYTES:
            break
    return bytes(found[:MOST_BYTES])


def _decoded(begun: bytes, cut: bool) -> tuple[str, str]:
    """The text and its encoding: UTF-8, else Windows-31J as spreadsheets write it. What was cut may end in
    half a character."""
    kept = begun[:-4] if cut else begun
    for encoding, name in (("utf-8-sig", "UTF-8"), ("cp932", "Shift_JIS")):
        try:
            kept.decode(encoding, errors="strict")
        except UnicodeDecodeError as error:
            if not cut or error.start < len(kept) - 3:
                continue
        return begun.decode(encoding, errors="replace").rstrip("\ufffd"), name
    return begun.decode("utf-8", errors="replace"), ""


def _rows(text: str) -> tuple[list[list[str]], bool]:
    """The first rows of a table, and whether anything was left out; what is no table is one cell a line."""
    found: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline="")):
            if len(found) == MOST_LINES:
                return found, True
            found.append([cell[:MOST_CHARACTERS] for cell in row[:MOST_CELLS]])
    except csv.Error:
        lines = text.splitlines()
        return [[line[:MOST_CHARACTERS]] for line in lines[:MOST_LINES]], len(lines) > MOST_LINES
    return found, False
