"""Definitions written as YAML read back the same, in the layout of the fixtures."""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from app.settings import ROOT
from models.schema.source import Source, read_source
from models.schema.writing import WIDTH, write_yaml

FILES = sorted((ROOT / "fixtures").rglob("*.yaml"))

MISTAKABLE = [
    *(
        "yes",
        "no",
        "On",
        "off",
        "y",
        "N",
        "true",
        "null",
        "~",
        "",
        " ",
        "0123",
        "1_000",
        "12e03",
        "1e3",
        "0x1F",
    ),
    *(
        "0o17",
        "0b11",
        "2026-04-01",
        "2026-04-01T09:30",
        "09:30",
        "12:30:45",
        ".inf",
        "-.inf",
        ".nan",
        "=",
        "<<",
    ),
    *(
        "- a",
        "-",
        "? a",
        "a: b",
        "a:",
        ":a",
        "a #b",
        "#a",
        "[a]",
        "{a}",
        "a, b",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "'",
    ),
    *(
        '"',
        "%a",
        "@a",
        "`a",
        "$total",
        "{seq:08}",
        "a\\b",
        "a\tb",
        "\u2028",
        "\x85",
        "\ufeff",
        "---",
        "...",
        "+",
    ),
    *(
        "a\nb",
        "a\n",
        "\na",
        "a\n\nb\n",
        "a\n \nb",
        " a\nb",
        "a\n\n",
        "\n",
        "a\n  b",
        "a\r\nb",
        "a " * 90 + "b",
    ),
    *("é" * 200, "言葉 " * 60 + "a", "1.", "+1", "-1", ".5", "+.5", "1,000", "𠮷野家", "a  b " * 40 + "c"),
]

texts = st.one_of(
    st.sampled_from(MISTAKABLE), st.text(max_size=30), st.text("ab :#-,{}[]\n'\"0", max_size=12)
)
scalars = st.one_of(
    texts,
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(texts, inner, max_size=5)),
    max_leaves=25,
)


def read_back(text: str, folder: Path) -> Any:
    path = folder / "written.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    source = read_source(path)
    assert isinstance(source, Source), str(source)
    return source.value


@given(st.dictionaries(texts, values, min_size=1, max_size=6))
@example({text: text for text in MISTAKABLE})
@example({"a": [{text: [text, {"b": text}]} for text in MISTAKABLE]})
def test_what_is_written_reads_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, definition: dict[str, Any]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert read_back(write_yaml(definition), folder) == definition


@pytest.mark.parametrize("text", MISTAKABLE)
def test_a_reader_of_older_yaml_takes_texts_for_texts(text: str) -> None:
    """Control: the same words without quotes are something else to it."""
    definition = {"top": text, "in": {"flow": [text, {text: text}]}}
    assert yaml.safe_load(write_yaml(definition)) == definition
    assert yaml.safe_load("a: no") == {"a": False}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "fixtures")))
def test_the_fixtures_survive(path: Path, tmp_path: Path) -> None:
    source = read_source(path)
    assert isinstance(source, Source)
    if isinstance(source.value, dict):
        assert read_back(write_yaml(source.value), tmp_path) == source.value


def test_the_layout_is_that_of_the_fixtures() -> None:
    definition = {
        "record_type": "group",
        "label": {"ja": "団体", "en": "Group"},
        "number": {"field": "group_number", "format": "G{seq:05}"},
        "fields": [
            {"name": "name", "type": "text", "label": {"ja": "名称"}, "required": True, "personal": "no"},
            {
                "name": "kind",
                "type": "choice",
                "label": {"ja": "種別", "en": "Kind"},
                "help": {
                    "ja": "当てはまるものを選んでください。",
                    "en": "Choose the kind that fits the group best.",
                },
                "options": [{"code": "01", "label": {"ja": "山"}}, {"code": "02", "label": {"ja": "海"}}],
                "show_when": {"name": {"$ne": None}},
            },
        ],
    }
    assert write_yaml(definition) == (
        "record_type: group\n"
        "label: {ja: 団体, en: Group}\n"
        'number: {field: group_number, format: "G{seq:05}"}\n'
        "\n"
        "fields:\n"
        '  - {name: name, type: text, label: {ja: 名称}, required: true, personal: "no"}\n'
        "  - name: kind\n"
        "    type: choice\n"
        "    label: {ja: 種別, en: Kind}\n"
        "    help: {ja: 当てはまるものを選んでください。, en: Choose the kind that fits the group best.}\n"
        '    options: [{code: "01", label: {ja: 山}}, {code: "02", label: {ja: 海}}]\n'
        "    show_when: {name: {$ne: null}}\n"
    )


def test_lines_stay_readable() -> None:
    long = "A sentence that goes on and on " * 12
    written = write_yaml({"help": {"en": long.strip()}, "codes": [f"code_{n}" for n in range(60)]})
    assert max(map(len, written.splitlines())) <= WIDTH
    assert "en: >-" in written
