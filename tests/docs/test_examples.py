"""What the manual shows works: the site of “Getting started”, every condition, every command and link."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from app.cli import program
from app.database import Database
from app.opening import build_site
from app.settings import ROOT, Settings
from models.clock import system_clock
from models.configuration.check import check
from models.configuration.load import examine, load_configuration
from models.documents.account import Account
from models.permissions import Actor
from models.schema import conditions
from models.schema.conditions import compile_condition
from models.schema.definition import Check
from models.schema.expressions import FUNCTIONS, NAMED, VARIABLES, Problem
from models.schema.tree import read_tree
from models.services.beginning import begin
from models.services.identifying import actor_for
from models.services.steps import take_step
from models.services.submitting import submit
from tests.docs.reference import MANUAL
from tests.services.answers import fill_in, valid_answers

DOCS = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def write_module(folder: Path) -> Path:
    """The walk-through's files as a steward would save them; each says its path in its first line."""
    for block in blocks(MANUAL / "getting-started.md", "yaml"):
        path = folder / block.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block, encoding="utf-8")
    return folder


def test_the_first_site_has_no_findings(tmp_path: Path) -> None:
    configuration, findings = examine([write_module(tmp_path)], check)
    assert [str(finding) for finding in findings] == []
    assert configuration is not None
    assert list(configuration.record_types) == ["group"]


def test_the_first_record_type_takes_twenty_lines() -> None:
    (block,) = (b for b in blocks(MANUAL / "getting-started.md", "yaml") if "record_type:" in b)
    assert len(block.splitlines()) - 1 <= 20


def test_control_a_slip_in_the_first_site_is_found(tmp_path: Path) -> None:
    path = write_module(tmp_path) / "record_types" / "group.yaml"
    path.write_text(path.read_text("utf-8").replace("min: 3", "min: 1"), encoding="utf-8")
    _, findings = examine([tmp_path], check)
    assert [finding.code for finding in findings] == ["T-E022"]


async def test_the_first_site_registers_its_first_group(store: Database, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "var", config=(write_module(tmp_path / "groups"),))
    site = await build_site(settings, load_configuration(settings.config, check), store)
    visitor = Actor(kind="visitor")
    draft = await begin(site, visitor, "group")
    visitor = Actor(kind="visitor", applications=frozenset({draft.id}) if draft.id else frozenset())
    answers = valid_answers(site.registry.current("group").definition)
    draft = await fill_in(site, visitor, draft, answers)
    application = await submit(site, visitor, draft, revision=draft.revision)
    account = Account(
        login="r", kind="staff", name="r", email="r@example.jp", roles=["reviewer"], created_at=system_clock()
    )
    await account.insert()
    application = await take_step(site, actor_for(account), application, "approve")
    record = await site.records["group"].get(application.record_id)
    assert record is not None
    assert (record.number, record.title) == ("G00001", "山の会")


def conditions_shown() -> list[str]:
    """The examples of the table of conditions."""
    page = (MANUAL / "conditions.md").read_text(encoding="utf-8").split("## Variables")[0]
    return re.findall(r"^\| .+ \| `(\{.+\})` \|$", page, re.MULTILINE)


@pytest.mark.parametrize("written", conditions_shown())
def test_every_condition_shown_is_in_the_language(written: str) -> None:
    compile_condition(read_tree(written).value)


def test_control_a_condition_outside_the_language_is_refused() -> None:
    with pytest.raises(Problem):
        compile_condition({"area": {"$near": "tokyo"}})


def test_every_operator_of_conditions_is_shown() -> None:
    known = set(re.findall(r'"(\$[a-zA-Z]+)"', Path(conditions.__file__).read_text(encoding="utf-8")))
    assert (
        known - {op for written in conditions_shown() for op in re.findall(r"\$[a-zA-Z]+", written)} == set()
    )


def test_every_operator_of_formulas_and_every_variable_is_shown() -> None:
    page = (MANUAL / "conditions.md").read_text(encoding="utf-8")
    formulas = {
        op for row in re.findall(r"^\| (`\$[a-zA-Z].*?) \|", page, re.MULTILINE) for op in shlex.split(row)
    }
    assert {op.strip("`") for op in formulas} == FUNCTIONS.keys() | NAMED.keys() | {"$literal"}
    assert set(re.findall(r"^\| `\$\$([A-Z]+)`", page, re.MULTILINE)) == VARIABLES


def test_the_check_shown_is_a_check() -> None:
    (block,) = (b for b in blocks(MANUAL / "record-types.md", "yaml") if b.startswith("checks:"))
    (written,) = read_tree(block).value["checks"]
    compile_condition(Check.model_validate(written).must)


def commands(text: str) -> Iterator[tuple[str, ...]]:
    """Every ``python -m app …`` a text tells one to run, without its options."""
    for line in re.findall(r"python -m app ([a-z][^\n`|]*)", text):
        yield tuple(
            word
            for word in line.partition("#")[0].split()
            if re.fullmatch("[a-z-]+", word) and not word.startswith("-")
        )


def is_a_command(words: tuple[str, ...]) -> bool:
    """Whether these words run something; what follows a command is an argument, where it takes any."""
    command = typer.main.get_command(program)
    for word in words:
        if not isinstance(command, TyperGroup):
            return any(parameter.param_type_name == "argument" for parameter in command.params)
        if word not in command.commands:
            return False
        command = command.commands[word]
    return not isinstance(command, TyperGroup)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_shown_exists(page: Path) -> None:
    assert [words for words in commands(page.read_text("utf-8")) if not is_a_command(words)] == []


def test_control_commands_that_do_not_exist_are_found() -> None:
    told = (
        "`python -m app serve --demo` `python -m app audit verify` `python -m app fly` `python -m app schema`"
        " `python -m app schema apply operator` `python -m app audit verify everything`"
    )
    assert [is_a_command(words) for words in commands(told)] == [True, True, False, False, True, False]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    named = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (page.parent / name).exists()] == []
