"""Files operators fill in to apply for many at once: with an example, or with their records to change."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from models.documents.event import Subject
from models.documents.store import Session
from models.documents.transfer import Transfer
from models.errors import NotFound
from models.interchange.tables.cells import Cell
from models.interchange.tables.columns import SEPARATOR, heads_of
from models.interchange.tables.comma import CommaWriter
from models.interchange.tables.form_book import BookColumn, FormBook
from models.interchange.tables.spread import ROW_LIMIT, ROWS, Spread, tables_of
from models.language import Language, Message, translate
from models.permissions import Actor
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.fields.choice import BooleanField, ChoiceField, ChoicesField, ListedField
from models.schema.fields.moment import DateField, YearMonthField
from models.schema.fields.number import NumberField
from models.schema.fields.structure import HolderField
from models.services.batches import ROWS as MOST
from models.services.batches import columns, kinds
from models.services.breathing import Breath
from models.services.carrying import carry
from models.services.events import record_event
from models.services.records import scope
from models.services.rights import first_line, rights
from models.services.seeing import seen
from models.services.site import Site
from models.services.spanning import shown

COLUMNS = 400
"""Most columns of a file that is handed out; rows of tables that have none then stay as they are."""

SHEETS = (Message("Rows"), Message("Choices"), Message("About the columns"))
"""What the sheets of a workbook are called."""

ABOUT = (
    Message("Column"),
    Message("Required"),
    Message("How to write it"),
    Message("Explanation"),
    Message("Example"),
)

PIECE = 25
"""Records written between two looks at the time."""


def template_book(site: Site, actor: Actor, definition: RecordType, language: Language) -> bytes:
    """An empty workbook for new records: heads in the reader's language, lists, and an example row.

    Raises NotFound where nothing new can be applied for."""
    spread = _for_new(site, actor, definition)
    book = _book(site, definition, spread, language, facts=False)
    return book.begin() + book.rows([_example(definition, spread, language)]) + book.end()


def template_comma(site: Site, actor: Actor, definition: RecordType, language: Language) -> bytes:
    """The same as CSV (UTF-8 with a byte order mark), heads and example only."""
    spread = _for_new(site, actor, definition)
    writer = CommaWriter()
    heads: list[Cell] = [_number(definition, language), *heads_of(spread, language)]
    rows: list[list[Cell]] = [*first_line(site, language), heads, _example(definition, spread, language)]
    return "\ufeff".encode() + writer.rows(rows)


def _for_new(site: Site, actor: Actor, definition: RecordType) -> tuple[Spread, ...]:
    if "register" not in kinds(site, actor, definition):
        raise NotFound
    return columns(site, actor, definition, ROWS)


async def records_book(
    site: Site, actor: Actor, definition: RecordType, language: Language
) -> AsyncIterator[bytes]:
    """The operator's records in force as a workbook, to be changed and brought back (at most MOST).

    Raises NotFound where no change can be applied for. Taking them is an event."""
    if "change" not in kinds(site, actor, definition):
        raise NotFound
    where = _in_force(site, actor, definition)
    spread = await _wide_enough(site, actor, definition, where)

    async def body(session: Session) -> None:
        subject = Subject(kind="record_type", label=definition.name)
        await record_event(
            site, actor, "records.taken_to_change", subject, session, operator_id=actor.operator_id
        )

    await site.store.transaction(body)
    return _written(site, definition, where, spread, language)


def _in_force(site: Site, actor: Actor, definition: RecordType) -> dict[str, Any]:
    live = {"lifecycle": {"$in": site.lifecycles[definition.lifecycle].live_states}}
    return {"$and": [scope(site, actor, definition.name), live]}


async def _wide_enough(
    site: Site, actor: Actor, definition: RecordType, where: Mapping[str, Any]
) -> tuple[Spread, ...]:
    """Columns for as many rows of each table as a record has, within COLUMNS."""
    own = seen(site, actor, definition.name, site.registry.current(definition.name).version)
    names, widths = list(tables_of(own)), dict.fromkeys(tables_of(own), 1)
    if names:
        transfer = Transfer(site.store, definition.collection)
        wanted = dict.fromkeys(("schema_version", *(f"data.{name}" for name in names)), 1)
        async for batch in transfer.batches(where, [("number", 1)], wanted):
            for record in await shown(site, definition.name, batch):
                for name in names:
                    widths[name] = max(widths[name], _rows_at(record.get("data"), name))
    found = columns(site, actor, definition, widths)
    while len(found) > COLUMNS and max(widths.values(), default=1) > 1:
        widths = {name: max(1, count - 1) for name, count in widths.items()}
        found = columns(site, actor, definition, widths)
    return found


def _rows_at(data: Any, name: str) -> int:
    for word in name.split("."):
        data = data.get(word) if isinstance(data, Mapping) else None
    return min(len(data), ROW_LIMIT) if isinstance(data, list) else 0


async def _written(
    site: Site,
    definition: RecordType,
    where: Mapping[str, Any],
    spread: Sequence[Spread],
    language: Language,
) -> AsyncIterator[bytes]:
    book = _book(site, definition, spread, language, facts=True)
    spellers = [(column.take, column.speller(language)) for column in spread]
    transfer, breath, left = Transfer(site.store, definition.collection), Breath(), MOST
    kept = dict.fromkeys(("number", "revision", "schema_version", "data"), 1)
    yield book.begin()
    async for batch in transfer.batches(where, [("number", 1)], kept):
        for start in range(0, min(len(batch), left), PIECE):
            records = batch[start : min(start + PIECE, left)]
            yield book.rows([_record(site, definition, record, spellers) for record in records])
            await breath()
        left -= len(batch)
        if left <= 0:
            break
    yield book.end()


def _record(
    site: Site, definition: RecordType, record: Mapping[str, Any], spellers: Sequence[Any]
) -> list[Cell]:
    data = carry(site, definition.name, record.get("data") or {}, record["schema_version"]).data
    return [record["number"], str(record["revision"]), *(spell(take(data)) for take, spell in spellers)]


# --- what stands around the rows ----------------------------------------------------------------------------


def _number(definition: RecordType, language: Language) -> str:
    target = definition.by_name.get(definition.number.field)
    return target.label(language) if target else translate("Number", language)


def _example(definition: RecordType, spread: Sequence[Spread], language: Language) -> list[Cell]:
    """A row that shows how to write; what its number says keeps it from being an application."""
    given = next((each.given for each in definition.examples if each.can_be_sent), {})
    fields = {field.name: field for field in definition.fields if field.stored and field.asked}
    data = {name: fields[name].parse(value) for name, value in given.items() if name in fields}
    cells = [column.speller(language)(column.take(data)) for column in spread]
    if not given:
        cells = [None if column.table else column.field.example for column in spread]
    return ["記入例" if language == "ja" else "Example", *cells]


def _book(
    site: Site, definition: RecordType, spread: Sequence[Spread], language: Language, *, facts: bool
) -> FormBook:
    sheets = [name(language) for name in SHEETS]
    heads = heads_of(tuple(spread), language)
    first = [BookColumn(_number(definition, language))]
    if facts:
        first.append(BookColumn(translate("Version", language)))
    told = [_column(column, head, language) for column, head in zip(spread, heads, strict=True)]
    about = [*_about(spread, heads, language), [], [rights(site, language)]]
    return FormBook((sheets[0], sheets[1], sheets[2]), [*first, *told], about)


def _column(column: Spread, head: str, language: Language) -> BookColumn:
    field = column.field
    several = isinstance(field, ChoicesField)
    values = () if several else _values(field, language)
    return BookColumn(head, values, isinstance(field, NumberField))


def _values(field: BaseField, language: Language) -> tuple[str, ...]:
    if isinstance(field, BooleanField):
        return (field.yes(language), field.no(language))
    if isinstance(field, ListedField):
        return tuple(option.label(language) for option in field.options)
    return ()


def _about(spread: Sequence[Spread], heads: Sequence[str], language: Language) -> list[list[str]]:
    rows = [[head(language) for head in ABOUT]]
    for column, head in zip(spread, heads, strict=True):
        field = column.field
        help_text = field.help(language) if field.help else ""
        example = str(field.example) if field.example is not None else ""
        rows.append([head, _needed(field)(language), _how(field, language), help_text, example])
    return rows


def _needed(field: BaseField) -> Message:
    if field.required:
        return Message("Required")
    return Message("Depends on other answers") if field.required_when else Message("Optional")


def _how(field: BaseField, language: Language) -> str:
    """In a few words, what a cell of this column takes."""
    if isinstance(field, ChoicesField):
        listed = SEPARATOR.join(_values(field, language))
        return Message("One or more of: {values}", {"values": listed})(language)
    if isinstance(field, BooleanField | ChoiceField):
        return translate("One value of the list", language)
    for kinds_of, words in HOW.items():
        if isinstance(field, kinds_of):
            return words(language)
    return translate("Text", language)


HOW: Mapping[Any, Message] = {
    NumberField: Message("A number"),
    DateField: Message("Date, as 2026-04-01"),
    YearMonthField: Message("Month, as 2026-04"),
    HolderField: Message("As JSON, as an export writes it"),
}
