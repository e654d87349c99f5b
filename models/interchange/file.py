"""A file somebody brings: how large it may be, which format it is, and its draft."""

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from models.errors import ImportRefused
from models.interchange.doctype import is_doctype, read_doctype
from models.interchange.draft import Draft
from models.interchange.formio import is_formio, read_formio
from models.interchange.json_schema import is_json_schema, read_json_schema
from models.interchange.xlsform import read_xlsform

LARGEST = 5_000_000
"""Bytes of a file."""

UNPACKED = 40_000_000
"""Bytes a workbook may come to when it is unpacked (zip bombs)."""

PIECE = 1_000_000
MEMBERS = 500
DEEPEST = 60
"""Levels of lists and mappings in a JSON file."""

UNPACKING = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError)
"""What unpacking a damaged archive raises."""

FORMATS: Mapping[str, tuple[Callable[[Any], bool], Callable[[Mapping[str, Any]], Draft]]] = {
    "Frappe DocType": (is_doctype, read_doctype),
    "Form.io": (is_formio, read_formio),
    "JSON Schema": (is_json_schema, read_json_schema),
}
"""The formats written in JSON: how each is known, and what reads it. Workbooks are XLSForms."""


def read_form(content: bytes) -> tuple[str, Draft]:
    """The name of the format of a file, known by its content, and the draft of a record type.

    Raises ImportRefused for what is too large, nested too deep, damaged, or of another format."""
    if len(content) > LARGEST:
        raise ImportRefused("The file is larger than {limit} MB.", limit=LARGEST // 1_000_000)
    if content.startswith(b"PK\x03\x04"):
        _look_into(content)
        return "XLSForm", read_xlsform(content)
    document = _parse(content)
    for name, (known, read) in FORMATS.items():
        if known(document):
            return name, read(document)
    raise ImportRefused


def _look_into(content: bytes) -> None:
    """Refuse a workbook that would unpack to more than a workbook holds, before anything unpacks it."""
    try:
        large = unpacks_to_more(content, UNPACKED)
    except UNPACKING as error:
        raise ImportRefused("The workbook cannot be read.") from error
    if large:
        raise ImportRefused("The workbook unpacks to more than {limit} MB.", limit=UNPACKED // 1_000_000)


def unpacks_to_more(content: bytes, room: int) -> bool:
    """Whether an archive unpacks to more than `room` bytes. The directory may lie about sizes, so every
    member is unpacked as far as there is room. Raises what ``UNPACKING`` names for a damaged one."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = packed.infolist()
        if len(members) > MEMBERS or sum(member.file_size for member in members) > room:
            return True
        for member in members:
            with packed.open(member) as unpacked:
                while piece := unpacked.read(PIECE):
                    room -= len(piece)
                    if room < 0:
                        return True
    return False


def _parse(content: bytes) -> Any:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise ImportRefused from error
    except RecursionError as error:
        raise ImportRefused("The file is nested too deep.") from error
    if _deeper_than(document, DEEPEST):
        raise ImportRefused("The file is nested too deep.")
    return document


def _deeper_than(document: Any, limit: int) -> bool:
    level = [document]
    for _ in range(limit):
        level = [
            inner
            for node in level
            if isinstance(node, Mapping | list)
            for inner in (node.values() if isinstance(node, Mapping) else node)
        ]
        if not level:
            return False
    return True
