"""Editors are told what the program reads: every shipped file is valid, slips are not."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from typer.testing import CliRunner

from app.cli import program
from app.cli.schema.json_schema import MANUAL, keys_of
from app.settings import ROOT
from models.configuration.load import CONCEPTS
from models.configuration.meta_schema import meta_schema, meta_schemas
from models.schema.source import Source, read_source
from tests.docs.test_examples import blocks

SCHEMAS = {concept: Draft202012Validator(schema) for concept, schema in meta_schemas().items()}
FILES = [
    path
    for path in sorted((ROOT / "fixtures").rglob("*.yaml"))
    if "demo" not in path.parts and path.is_file()
]
WORKFLOW = ROOT / "fixtures" / "capacity_market" / "workflows" / "registration.yaml"
OPERATOR = ROOT / "fixtures" / "capacity_market" / "record_types" / "operator.yaml"


def read(path: Path) -> Any:
    source = read_source(path)
    assert isinstance(source, Source)
    return json.loads(json.dumps(source.value, default=lambda value: value.isoformat()))


def problems(value: Any) -> list[str]:
    return [
        ".".join(map(str, error.absolute_path)) for error in SCHEMAS[next(iter(value))].iter_errors(value)
    ]


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_schema_is_one(concept: str) -> None:
    Draft202012Validator.check_schema(meta_schema(concept))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "fixtures")))
def test_every_shipped_file_is_valid(path: Path) -> None:
    assert problems(read(path)) == []


def test_the_files_of_the_walk_through_are_valid(tmp_path: Path) -> None:
    for block in blocks(MANUAL / "getting-started.md", "yaml"):
        path = tmp_path / "block.yaml"
        path.write_text(block, encoding="utf-8")
        assert problems(read(path)) == []


def changed(path: Path, *place: Any, to: Any) -> Any:
    """A shipped file with another value at one place."""
    whole = node = read(path)
    for part in place[:-1]:
        node = node[part]
    node[place[-1]] = to
    return whole


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (changed(OPERATOR, "colour", to="red"), ""),
        (changed(OPERATOR, "fields", 0, "typo", to=1), "fields.0"),
        (changed(OPERATOR, "fields", 0, "type", to="texts"), "fields.0.type"),
        (changed(OPERATOR, "fields", 0, "format", to="unheard_of"), "fields.0.format"),
        (changed(OPERATOR, "fields", 0, "personal", to="maybe"), "fields.0.personal"),
        (changed(OPERATOR, "fields", 0, "show_when", to="always"), "fields.0.show_when"),
        (changed(OPERATOR, "label", to="Operator"), "label"),
        (changed(WORKFLOW, "states", "returned", "due", to="ten days"), "states.returned.due"),
        (
            changed(WORKFLOW, "transitions", "approve", "effects", to=["explode"]),
            "transitions.approve.effects.0",
        ),
        (changed(WORKFLOW, "transitions", "approve", "needs", to=["luck"]), "transitions.approve.needs"),
    ],
)
def test_a_slip_is_found_where_it_is(value: Any, at: str) -> None:
    assert at in problems(value)


def test_short_forms_are_taken() -> None:
    assert problems(changed(WORKFLOW, "transitions", "submit", "from", to="draft")) == []
    assert problems(changed(WORKFLOW, "transitions", "approve", "effects", to=["register"])) == []


def test_keys_are_described_as_in_the_manual() -> None:
    schema = meta_schema("record_type", keys_of(MANUAL))
    text = schema["$defs"]["TextField"]["properties"]
    assert text["label"]["description"] == "the question"
    assert text["max_length"]["description"].startswith("shortest and longest")
    assert "MongoDB" in text["show_when"]["description"]
    assert len([name for name, part in text.items() if part.get("description")]) > len(text) - 3


def test_the_command_writes_them(tmp_path: Path) -> None:
    result = CliRunner().invoke(program, ["schema", "json-schema", "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "# yaml-language-server: $schema=file:" in result.output
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {f"{concept}.schema.json" for concept in CONCEPTS}
    assert all(json.loads(path.read_text("utf-8"))["$id"] for path in tmp_path.iterdir())


def test_the_command_prints_the_schema_of_records() -> None:
    result = CliRunner().invoke(program, ["schema", "json-schema", "--type", "operator"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["$id"] == "urn:toroku:record-type:operator"
    assert CliRunner().invoke(program, ["schema", "json-schema", "--type", "nobody"]).exit_code != 0
