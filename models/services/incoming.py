"""Rows that come in: each read, compared with what is registered, and checked by the rules of its type."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from models.access import why_not
from models.documents.application import Application
from models.documents.base import Id
from models.documents.transfer import Transfer
from models.interchange.tables.cells import UNWRITTEN
from models.interchange.tables.columns import FACTS, Column, Unreadable, answer_columns, folded
from models.interchange.tables.comma import GETA
from models.interchange.tables.comma import folded as geta_folded
from models.interchange.tables.spread import Spread
from models.interchange.tables.table import Row
from models.language import Message
from models.permissions import Actor
from models.schema.definition import walk
from models.schema.fault import AnswerError, say
from models.schema.fields.choice import DeclarationField
from models.schema.fields.structure import ReferenceField
from models.schema.reading import read_data
from models.services import picking
from models.services.breathing import Breath
from models.services.carrying import Carried, carry
from models.services.records import scope
from models.services.seeing import governed, seen
from models.services.side_words import side_words
from models.services.site import Site

Kind = Literal["new", "changed", "same", "refused", "example"]
Found = Mapping[str, Any]

FACT_NAMES = frozenset(name for name, _ in FACTS)
PIECE = 10
"""Rows read between two looks at the time."""

KEY_LIMIT = 64
"""Longest number of a record that is looked for (characters)."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a row, and at which head."""

    row: int
    column: str
    message: Message
    value: str = ""

    def document(self) -> dict[str, Any]:
        """As a job keeps it: in words, for its reader may speak either language."""
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "ja": self.message("ja"),
            "en": self.message("en"),
        }


@dataclass
class Incoming:
    """One row on its way: what it says of the record itself, its answers, and what becomes of it."""

    row: int
    facts: dict[str, str] = field(default_factory=dict)
    cells: dict[str, Any] = field(default_factory=dict)
    raw: Sequence[Any] = ()
    parts: list[tuple[Spread, Any]] = field(default_factory=list)
    """What stands in the cells of tables that have a column for each row."""
    record: Found | None = None
    operator: Found | None = None
    carried: Carried | None = None
    data: dict[str, Any] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    """Why it cannot be brought in at all."""
    problems: list[RowError] = field(default_factory=list)
    """What is to be corrected before it can be sent, as an application."""
    changed: frozenset[str] = frozenset()
    """The fields of the record that are not as they are registered."""
    kind: Kind = "refused"
    incomplete: bool = False
    typed: dict[str, Any] = field(default_factory=dict)
    """What would have been typed into the form of an application."""
    document: dict[str, Any] = field(default_factory=dict)
    version: dict[str, Any] = field(default_factory=dict)
    grams: Sequence[str] = ()
    """Its record, the history of it and the search entries of its answers, before it has its number."""

    @property
    def is_going(self) -> bool:
        """Whether it is stored."""
        return not self.errors and self.kind not in ("same", "example")

    @property
    def operator_id(self) -> Id | None:
        """Whose record it is, or becomes."""
        return (self.record or {}).get("operator_id") or (self.operator or {}).get("_id")


