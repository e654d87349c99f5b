"""The program knows of no trade: no word of a site's own matter stands in it, nor a record type of one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import ROOT
from models.configuration.check import check
from models.configuration.load import load_configuration

PROGRAM = ("app", "models", "admin", "forms")
"""The folders of the program: code, templates, styles, scripts, texts, and what is shipped with it."""

KINDS = frozenset({".py", ".html", ".js", ".css", ".po", ".yaml", ".yml", ".md", ".svg", ".json", ".txt"})

MATTERS = re.compile(
    r"(?<![a-z])(meter(s|ed|ing)?(?![a-z])|incident(?!al)|disconnect|reconnect|demarcation|pairing|wheeling)"
    r"|smart.?meter|chubu|grid.?compan|遮断|再接続|計量|計器|託送|利用事業者|受電点事業者|責任分界|一送|スマートメーター",
    re.IGNORECASE,
)
"""What connections to a network are about; no other site would understand it."""

OF_LIBRARIES = ("ClientDisconnect", "SMTPServerDisconnected")
"""Names of libraries that mean the line to a browser or a mail server."""

SHARED = frozenset({"operator", "connection", "contact", "equipment", "agreement"})
"""Record types with names of everyday: their words mean other things too in a program."""


def files() -> Iterator[Path]:
    for folder in PROGRAM:
        yield from (p for p in sorted((ROOT / folder).rglob("*.*")) if p.suffix in KINDS and p.is_file())


def found(text: str, pattern: re.Pattern[str] = MATTERS) -> list[str]:
    for name in OF_LIBRARIES:
        text = text.replace(name, "")
    return [match[0] for match in pattern.finditer(text)]


def own_types(module: str) -> set[str]:
    """The record types of a module alone."""
    market, alone = (
        set(load_configuration([ROOT / "fixtures" / name], check).record_types)
        for name in ("capacity_market", module)
    )
    return alone - market - SHARED


def test_the_program_is_looked_at_as_a_whole() -> None:
    read = list(files())
    assert {path.suffix for path in read} >= {".py", ".html", ".js", ".css", ".po", ".md", ".yaml"}
    assert len(read) > 500


def test_no_word_of_a_trade_stands_in_the_program() -> None:
    words = {str(path.relative_to(ROOT)): found(path.read_text(encoding="utf-8")) for path in files()}
    assert {path: said for path, said in words.items() if said} == {}


def test_no_record_type_of_a_module_is_known_to_the_program() -> None:
    names = sorted({*own_types("smart_meter"), *own_types("example_permits")})
    pattern = re.compile(rf"(?<![a-z_])({'|'.join(names)})(?![a-z_])")
    known = {
        str(path.relative_to(ROOT)): found(path.read_text(encoding="utf-8"), pattern)
        for path in files()
        if path.suffix in (".py", ".html", ".js")
    }
    assert {path: said for path, said in known.items() if said} == {}
    assert {"grid_company", "permit", "organiser"} <= set(names)  # control: there are such names


@pytest.mark.parametrize(
    "text",
    [
        "the meter",
        "SmartMeter",
        "a disconnection",
        "incident_report",
        "電力量を計量する",
        "利用事業者の",
        "Meters:",
    ],
)
def test_control_words_of_a_trade_are_found(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize("text", ["a parameter", "its diameter", "coincidence", "incidentally", "repairing"])
def test_control_other_words_are_left_alone(text: str) -> None:
    assert found(text) == []
