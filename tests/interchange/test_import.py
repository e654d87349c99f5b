"""Forms of other systems become record types that pass the linter, and what does not come along is said."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.cli import program
from app.opening import configuration_of
from app.settings import Settings
from models.configuration.candidate import read_candidate
from models.errors import ImportRefused
from models.interchange import file
from models.interchange.draft import every, free_name
from models.interchange.file import read_form
from models.interchange.finish import Imported, finish
from models.interchange.logic import read_condition, read_json_logic
from models.schema.writing import write_yaml
from tests.interchange.samples import DOCTYPE, FORMIO, JSON_SCHEMA, workbook

CONFIGURATION = configuration_of(Settings())
SAMPLES = {
    "Frappe DocType": json.dumps(DOCTYPE).encode(),
    "Form.io": json.dumps(FORMIO).encode(),
    "JSON Schema": json.dumps(JSON_SCHEMA).encode(),
    "XLSForm": workbook(),
}


def imported(known: str) -> Imported:
    name, draft = read_form(SAMPLES[known])
    assert name == known
    return finish(draft, CONFIGURATION)


def fields(known: str) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in every(imported(known).definition["fields"])}


def left(known: str) -> set[tuple[str, str]]:
    return {(line.path, line.rule) for line in imported(known).left}


@pytest.mark.parametrize("known", SAMPLES)
def test_what_is_imported_passes_the_linter(known: str) -> None:
    candidate = read_candidate(write_yaml(imported(known).definition), CONFIGURATION)
    assert candidate.definition is not None
    assert candidate.errors == ()


def test_a_doctype() -> None:
    found = fields("Frappe DocType")
    assert imported("Frappe DocType").definition["record_type"] == "service_vehicle"
    assert imported("Frappe DocType").definition["title"] == "{plate}"
    kinds = {name: field["type"] for name, field in found.items()}
    assert kinds == {
        "plate": "text", "section": "heading", "kind": "choice", "fuel": "choice", "unit": "text",
        "wheels": "integer", "since": "date", "owner_link": "text",
    }  # fmt: skip
    assert found["plate"].items() >= {"required": True, "unique": True, "list": True}.items()
    assert found["fuel"]["show_when"] == {"$and": [{"kind": "Truck"}, {"plate": {"$nin": [None, ""]}}]}
    assert found["unit"]["show_when"] == {"kind": {"$ne": None}}
    assert found["unit"]["required_when"] == {"kind": {"$in": ["Car", "Truck"]}}
    assert found["wheels"].items() >= {"min": 0, "default": 4}.items()
    assert left("Frappe DocType") == {
        ("wheels", "show_when"), ("since", "default"), ("owner_link", "link"), ("rows", "type Table"),
        ("(form)", "permissions"),
    }  # fmt: skip


def test_a_form_of_form_io() -> None:
    found = fields("Form.io")
    assert imported("Form.io").definition["record_type"] == "club_registration"
    assert found["club_name"].items() >= {"required": True, "max_length": 80, "pattern": "[A-Z].*"}.items()
    assert found["room"]["show_when"] == {"has_room": True}
    assert found["mats"]["show_when"] == {"$and": [{"sport": "judo"}, {"has_room": True}]}
    assert found["why"]["show_when"] == {"sport": {"$in": ["go"]}}
    assert [part["type"] for part in found["members"]["fields"]] == ["text", "date"]
    assert found["page1"]["type"] == "heading"
    assert left("Form.io") == {("odd", "show_when"), ("survey", "type survey")}


def test_a_json_schema() -> None:
    found = fields("JSON Schema")
    assert imported("JSON Schema").definition["description"]["en"] == "An application for a permit."
    assert found["applicant"].items() >= {"required": True, "min_length": 1, "max_length": 100}.items()
    assert (
        found["guests"].items() >= {"type": "integer", "min": 0, "required_when": {"kind": "event"}}.items()
    )
    assert found["homepage"].items() >= {"type": "url", "required_when": {"fee": {"$ne": None}}}.items()
    assert [part["type"] for part in found["site"]["fields"]] == ["text", "date"]
    assert found["tags"]["type"] == "choices"
    assert found["stalls"]["max_rows"] == 20
    assert left("JSON Schema") == {("code", "pattern"), ("anything", "type any")}


def test_an_xlsform() -> None:
    found = fields("XLSForm")
    assert imported("XLSForm").definition["label"]["en"] == "Household"
    assert found["owner"]["label"] == {"ja": "持ち主", "en": "Owner"}
    assert (
        found["owner"].items()
        >= {"required": True, "help": {"ja": "As on the door", "en": "As on the door"}}.items()
    )
    assert found["rooms"].items() >= {"min": 1, "max": 50}.items()
    assert found["heating"]["show_when"] == {"rooms": {"$gt": 1}}
    assert found["heating"]["options"][0] == {"code": "gas", "label": {"ja": "ガス", "en": "Gas"}}
    assert found["spare"]["show_when"] == {"heating": "gas"}
    assert found["name"]["pattern"] == "[A-Z][a-z]*"
    assert found["house"]["type"] == "heading"
    assert left("XLSForm") == {
        ("people.born", "constraint"), ("place", "type geopoint"), ("thanks", "show_when"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("doc.a == 'x'", {"a": "x"}),
        ("'x' === data.a", {"a": "x"}),
        ("5 < doc.a", {"a": {"$gt": 5}}),
        ("!doc.a", {"$nor": [{"a": {"$nin": [None, "", 0, False]}}]}),
        ("${a} = 'x' or not(${b} != 2)", {"$or": [{"a": "x"}, {"$nor": [{"b": {"$ne": 2}}]}]}),
        ("(doc.a || doc.b == 1) && doc.c != null", None),
        ("['x', 'y'].includes(doc.a)", {"a": {"$in": ["x", "y"]}}),
        ("doc.a == ''", {"a": {"$in": [None, ""]}}),
        ("doc.a == doc.b", None),
        ("doc.a + 1 == 2", None),
        ("doc.a.b == 1", None),
        ("alert(1)", None),
        ("doc.a ==", None),
        ("((((" * 40, None),
        ("", None),
    ],
)
def test_conditions_are_translated_or_left(text: str, query: dict[str, Any] | None) -> None:
    found = read_condition(text)
    if text.startswith("(doc"):
        assert found == {
            "$and": [{"$or": [{"a": {"$nin": [None, "", 0, False]}}, {"b": 1}]}, {"c": {"$ne": None}}]
        }
    else:
        assert found == query


def test_json_logic_is_translated_or_left() -> None:
    variable = {"var": "data.a"}
    assert read_json_logic({"and": [{"==": [variable, 1]}, {"!": {"<": [variable, 5]}}]}) == {
        "$and": [{"a": 1}, {"$nor": [{"a": {"$lt": 5}}]}]
    }
    assert read_json_logic({"==": [{"+": [1, 2]}, 3]}) is None
    assert read_json_logic("x") is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Club Name", "club_name"),
        ("clubName", "club_name"),
        ("名前", "field"),
        ("1st", "field_1st"),
        ("É t", "e_t"),
    ],
)
def test_names_become_ours(text: str, name: str) -> None:
    assert free_name(text) == name
    assert free_name(text, {name}) == f"{name}_2"


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (file.UNPACKED + 1))
    return packed.getvalue()


HOSTILE = {
    "empty": b"",
    "no JSON": b"\xff\xfe\x00",
    "another JSON": b'{"a": [1, 2]}',
    "a list": b"[]",
    "too large": b'{"a": "' + b"x" * file.LARGEST + b'"}',
    "too deep": b"[" * 100_000 + b"]" * 100_000,
    "deep enough": b'{"properties": ' * 200 + b"{}" + b"}" * 200,
    "a circle": b'{"type": "object", "properties": {"a": {"$ref": "#"}}}',
    "endless digits": b'{"a": ' + b"9" * 100_000 + b"}",
    "zip bomb": bomb(),
    "torn zip": workbook()[:300],
    "no survey": workbook({"other": [["a"]]}),
    "another zip": b"PK\x03\x04" + b"\x00" * 40,
}


@pytest.mark.parametrize("known", HOSTILE)
def test_hostile_files_are_refused_with_a_code(known: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        finish(read_form(HOSTILE[known])[1], CONFIGURATION)
    assert refused.value.code == "T-S004"


WORDS = [
    *("type", "key", "components", "properties", "items", "fields", "fieldname", "fieldtype", "options"),
    *("required", "enum", "default", "conditional", "validate", "data", "values", "if", "then", "oneOf"),
]
PIECES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["text", "object"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=30,
)


@settings(deadline=None, max_examples=150)
@given(PIECES, st.sampled_from(["properties", "components", "fields"]), st.booleans())
def test_whatever_is_in_it_a_file_is_imported_or_refused(inner: Any, key: str, listed: bool) -> None:
    document = {"doctype": "DocType", key: [{"type": "x", "key": "k"}, inner] if listed else inner}
    try:
        result = finish(read_form(json.dumps(document).encode())[1], CONFIGURATION)
    except ImportRefused:
        return
    assert read_candidate(write_yaml(result.definition), CONFIGURATION).errors == ()


def test_the_command_writes_and_tells(tmp_path: Path) -> None:
    (tmp_path / "form.json").write_bytes(SAMPLES["Form.io"])
    out = tmp_path / "club.yaml"
    options = ["--out", str(out), "--name", "club"]
    result = CliRunner().invoke(program, ["schema", "import", str(tmp_path / "form.json"), *options])
    assert result.exit_code == 0, result.output
    assert read_candidate(out.read_text("utf-8"), CONFIGURATION).errors == ()
    assert out.read_text("utf-8").startswith("record_type: club\n")
    assert "survey" in result.output


@pytest.mark.parametrize("name", ["gone.json", "folder", "bad.json"])
def test_the_command_says_what_is_wrong_without_a_trace(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    result = CliRunner().invoke(program, ["schema", "import", str(tmp_path / name)])
    assert result.exit_code == 1
    assert "T-S004" in result.output
    assert "Traceback" not in result.output


def test_a_default_of_another_shape_is_left() -> None:
    """A text for a group or a decimal: the linter says that it is no valid answer."""
    inner = {"type": "object", "default": "x", "properties": {"b": {"type": "number", "default": "much"}}}
    name, draft = read_form(json.dumps({"type": "object", "properties": {"a": inner}}).encode())
    result = finish(draft, CONFIGURATION)
    assert name == "JSON Schema"
    assert {(line.path, line.rule) for line in result.left} == {("a", "default"), ("a.b", "default")}
