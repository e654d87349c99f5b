"""The answers of an application laid out as its form is, each with what changed, was found and remarked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from markupsafe import Markup
from starlette.datastructures import FormData

from admin.language import say
from admin.views.review_changes import Comparer
from admin.views.review_given import Slot, slots_of
from models.access import found_at
from models.documents.application import Application, Remark
from models.language import Language, Text
from models.schema.compare import rows_of, same
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.fields.file import CertificateField
from models.schema.fields.structure import GroupField
from models.services.checks import CheckResult

FEW_ROWS = 12
"""Tables of no more rows offer every cell for a remark, others their rows."""

MOST_PLACES = 250
OPTION = Markup('<option value="{}"{}>{}</option>')
CHOSEN = Markup(" selected")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as the reviewer reads it."""

    name: str
    label: str
    text: str | Markup
    wide: bool
    """Whether other answers are inside it: it takes the whole width."""
    changed: bool
    remarks: Sequence[tuple[Remark, str]]
    """Each remark with the part it is about ("" for the whole)."""
    findings: Sequence[CheckResult]
    slots: Sequence[Slot]
    """Where remarks may be written; none where only a person's answer could be corrected."""
    places: Sequence[tuple[str, str]] = ()
    typed: bool = False
    """Whether a remark was begun."""


@dataclass(slots=True)
class Section:
    """One page of the form with how much there is to look at."""

    name: str
    label: str
    answers: list[Answer] = field(default_factory=list)
    changed: int = 0
    remarked: int = 0
    found: int = 0
    same: int = 0
    """Answers left out because they stayed as they were."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the sections are drawn from: the application under a definition narrowed to its reader, its
    answers and those they are compared with as they are read, what was found, and what was typed."""

    application: Application
    definition: RecordType
    reader: Comparer
    data: Mapping[str, Any]
    before: Mapping[str, Any] | None
    checks: Sequence[CheckResult]
    typed: FormData | None
    only: bool = False


def sections_of(sheet: Sheet) -> list[Section]:
    """The pages of the form in order, hidden questions left out; what no page asks for comes last."""
    findings = _at_answers(check for check in sheet.checks if not check.ok)
    remarks = _remarks(sheet)
    begun = slots_of(sheet.typed)
    data, before, turn = sheet.data, sheet.before, sheet.application.round
    found = []
    for name, label, fields in _pages(sheet.definition):
        section = Section(name, label(sheet.reader.spoken) if label else say("Calculated"))
        for each in fields:
            value, old = data.get(each.name), before.get(each.name) if before is not None else None
            changed = before is not None and not same(each, old, value)
            if not changed and (each.is_empty(value) or sheet.only):
                section.same += not each.is_empty(value)
                continue
            at = findings.get(each.name, ()), remarks.get(each.name, ())
            section.answers.append(_answer(sheet, each, (old, value), changed, *at, begun.get(each.name)))
            _count(section, changed, at[0], at[1], turn)
        if section.answers or section.same:
            found.append(section)
    return found


def _count(
    section: Section,
    changed: bool,
    findings: Sequence[CheckResult],
    remarks: Sequence[tuple[Remark, str]],
    turn: int,
) -> None:
    section.changed += changed
    section.found += bool(findings)
    section.remarked += any(remark.round == turn for remark, _ in remarks)


Laid = tuple[str, Text | None, tuple[BaseField, ...]]


@lru_cache(maxsize=256)
def _pages(definition: RecordType) -> tuple[Laid, ...]:
    """The stored questions of each page, and last, without a label, those on no page."""
    laid = [(page.name, page.label, page.fields) for page in definition.laid_out]
    asked = {name for _, _, names in laid for name in names}
    rest = tuple(each.name for each in definition.fields if each.name not in asked)
    pages = (
        (
            name,
            label,
            tuple(each for each in (definition.by_name.get(n) for n in names) if each and each.stored),
        )
        for name, label, names in (*laid, ("calculated", None, rest))
    )
    return tuple(page for page in pages if page[2])


def _at_answers(checks: Iterable[CheckResult]) -> dict[str, list[CheckResult]]:
    found: dict[str, list[CheckResult]] = {}
    for check in checks:
        if check.path:
            found.setdefault(check.path.split(".")[0], []).append(check)
    return found