class Rows:
    """The rows of one table, for one type and one person. `mapping` names the column each head stands for,
    "" for heads that are not brought in."""

    def __init__(
        self, site: Site, actor: Actor, type_name: str, heads: Sequence[str], mapping: Sequence[str]
    ) -> None:
        self.site, self.actor = site, actor
        self.current = site.registry.current(type_name)
        self.definition = self.current.definition
        self.heads = {name: head for name, head in zip(mapping, heads, strict=False) if name}
        self.places = [(at, name) for at, name in enumerate(mapping) if name]
        self.width = len(heads)
        own = seen(site, actor, type_name, self.current.version)
        columns = (*answer_columns(own), *answer_columns(own, nested=True))
        self.columns = {column.name: column for column in columns if column.name in self.heads}
        self.facts = [(at, name.removeprefix("_")) for at, name in self.places if name in FACT_NAMES]
        self.readers = [
            (at, name, self.columns[name].reader())
            for at, name in self.places
            if name in self.columns and self.columns[name].is_readable
        ]
        self.statements = [f.name for f in self.definition.fields if isinstance(f, DeclarationField)]
        self.asked = dict.fromkeys(f.name for f in self.definition.fields if f.asked and f.stored)
        self.operator_type = site.configuration.site.operator_type
        self.is_operator = type_name == self.operator_type
        self._refused: dict[str, Message | None] = {}
        self.breath = Breath()
        self.named: set[str] = set()
        self.ruled = governed(site, type_name, self.current.version)

    async def read(self, rows: Iterable[Row]) -> list[Incoming]:
        """The rows with their answers, each found or not among what is registered; not judged yet."""
        incoming = []
        for number, cells in rows:
            incoming.append(self._cells(number, cells))
            if not len(incoming) % PIECE:
                await self.breath()
        await self._find_records(incoming)
        await self._find_operators(incoming)
        return incoming

    def _cells(self, number: int, cells: Sequence[Any]) -> Incoming:
        row = Incoming(number)
        width = len(cells)
        if width > self.width and any(cell not in (None, "") for cell in cells[self.width :]):
            row.errors.append(
                RowError(number, "", Message("This row has more cells than the file has heads."))
            )
        for at, name in self.facts:
            cell = cells[at] if at < width else None
            row.facts[name] = str(cell if cell is not None else "").strip()
        for at, name, reader in self.readers:
            cell = cells[at] if at < width else None
            if cell == UNWRITTEN:
                continue
            try:
                row.cells[name] = reader(cell) if cell not in (None, "") else None
            except (Unreadable, ValueError, TypeError, AttributeError, ArithmeticError):
                row.errors.append(self._unreadable(row, name))
        return row

    def _unreadable(self, row: Incoming, name: str) -> RowError:
        field = self.columns[name].field
        return self.error(row, name, say("{label} must be written as JSON, as an export writes it.", field))

    def error(self, row: Incoming, path: str, message: Message) -> RowError:
        """An error at the head a path of answers belongs to."""
        words = [word for word in path.split(".") if not word.isdecimal()]
        for length in range(len(words), 0, -1):
            if head := self.heads.get(".".join(words[:length])):
                return RowError(row.row, head, message)
        target = self.definition.by_name.get(words[0])
        label = target.label if target else dict(FACTS).get(path)
        return RowError(row.row, label("ja") if label else path, message)

    async def _find_records(self, incoming: Sequence[Incoming]) -> None:
        numbers = {row.facts["number"][:KEY_LIMIT] for row in incoming if row.facts.get("number")}
        if not numbers:
            return
        where = {"number": {"$in": sorted(numbers)}}
        ruled = scope(self.site, self.actor, self.definition.name)
        transfer = Transfer(self.site.store, self.definition.collection)
        found = await transfer.find({"$and": [where, ruled]} if ruled else where)
        known = {record["number"]: record for record in found}
        for row in incoming:
            number = row.facts.get("number", "")
            row.record = known.get(number)
            if number and row.record is None:
                row.errors.append(
                    self.error(row, "_number", Message("No registered record has this number."))
                )
            elif number in self.named:
                row.errors.append(self.error(row, "_number", Message("The file has this number already.")))
            if number:
                self.named.add(number)

    async def _find_operators(self, incoming: Sequence[Incoming]) -> None:
        if self.is_operator or self.definition.is_ours:
            return
        numbers = {row.facts["operator"][:KEY_LIMIT] for row in incoming if row.facts.get("operator")}
        ids = {row.record["operator_id"] for row in incoming if row.record}
        transfer = Transfer(self.site.store, self.site.records[self.operator_type].name)
        wanted = [{"number": {"$in": sorted(numbers)}}, {"_id": {"$in": list(ids)}}]
        found = await transfer.find({"$or": wanted}, {"number": 1, "data": 1, "lifecycle": 1, "title": 1})
        by_number, by_id = {each["number"]: each for each in found}, {each["_id"]: each for each in found}
        for row in incoming:
            named = row.facts.get("operator", "")
            row.operator = by_id.get(row.record["operator_id"]) if row.record else by_number.get(named)
            if row.record is None and row.operator is None:
                said = Message("Name the {operator} by its registered number.", side_words(self.site))
                row.errors.append(self.error(row, "_operator", said))

    # --- what becomes of a row ------------------------------------------------------------------------------

    def changes(self, row: Incoming) -> dict[str, Any]:
        """The answers of a row that are not as they are registered, by column. Carries the record on the
        way."""
        if row.record is None:
            return {name: value for name, value in row.cells.items() if value is not None}
        kept, version = row.record.get("data") or {}, row.record["schema_version"]
        row.carried = carry(self.site, self.definition.name, kept, version)
        known = row.carried.data
        return {
            name: value for name, value in row.cells.items() if not _is_same(self.columns[name], known, value)
        }

    def merged(self, row: Incoming, changed: Mapping[str, Any]) -> dict[str, Any]:
        """The answers as they are to be: those registered, with what changes. What a new row leaves open
        takes its default only where the file has no column for it."""
        number, known = self.definition.number.field, row.carried.data if row.carried else {}
        base = {name: value for name, value in known.items() if name in self.definition.by_name}
        if row.record is not None:
            base = {**self.asked, **base}
        for name, value in changed.items() if row.record is not None else row.cells.items():
            _put(base, self.columns[name].path, value)
        declared = self.definition.by_name.get(number)
        return (
            base
            if declared is not None and declared.stored
            else {k: v for k, v in base.items() if k != number}
        )

    def variables(self, row: Incoming) -> dict[str, Any]:
        """What the variables of the rules stand for."""
        operator = row.operator or {}
        return {
            **self._times,
            "OPERATOR": {**(operator.get("data") or {}), "lifecycle": operator.get("lifecycle")}
            if operator
            else {},
            "BEFORE": (row.record or {}).get("data") or {},
            "ORIGIN": (row.record or {}).get("origin") or "",
        }

    @cached_property
    def _times(self) -> dict[str, Any]:
        return {"NOW": self.site.now(), "TODAY": self.site.today().isoformat(), "TERMS": {}}

    async def with_copies(self, row: Incoming, data: dict[str, Any]) -> dict[str, Any]:
        """`data` with what references take over, as a form would have had it."""
        if not self._copies or row.operator_id is None:
            return data
        about = Application.model_construct(
            type=self.definition.name,
            schema_version=self.current.version,
            operator_id=row.operator_id,
            record_id=(row.record or {}).get("_id"),
            terms=None,
        )
        return await picking.copied(self.site, self.actor, about, self.definition, data)

    @cached_property
    def _copies(self) -> bool:
        return any(isinstance(f, ReferenceField) and f.copied for f in self.definition.fields)

    def read_row(self, row: Incoming, data: Mapping[str, Any]) -> tuple[AnswerError, ...]:
        """Read the answers by the rules in force; what is wrong with them."""
        reading = read_data(self.current.compiled, data, self.variables(row))
        row.data = reading.data | self._affirmed(row, reading.data)
        return reading.errors

    def _affirmed(self, row: Incoming, data: Mapping[str, Any]) -> dict[str, Any]:
        """Statements affirmed by this import, with their time (R10, R86); earlier ones keep theirs."""
        given = {name: data[name] for name in self.statements if isinstance(data.get(name), dict)}
        if not given:
            return {}
        known, now = (row.carried.data if row.carried else {}), self.site.now().isoformat()
        fresh = {name: value for name, value in given.items() if value != known.get(name)}
        return {name: {**value, "at": value.get("at", now)} for name, value in fresh.items()}

    def refusals(self, row: Incoming, changed: Mapping[str, Any]) -> Iterator[RowError]:
        """What speaks against changing these answers, whatever they are: rights, files, state, revision."""
        for name in changed:
            column = self.columns[name]
            if name not in self._refused:
                self._refused[name] = self._why_not(column)
            if (why := self._refused[name]) is not None:
                yield self.error(row, name, why)
            elif column.is_closed:
                message = say(
                    "{label} holds files or secrets and cannot be brought in by a table.", column.field
                )
                yield self.error(row, name, message)
        if row.record is not None:
            yield from self._moved(row, row.record)

    def _why_not(self, column: Column) -> Message | None:
        """Why this person may not write an answer: itself, what it stands in, or what stands in it, which
        would be lost where they do not see it."""
        level, found = self.ruled.fields, None
        for name in column.path:
            target = next((each for each in level if each.name == name), None)
            if target is None:
                return Message("Unknown field.")
            found = found or why_not(self.actor, target)
            level = target.parts
        inside = (why_not(self.actor, part) for _, part in walk(level))
        return found or next((why for why in inside if why is not None), None)

    def _moved(self, row: Incoming, record: Found) -> Iterator[RowError]:
        facts, states = row.facts, self.site.lifecycles[self.definition.lifecycle].states
        state = states.get(record["lifecycle"])
        if state is None or not state.live:
            yield self.error(row, "_number", Message("This record is not in force."))
        if row.carried is not None and row.carried.version != self.current.version:
            yield self.error(
                row,
                "number",
                Message("This record does not fit the form in force; change it by an application."),
            )
        if facts.get("revision") and facts["revision"] != str(record["revision"]):
            yield self.error(row, "_revision", Message("This record has changed since the file was made."))
        told = {
            folded(record["lifecycle"]),
            *(folded(t) for t in ((state.label.ja, state.label.en) if state else ())),
        }
        if facts.get("lifecycle") and folded(facts["lifecycle"]) not in told:
            yield self.error(row, "_lifecycle", Message("The state of a record is not changed by a table."))
        owner = (row.operator or {}).get("number")
        if facts.get("operator") and owner and facts["operator"] != owner:
            yield self.error(
                row, "_operator", Message("A record stays with its {operator}.", side_words(self.site))
            )


def _is_same(column: Column, data: Mapping[str, Any], value: Any) -> bool:
    """Whether an answer that was read is the one registered, read in the same way."""
    try:
        kept = column.field.parse(column.take(data))
    except (TypeError, ValueError, AttributeError):
        return False
    if value is None or kept is None:
        return column.field.is_empty(kept) and column.field.is_empty(value)
    if isinstance(value, str) and isinstance(kept, str) and GETA in value:
        return geta_folded(kept) == value
    return bool(column.field.compare(kept, value) == 0 if not column.field.parts else kept == value)


def _put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Put a value at a path, in copies of what is around it."""
    here = data
    for name in path[:-1]:
        inner = here.get(name)
        here[name] = dict(inner) if isinstance(inner, Mapping) else {}
        here = here[name]
    here[path[-1]] = value
