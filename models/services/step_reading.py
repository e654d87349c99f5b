"""What the answers of a step come to on the record: what is asked for now, judged with all that was answered
before, and nothing else."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.access import with_kept
from models.documents.application import Application
from models.permissions import Actor
from models.schema.compiled import CompiledType
from models.schema.fault import AnswerError, say
from models.schema.fields.structure import ComputedField, TableField
from models.schema.reading import Reading, read_answers
from models.services.applications import form_of
from models.services.beginning import prefilled
from models.services.picking import check_picks
from models.services.site import Site
from models.services.variables import compiled, variables_of

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """All answers of the record as the step would leave them, and what is wrong with those it asks for."""

    data: Data
    errors: tuple[AnswerError, ...]


async def read_step(
    site: Site, actor: Actor, application: Application, before: Data, theirs: Collection[str]
) -> Found:
    """Read the answers of a step over those in force (`before`, by the version the application is pinned to);
    `theirs` are the fields this actor answers. Rows that are added are judged with those there are."""
    form = compiled(site, application)
    asks, adds = frozenset(form.definition.steps[application.step].asks), _added_to(form, application.step)
    stored = prefilled(form.definition, before)
    typed = {name: _answer(site, actor, application, name, stored) for name in theirs}
    offset = _count(stored.get(adds.name)) if adds else 0
    if adds and adds.name in typed:
        typed[adds.name] = [*(stored.get(adds.name) or []), *_rows(adds, typed[adds.name])] or None
    reading = read_answers(form, {**stored, **typed}, await variables_of(site, application))
    found = [*reading.errors, *await check_picks(site, actor, application, reading)]
    errors = tuple(_ours(found, asks, adds, offset))
    if adds and adds.name in typed and _count(typed[adds.name]) == offset and not errors:
        errors = (AnswerError(adds.name, "required", say("Enter {label}.", adds)),)
    return Found(_written(form, before, reading, theirs), errors)


def _answer(site: Site, actor: Actor, application: Application, name: str, stored: Data) -> Any:
    """What was typed for a field; in the parts of a group that are not this actor's, what is in force now."""
    field, sent = form_of(site, application).by_name[name], application.answers.get(name)
    if not field.parts or field.repeats:
        return sent
    return with_kept(actor, field, sent if isinstance(sent, Mapping) else {}, stored.get(name)) or None


def _added_to(form: CompiledType, step: str) -> TableField | None:
    """The table that gains rows at this step."""
    asked = form.definition.steps[step]
    target = form.definition.by_name.get(asked.asks[0]) if asked.appends else None
    return target if isinstance(target, TableField) else None


def _rows(table: TableField, typed: Any) -> list[Any]:
    """The rows that were filled in, as they were typed."""
    rows = typed if isinstance(typed, list) else []
    return [row for row in rows if isinstance(row, dict) and table.parse([row])]


def _count(rows: Any) -> int:
    return len(rows) if isinstance(rows, list) else 0


def _ours(
    found: list[AnswerError], asks: frozenset[str], adds: TableField | None, offset: int
) -> Iterator[AnswerError]:
    """The errors that are the step's: at what it asks for, and of checks that look at it. Places in added
    rows are told as they were typed; what is wrong with earlier rows is nobody's business now."""
    for error in found:
        if error.field not in asks and not error.reads & asks:
            continue
        parts = error.path.split(".")
        if adds is None or parts[0] != adds.name or len(parts) < 2 or not parts[1].isdigit():
            yield error
        elif (row := int(parts[1]) - offset) >= 0:
            yield replace(error, path=".".join([parts[0], str(row), *parts[2:]]))


def _written(form: CompiledType, before: Data, reading: Reading, theirs: Collection[str]) -> dict[str, Any]:
    """The record's answers with those of the step and what is calculated from them."""
    worked_out = {f.name for f in form.definition.fields if isinstance(f, ComputedField)}
    anew = {name: reading.data.get(name) for name in (*theirs, *worked_out)}
    return {
        **{n: v for n, v in before.items() if n not in anew},
        **{n: v for n, v in anew.items() if v is not None},
    }