def _remarks(sheet: Sheet) -> dict[str, list[tuple[Remark, str]]]:
    found: dict[str, list[tuple[Remark, str]]] = {}
    for remark in sheet.application.remarks:
        name = remark.field.split(".")[0]
        place = place_label(sheet.definition, remark.field, sheet.reader.spoken)
        found.setdefault(name, []).append((remark, place))
    return found


def place_label(definition: RecordType, path: str, spoken: Language) -> str:
    """What a part of an answer is called within it (``units.1.kw``: “row 2: Output”); "" for the whole."""
    told, words = [], path.split(".")
    for depth, word in enumerate(words[1:], 1):
        if word.isdecimal():
            told.append(say("row {number}", {"number": int(word) + 1}))
        elif fields := found_at(definition, ".".join(words[: depth + 1])):
            told.append(fields[-1].label(spoken))
    return ("：" if spoken == "ja" else ": ").join(told)


def _answer(
    sheet: Sheet,
    asked: BaseField,
    values: tuple[Any, Any],
    changed: bool,
    findings: Sequence[CheckResult],
    remarks: Sequence[tuple[Remark, str]],
    begun: Sequence[Slot] | None,
) -> Answer:
    old, value = values
    reader = sheet.reader
    wide = asked.repeats or isinstance(asked, GroupField)
    return Answer(
        name=asked.name,
        label=asked.label(reader.spoken),
        text=reader.change(asked, old, value) if changed else reader.show(asked, value),
        wide=wide,
        changed=changed,
        remarks=remarks,
        findings=findings,
        slots=(begun or (Slot(asked.name),)) if _is_correctable(asked) else (),
        places=list(_places(asked, value, begun or (), reader.spoken)) if wide else (),
        typed=begun is not None,
    )


def _is_correctable(asked: BaseField) -> bool:
    """Only what a person answered can be corrected."""
    return asked.asked and not isinstance(asked, CertificateField)


def _places(
    asked: BaseField, value: Any, begun: Iterable[Slot], spoken: Language
) -> Iterator[tuple[str, str]]:
    """The parts of an answer a remark may be about, the whole first; those that were chosen always."""
    offered = dict(_parts(asked, value, spoken))
    yield asked.name, say("The whole answer")
    yield from offered.items()
    for slot in begun:
        if slot.place not in offered and slot.place not in ("", asked.name):
            yield slot.place, slot.place


def _parts(asked: BaseField, value: Any, spoken: Language) -> Iterator[tuple[str, str]]:
    parts = [(part.name, part.label(spoken)) for part in asked.parts if part.stored and part.asked]
    if not asked.repeats:
        yield from ((f"{asked.name}.{name}", label) for name, label in parts)
        return
    rows, mark = rows_of(value), "：" if spoken == "ja" else ": "
    for index in range(min(len(rows), MOST_PLACES)):
        row = say("row {number}", {"number": index + 1})
        yield f"{asked.name}.{index}", row
        for name, label in parts if len(rows) <= FEW_ROWS else ():
            yield f"{asked.name}.{index}.{name}", f"{row}{mark}{label}"


@lru_cache(maxsize=128)
def reasons_of(definition: RecordType, spoken: Language) -> tuple[tuple[str, str], ...]:
    """The reason codes as (code, words), none first."""
    told = ((each.code, f"{each.code} {each.label(spoken)}") for each in definition.review.reasons)
    return (("", "—"), *told)


@lru_cache(maxsize=1024)
def options_of(definition: RecordType, spoken: Language, chosen: str = "") -> Markup:
    """The reason codes as the options of a control, drawn once."""
    return Markup().join(
        OPTION.format(code, CHOSEN if code == chosen else "", words)
        for code, words in reasons_of(definition, spoken)
    )


def choices_of(places: Sequence[tuple[str, str]], chosen: str) -> Markup:
    """The parts of an answer as the options of a control."""
    return Markup().join(
        OPTION.format(path, CHOSEN if path == chosen else "", label) for path, label in places
    )


def counted(sections: Iterable[Section]) -> Mapping[str, int]:
    """How much there is on all pages together."""
    found = list(sections)
    return {
        "changed": sum(section.changed for section in found),
        "same": sum(section.same for section in found),
    }
