"""The diagrams of a record: other records as boxes in bands, as whoever looks may see them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.access import seen_by
from models.documents.record import Record
from models.language import Language, Message, Text
from models.permissions import Actor
from models.pictures.bands import Box, Picture, draw, shows_lines
from models.schema.definition import RecordType
from models.schema.fields.base import Option
from models.schema.fields.choice import ListedField
from models.schema.fields.structure import ReferenceField
from models.schema.panels import Diagram
from models.services.around import around_record, found
from models.services.seeing import rows
from models.services.site import Site

MOST = 200
"""Most records one diagram shows; one more tells that there are more."""

TOGETHER = Message("{kind} × {count}").msgid
UNLINED = Message("There are too many connections to draw; the list below names them.")
ELSEWHERE = Text(ja="その他", en="Other")

Address = Callable[[str, Mapping[str, Any]], str]
"""Where a record of a type is looked at: its type and its row."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One diagram, drawn: the SVG, the same as lines of a table, and whether records were left out."""

    name: str
    label: str
    help: str
    svg: str
    lines: tuple[Mapping[str, Any], ...]
    has_standing: bool
    more: bool


async def drawings_of(
    site: Site, actor: Actor, record: Record, language: Language, address: Address
) -> list[Drawn]:
    """The diagrams of a record's type, in force now, around `record`; those of which `actor` may see neither
    boxes nor kinds are left out."""
    definition = site.registry.current(record.type).definition
    return [
        drawn
        for diagram in definition.diagrams
        if (drawn := await _drawn(site, actor, record, diagram, language, address)) is not None
    ]


async def _drawn(
    site: Site, actor: Actor, record: Record, diagram: Diagram, language: Language, address: Address
) -> Drawn | None:
    boxes = diagram.boxes
    if boxes.records not in site.records:
        return None
    definition = seen_by(actor, site.registry.current(boxes.records).definition)
    kind = definition.by_name.get(diagram.lanes.by)
    if not isinstance(kind, ListedField):
        return None
    ruled = rows(site, actor, boxes.records)
    there = await found(site, around_record(site, record), boxes.records, boxes.where, ruled, MOST + 1)
    plan = _Plan(diagram, definition, kind, there[:MOST], language, address)
    picture = plan.picture()
    if not picture.boxes:
        return None
    svg = draw(picture, lambda called, count: Message(TOGETHER, {"kind": called, "count": count})(language))
    standing = any(box.standing for box in picture.boxes)
    told = diagram.help(language) if diagram.help else ""
    if picture.lines and not shows_lines(svg):
        told = f"{told} {UNLINED(language)}".strip()
    return Drawn(diagram.name, picture.label, told, svg, tuple(_lines(picture)), standing, len(there) > MOST)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What goes into one picture."""

    diagram: Diagram
    definition: RecordType
    kind: ListedField
    rows: Sequence[Mapping[str, Any]]
    language: Language
    address: Address

    def picture(self) -> Picture:
        boxes = [*self._registered(), *self._standing()]
        taken = {box.band for box in boxes}
        bands = [*self._bands(), ("", ELSEWHERE(self.language))]
        divide = self.diagram.lanes.divide
        lines = dict.fromkeys((a, b) for a, b in self._lines() if a != b)
        return Picture(
            self.diagram.name,
            self.diagram.label(self.language),
            [band for band in bands if band[0] in taken],
            boxes,
            list(lines),
            divide(self.language) if divide else "",
        )

    def _bands(self) -> list[tuple[str, str]]:
        options = self.diagram.lanes.are or self.kind.options
        return [(option.code, option.label(self.language)) for option in options]

    def _band_of(self, option: Option | None) -> str:
        """The band of an option; "" where it names none there is."""
        attribute = self.diagram.lanes.attribute
        code = "" if option is None else option.code
        if option is not None and attribute is not None:
            code = str(option.attributes.get(attribute, ""))
        return code if code in dict(self._bands()) else ""

    def _registered(self) -> Iterator[Box]:
        for row in self.rows:
            code = row["data"].get(self.kind.name)
            label = self.kind.label_of(code, self.language) if code else ""
            title = str(row.get("title") or row["number"])
            band = self._band_of(self.kind.option(code))
            yield Box(row["number"], title, label, band, self.address(self.definition.name, row))

    def _standing(self) -> Iterator[Box]:
        """The options no record has, where they are drawn all the same."""
        had = {row["data"].get(self.kind.name) for row in self.rows}
        for option in self.kind.options if self.diagram.also is not None else ():
            if option.code not in had:
                label = option.label(self.language)
                yield Box(_key(option.code), label, label, self._band_of(option), standing=True)

    def _of_kind(self) -> Mapping[str, list[str]]:
        """The keys of the boxes of each option."""
        keys: dict[str, list[str]] = defaultdict(list)
        for row in self.rows:
            keys[str(row["data"].get(self.kind.name))].append(row["number"])
        for option in self.kind.options if self.diagram.also is not None else ():
            if option.code not in keys:
                keys[option.code].append(_key(option.code))
        return keys

    def _lines(self) -> Iterator[tuple[str, str]]:
        keys, numbers = self._of_kind(), {row["number"] for row in self.rows}
        for row in self.rows:
            for name in self.diagram.lines:
                field, value = self.definition.by_name.get(name), row["data"].get(name)
                values = value if isinstance(value, list) else [value]
                if isinstance(field, ReferenceField):
                    yield from ((row["number"], each) for each in values if each in numbers)
                elif isinstance(field, ListedField):
                    yield from ((row["number"], key) for each in values for key in keys.get(str(each), ()))
        yield from self._between_options(keys)

    def _between_options(self, keys: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
        attribute = self.diagram.also.lines if self.diagram.also else None
        for option in self.kind.options if attribute else ():
            value = option.attributes.get(attribute or "", [])
            for code in value if isinstance(value, list | tuple) else [value]:
                yield from ((a, b) for a in keys.get(option.code, ()) for b in keys.get(str(code), ()))


def _key(code: str) -> str:
    """The key of the box that stands for an option; no number of a record has a blank in it."""
    return f"option {code}"


def _lines(picture: Picture) -> Iterator[Mapping[str, Any]]:
    """The picture as lines of a table, band by band."""
    leads = picture.neighbours()
    for band, name in picture.bands:
        for box in picture.boxes:
            if box.band == band:
                yield {"band": name, "box": box, "to": [other.title for other in leads.get(box.key, ())]}
