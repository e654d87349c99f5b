"""The steps the manual shows do what it says."""

import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from app.settings import ROOT
from models.schema.evolution import Steps, check_steps, evolve
from tests.evolution.kinds import group, kind, table, text

PAGE = (ROOT / "docs" / "manual" / "changing-schemas.md").read_text(encoding="utf-8")
REGIONS = [{"code": code, "label": {"ja": code}} for code in ("east", "old", "kanto")]
REGION = {"name": "region", "type": "choice", "label": {"ja": "地域"}, "options": REGIONS}

OLD = kind(
    *[text(name) for name in ("note", "city", "name", "family", "given", "capacity", "gone")],
    REGION,
    table("units", text("name")),
)
NEW = kind(
    *[text(name) for name in ("remark", "family", "given", "full", "contact")],
    {"name": "capacity", "type": "integer", "label": {"ja": "容量"}},
    REGION,
    group("address", text("city")),
    table("units", text("label")),
)


def shown() -> dict[str, list[str]]:
    """The cells of every row of the table of steps that has an example, by the step."""
    _, _, section = PAGE.partition("<!-- keys: Steps -->\n")
    rows = [re.split(r"(?<!\\)\|", row)[1:-1] for row in section.split("\n\n")[0].splitlines()[2:]]
    return {row[0].strip(" `"): [cell.strip(" `") for cell in row[2:]] for row in rows if row[2].strip()}


@pytest.mark.parametrize("step", shown())
def test_a_step_does_what_its_example_says(step: str) -> None:
    example, before, after, attic = (yaml.safe_load(cell) for cell in shown()[step])
    entry = Steps.model_validate({"from": 1, step: example})
    led = evolve(entry, NEW, before, (), OLD)
    kept: dict[str, Any] = {each["path"]: each["value"] for each in led.attic}
    assert (led.data, kept, led.problems) == (after, attic, ())


@pytest.mark.parametrize("step", sorted(set(shown()) - {"merge", "split"}))
def test_the_examples_are_sound(step: str) -> None:
    entry = Steps.model_validate({"from": 1, step: yaml.safe_load(shown()[step][0])})
    assert list(check_steps(entry, OLD, NEW)) == []


def test_every_step_has_an_example() -> None:
    assert set(shown()) == set(Steps.model_fields) - {"start", "restore", "backwards"}
