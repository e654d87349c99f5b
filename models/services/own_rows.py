"""The rows of an operator's own file: each an application for a new record, or for a change of one by its
number, judged by the rules its form would ask."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from models.documents.application import Applicant, Application
from models.documents.job import Job
from models.documents.record import Record
from models.interchange.tables.cells import UNWRITTEN
from models.interchange.tables.columns import Column, Unreadable, answer_columns, folded
from models.interchange.tables.spread import Spread, spread_columns
from models.interchange.tables.table import Row
from models.language import Language, Message
from models.permissions import Actor
from models.schema.definition import Kind, walk
from models.schema.fault import AnswerError, say
from models.schema.fields.choice import DeclarationField
from models.schema.fields.structure import ReferenceField
from models.schema.reading import read_data
from models.services.applications import may_begin, writable
from models.services.beginning import prefilled
from models.services.incoming import Found, Incoming, RowError, Rows
from models.services.judging import Judge
from models.services.seeing import seen
from models.services.site import Site

VALUE_LIMIT = 100
"""Most characters of a cell that are told with what is wrong with it."""

EXAMPLES = frozenset(folded(word) for word in ("記入例", "(記入例)", "Example", "(Example)"))
"""What stands as the number in a row that only shows how to write."""

KINDS: Mapping[str, Kind] = {"new": "register", "changed": "change"}
"""The application a row becomes."""


class OwnRows(Rows):
    """The rows of one file, for the operator of `actor`."""

    def __init__(self, site: Site, actor: Actor, job: Job, owner: Record) -> None:
        parameters = job.parameters
        super().__init__(site, actor, job.type, parameters["heads"], parameters["mapping"])
        self.job, self.language = job, _language(parameters)
        self.owner: Found = owner.model_dump(by_alias=True)
        own = seen(site, actor, job.type, self.current.version)
        known = {column.name: column for column in spread_columns(own, widths_of(parameters["mapping"]))}
        spread = [(at, known[name]) for at, name in self.places if name in known]
        self.readers = [(at, column.name, column.reader()) for at, column in spread if not column.table]
        self.in_tables = [(at, column, column.reader()) for at, column in spread if column.table]
        tables = {column.table for _, column, _ in self.in_tables}
        self.columns = {column.name: column for _, column in spread if not column.table}
        self.hidden = {column.name for _, column in spread if column.field.confidential}
        self.columns |= {".".join(each.path): each for each in answer_columns(own) if each.path in tables}
        self.statements = [f.name for f in own.fields if isinstance(f, DeclarationField) and f.asked]
        self.typed = frozenset(field.name for field in self.definition.fields)
        self.heads_at = {head: at for at, head in enumerate(parameters["heads"])}

    async def read(self, rows: Iterable[Row]) -> list[Incoming]:
        """As ``Rows.read``; rows that are examples are only counted, and a record with an application under
        way is not applied for again."""
        incoming = await super().read(rows)
        await self._find_open([row for row in incoming if row.record is not None])
        return incoming

    def _cells(self, number: int, cells: Sequence[Any]) -> Incoming:
        row = super()._cells(number, cells)
        row.raw = cells
        for name in self.hidden & {name for name, value in row.cells.items() if value is None}:
            del row.cells[name]  # a file never tells a secret, so an empty cell is no wish to lose one
        if folded(row.facts.get("number", "")) in EXAMPLES:
            return Incoming(number, kind="example")
        for at, column, reader in self.in_tables:
            cell = cells[at] if at < len(cells) else None
            if cell == UNWRITTEN or (cell in (None, "") and not row.facts.get("number")):
                continue
            try:
                row.parts.append((column, reader(cell) if cell not in (None, "") else None))
            except (Unreadable, ValueError, TypeError, AttributeError, ArithmeticError):
                row.errors.append(self._odd(row, column))
        return row

    def _odd(self, row: Incoming, column: Spread) -> RowError:
        message = say("{label} must be written as JSON, as an export writes it.", column.field)
        return self.error(row, column.name, message)

    async def _find_operators(self, incoming: Sequence[Incoming]) -> None:
        for row in incoming:
            row.operator = self.owner

    async def _find_open(self, about: Sequence[Incoming]) -> None:
        ids = [row.record["_id"] for row in about if row.record]
        if not ids:
            return
        where: dict[str, Any] = {"record_id": {"$in": ids}, "open": True, "batch.job": {"$ne": self.job.id}}
        found = Application.raw().find(where, {"record_id": 1, "reference": 1})
        known = {row["record_id"]: row["reference"] async for row in found}
        for row in about:
            if row.record and (reference := known.get(row.record["_id"])):
                values = {"reference": reference}
                message = Message("An application for it is under way: {reference}.", values)
                row.errors.append(self.error(row, "_number", message))

    # --- what becomes of a row ------------------------------------------------------------------------------

    def changes(self, row: Incoming) -> dict[str, Any]:
        """As ``Rows.changes``; rows of tables are put together before, over those registered: what the file
        has no column for stays."""
        if row.record is not None:
            super().changes(row)
        known = row.carried.data if row.carried else {}
        row.cells |= _with_rows(row.parts, self.columns, known)
        return super().changes(row)

    def refusals(self, row: Incoming, changed: Mapping[str, Any]) -> Iterator[RowError]:
        """As ``Rows.refusals``, with what the applicant may not apply for."""
        kind = KINDS["new" if row.record is None else "changed"]
        if not self._may_begin(kind):
            message = Message("This cannot be applied for by a file. Leave the row out.")
            yield self.error(row, "_number", message)
        yield from super().refusals(row, changed)

    def _may_begin(self, kind: Kind) -> bool:
        return may_begin(self.site, self.actor, self.definition, kind)

    def answers(self, row: Incoming, data: Mapping[str, Any]) -> dict[str, Any]:
        """What would have been typed into the form of a row whose answers come to `data`."""
        fields = [f for f in self.definition.fields if f.stored and f.asked]
        known = prefilled(self.definition, row.carried.data) if row.carried else self._blank
        sent = {f.name: f.unparse(data[f.name]) for f in fields if f.name in data}
        touched = {name.split(".")[0] for name in row.cells} | self._copied
        merged = {**known, **{name: value for name, value in sent.items() if name in touched}}
        return {name: value for name, value in merged.items() if value is not None}

    @cached_property
    def _copied(self) -> set[str]:
        """The answers references take over."""
        fields = self.definition.fields
        return {name for field in fields if isinstance(field, ReferenceField) for name in field.copied}

    @cached_property
    def _blank(self) -> dict[str, Any]:
        return prefilled(self.definition, None)

    @cached_property
    def has_locks(self) -> bool:
        """Whether any answer may depend on who types it, in which application, or what else is answered."""
        fields = [field for _, field in walk(self.definition.fields) if field.asked and field.stored]
        ruled = (f.set_once or f.read_only_when is not None or f.access is not None for f in fields)
        return any(ruled)

    def locked(self, row: Incoming, answers: Mapping[str, Any]) -> Iterator[RowError]:
        """The answers of a row its form would not let anybody type."""
        before = prefilled(self.definition, row.carried.data) if row.carried else {}
        about = self._about(row, before)
        touched = {name.split(".")[0] for name in row.cells} & answers.keys()
        sent = {name: answers[name] for name in touched if answers[name] != before.get(name)}
        kept = writable(self.site, self.actor, about, self.typed, sent, self.variables(row))
        for name in sent.keys() - kept.keys():
            message = say("{label} cannot be changed here.", self.definition.by_name[name])
            yield self.error(row, name, message)

    def _about(self, row: Incoming, answers: dict[str, Any]) -> Application:
        """The application of a row as far as the rules for typing look at it."""
        record, workflow = row.record or {}, self.site.workflows[self.definition.applications.workflow]
        about: Application = Application.model_construct(
            type=self.definition.name,
            kind=KINDS["changed" if record else "new"],
            schema_version=self.current.version,
            state=workflow.first,
            operator_id=self.owner["_id"],
            record_id=record.get("_id"),
            answers=answers,
            applicant=Applicant(),
        )
        return about

    def judged(self, row: Incoming, data: Mapping[str, Any]) -> tuple[AnswerError, ...]:
        """Read the answers of a row as its form would; what is to be corrected. Statements count as affirmed:
        whoever sends the rows affirms them."""
        affirmed = {name: self._affirmation(name) for name in self.statements}
        reading = read_data(self.current.compiled, {**data, **affirmed}, self.variables(row))
        row.data = reading.data
        return reading.errors

    def _affirmation(self, name: str) -> Any:
        return self.definition.by_name[name].parse("yes")

    def error(self, row: Incoming, path: str, message: Message) -> RowError:
        """As ``Rows.error``, at the column of the row of a table, with what stands in the cell."""
        counted = ".".join(str(int(word) + 1) if word.isdecimal() else word for word in path.split("."))
        if head := self.heads.get(counted) or self.heads.get(path):
            found = RowError(row.row, head, message)
        else:
            found = super().error(row, path, message)
        at = self.heads_at.get(found.column)
        told = at is not None and at < len(row.raw) and found.column not in self._hidden_heads
        cell = row.raw[at] if at is not None and told else ""
        return replace(found, value=str(cell if cell is not None else "")[:VALUE_LIMIT])

    @cached_property
    def _hidden_heads(self) -> set[str]:
        """The heads of secrets: what stands below them is told nowhere."""
        return {self.heads[name] for name in self.hidden}

    def place_of(self, error: RowError) -> int:
        """Where the column of an error stands in the file; what has none comes last."""
        return self.heads_at.get(error.column, len(self.heads_at))


def _language(parameters: Mapping[str, Any]) -> Language:
    return "en" if parameters.get("language") == "en" else "ja"


def widths_of(mapping: Sequence[str]) -> dict[str, int]:
    """How many rows of each table a file has columns for."""
    found: dict[str, int] = defaultdict(int)
    for name in mapping:
        words = name.split(".")
        for at, word in enumerate(words):
            if word.isdecimal():
                table = ".".join(words[:at])
                found[table] = max(found[table], int(word))
    return found


def _with_rows(
    parts: Sequence[tuple[Spread, Any]], columns: Mapping[str, Column], known: Mapping[str, Any]
) -> dict[str, Any]:
    """The tables of a row, each put together of its cells over what is registered; rows in which nothing is
    left are taken out."""
    tables: dict[tuple[str, ...], dict[int, list[tuple[Spread, Any]]]] = {}
    for column, value in parts:
        tables.setdefault(column.table, {}).setdefault(column.row, []).append((column, value))
    found = {}
    for path, rows in tables.items():
        target = columns[".".join(path)]
        kept = target.take(known)
        before = kept if isinstance(kept, list) else []
        count = max(max(rows) + 1, len(before))
        merged = [_merged(before[at] if at < len(before) else {}, rows.get(at, ())) for at in range(count)]
        filled = [row for row in merged if _is_filled(row)]
        found[target.name] = (target.field.parse(filled) if before else filled) or None
    return found


def _merged(before: Any, cells: Sequence[tuple[Spread, Any]]) -> dict[str, Any]:
    row = dict(before) if isinstance(before, Mapping) else {}
    for column, value in cells:
        here = row
        for name in column.inside[:-1]:
            here[name] = dict(here.get(name) or {})
            here = here[name]
        here[column.inside[-1]] = value
    return row


def _is_filled(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_is_filled(part) for part in value.values())
    return value not in (None, "", [])


@dataclass
class OwnJudge(Judge):
    """Tells what keeps a row from being sent from what keeps it from being an application at all. What is
    unique is looked for in the file and among the operator's own records: nobody learns what others have."""

    rows: OwnRows

    def __post_init__(self) -> None:
        super().__post_init__()
        self.within = {"operator_id": self.rows.owner["_id"]}

    def tell(self, row: Incoming, error: RowError) -> None:
        row.problems.append(error)

    async def _judge(self, row: Incoming) -> None:
        if row.errors or row.kind == "example":
            return
        rows = self.rows
        changed = rows.changes(row)
        if row.record is not None and not changed:
            row.kind = "same"
            return
        row.changed = frozenset(rows.columns[name].path[0] for name in changed)
        row.errors += rows.refusals(row, changed)
        if row.errors:
            return
        data = await rows.with_copies(row, rows.merged(row, changed))
        if rows.has_locks or rows.job.phase != "check":
            row.typed = rows.answers(row, data)
        if rows.has_locks:
            row.errors += rows.locked(row, row.typed)
        row.kind = "new" if row.record is None else "changed"
        row.problems += [rows.error(row, error.path, error.message) for error in rows.judged(row, data)]
