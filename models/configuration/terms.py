"""Terms of use: versions with their dates, the text in Markdown."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from models.language import Text
from models.schema.definition import Part
from models.schema.finding import Finding

_FRONT = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)


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
    match = _FRONT.match(path.read_text(encoding="utf-8").replace("\r\n", "\n"))
    if match is None:
        return Finding("T-E004", str(path), 1, {"key": "terms"})
    facts: Any = YAML(typ="safe", pure=True).load(match[1])
    try:
        return TermsText(**{**facts, "body": match[2]})
    except (ValidationError, TypeError) as error:
        problem = (
            error.errors()[0] if isinstance(error, ValidationError) else {"loc": ("terms",), "msg": "mapping"}
        )
        key = ".".join(map(str, problem["loc"]))
        return Finding("T-E005", str(path), 1, {"key": key, "problem": problem["msg"]})
