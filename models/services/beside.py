"""What stands beside a form and a record: answers of other records, as whoever looks may read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.language import Language
from models.permissions import Actor
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.panels import Beside
from models.services.around import Centre, found, led_to
from models.services.seeing import rows, seen
from models.services.site import Site

MOST = 5
"""Most records one panel shows."""

CALLS: Mapping[str, str] = {"phone": "tel:", "email": "mailto:"}
"""What an answer is a link to, by the type of its field."""


@dataclass(frozen=True, slots=True)
class Line:
    """One answer in words, and the address that calls or mails it ("" for none)."""

    label: str
    value: str
    href: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One record of a panel."""

    type: str
    row: Mapping[str, Any]
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel with what it shows."""

    label: str
    help: str
    records: tuple[Shown, ...]


async def panels_of(site: Site, actor: Actor, centre: Centre, language: Language) -> list[Panel]:
    """The panels of the type of `centre`, in force now; those with nothing `actor` may read are left out."""
    rules = site.registry.current(centre.type).definition.beside
    made = [await _panel(site, actor, centre, rule, language) for rule in rules]
    return [panel for panel in made if panel.records]


async def _panel(site: Site, actor: Actor, centre: Centre, rule: Beside, language: Language) -> Panel:
    shown = [_shown(site, actor, rule, row, language) for row in await _rows(site, actor, centre, rule)]
    told = rule.help(language) if rule.help else ""
    return Panel(rule.label(language), told, tuple(each for each in shown if each.lines))


async def _rows(site: Site, actor: Actor, centre: Centre, rule: Beside) -> list[dict[str, Any]]:
    """What the references lead to, where this actor may see it; where they lead nowhere, the records
    named."""
    row = await led_to(site, centre, rule.via)
    if row is not None:
        ruled = rows(site, actor, row["type"])
        there = {"$and": [{"_id": row["_id"]}, ruled]}
        return [row] if not ruled or await site.records[row["type"]].taken(there) else []
    if rule.records is None or rule.records not in site.records:
        return []
    return await found(site, centre, rule.records, rule.where, rows(site, actor, rule.records), MOST)


def _shown(site: Site, actor: Actor, rule: Beside, row: Mapping[str, Any], language: Language) -> Shown:
    definition = seen(site, actor, row["type"], row["schema_version"])
    lines = tuple(_lines(rule, definition, row["data"], language))
    return Shown(row["type"], row, str(row.get("title") or row["number"]), lines)


def _lines(
    rule: Beside, definition: RecordType, data: Mapping[str, Any], language: Language
) -> Iterator[Line]:
    for name in rule.fields:
        field = definition.by_name.get(name)
        if field is not None and data.get(name) not in (None, "", []):
            value = field.show(data[name], language)
            yield Line(field.label(language), value, _href(field, value))


def _href(field: BaseField, value: str) -> str:
    begin = CALLS.get(field.type, "")
    return f"{begin}{value.replace('-', '') if field.type == 'phone' else value}" if begin else ""
