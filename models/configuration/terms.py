"""Terms of use: versions with their dates, the text in Markdown."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from models.language import Text
from models.schema.definition import Part
from models.schema.finding import Finding
from models.schema.source import Source, parse, read_text, spell
from models.workflow.definition import Duration, WrittenDuration

_FRONT = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)


VERSION = re.compile(r"[0-9][0-9A-Za-z.-]{0,19}")
"""How a version is written: it is part of an address, and begins with a digit."""


class TermsRules(Part):
    """What follows from a change of the terms: everybody is mailed within so many days, counted from the day
    after the change (R8; Civil Code, article 140)."""

    tell_within: WrittenDuration = Duration(count=30, unit="days")
    mail: str = "terms_changed"


class TermsText(Part):
    """One version of one set of terms (R3, R6)."""

    terms: str
    version: str
    title: Text
    revised: date
    effective_from: date
    change: Text
    body: str


def read_terms(path: Path) -> TermsText | Finding:
    """Read ``terms/*.md``: a front matter with the version's facts, then the text."""
    text = read_text(path)
    if isinstance(text, Finding):
        return text
    match = _FRONT.match(text.replace("\r\n", "\n"))
    if match is None:
        return Finding("T-E004", spell(path), 1, {"key": "terms"})
    front = parse(path, "\n" + match[1])
    if isinstance(front, Finding):
        return front
    try:
        read = TermsText.model_validate({**front.value, "body": match[2]} if _is_mapping(front) else None)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, problem["loc"])) or "terms"
        return front.finding("T-E005", problem["loc"], key=key, problem=problem["msg"])
    if VERSION.fullmatch(read.version) is None:
        return front.finding("T-E077", ("version",), name=read.version)
    return read


def _is_mapping(front: Source) -> bool:
    return isinstance(front.value, Mapping)
