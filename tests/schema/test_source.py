"""What YAML means here: the core schema of YAML 1.2, with the line of everything."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.schema.finding import Finding
from models.schema.source import Source, parse, read_source
from models.schema.tree import read_tree

FILE = Path("file.yaml")
SITE = Path(__file__).parents[1] / "configuration" / "site"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("Off", "Off"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-7", -7),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("09:00", "09:00"),
        ("12:30:45", "12:30:45"),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        ("2026-04-01", "2026-04-01"),
        ("2026-04-01T09:30:00Z", "2026-04-01T09:30:00Z"),
        ("9A01", "9A01"),
        ('"12"', "12"),
        ("'true'", "true"),
        ("!!str 12", "12"),
        ("=", "="),
    ],
)
def test_words_mean_what_the_core_schema_says(written: str, value: Any) -> None:
    found = read_tree(f"key: {written}\n").value["key"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_does_not_matter(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"{mark}a: 山\n", encoding="utf-8")
    source = read_source(path)
    assert isinstance(source, Source)
    assert source.value == {"a": "山"}


def test_every_value_has_its_line_and_those_behind_an_alias_the_alias_s() -> None:
    source = parse(FILE, "a:\n  - &x {b: 1,\n     c: 2}\n  - d\ne: *x\n")
    assert isinstance(source, Source)
    assert source.value == {"a": [{"b": 1, "c": 2}, "d"], "e": {"b": 1, "c": 2}}
    lines = {path: source.line_of(path) for path in [("a",), ("a", 0), ("a", 0, "c"), ("a", 1), ("e", "c")]}
    assert lines == {("a",): 1, ("a", 0): 2, ("a", 0, "c"): 3, ("a", 1): 4, ("e", "c"): 5}
    assert source.line_of(("a", 7, "nowhere")) == 1


@given(st.text(max_size=300) | st.text(alphabet="ab:-[]{}&*!|>'\"#%@,? \n\t1", max_size=300))
def test_any_text_becomes_values_or_a_finding(text: str) -> None:
    read = parse(FILE, text)
    assert isinstance(read, Source | Finding)
    if isinstance(read, Finding):
        assert 1 <= read.line <= text.count("\n") + text.count("\r") + 2
        assert str(read).startswith("file.yaml:")


@pytest.mark.parametrize("text", ["a: \ud800\n", "\udcff"])
def test_a_text_no_file_could_hold_is_refused(text: str) -> None:
    read = parse(FILE, text)
    assert isinstance(read, Finding)
    assert read.code == "T-E033"


def test_without_libyaml_the_values_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml  # type: ignore[import-untyped]

    text = (SITE / "record_types" / "group.yaml").read_text("utf-8")
    tree = read_tree(text)
    monkeypatch.setattr("models.schema.tree.Loader", yaml.SafeLoader)
    assert read_tree(text) == tree
