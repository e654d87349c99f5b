"""The record type: what a steward writes in ``record_types/*.yaml`` and ``choices/*.yaml``."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from models.language import Text
from models.schema.asking import Lead as Lead
from models.schema.asking import StepAnswers as StepAnswers
from models.schema.classes import all_written_down
from models.schema.clock_columns import ClockColumns
from models.schema.duty import Duty
from models.schema.evolution import Steps
from models.schema.fields import AnyField, BaseField
from models.schema.fields.base import Classification, Option, Query
from models.schema.fields.choice import ListedField
from models.schema.page_sides import with_sides
from models.schema.panels import Beside, Diagram
from models.schema.part import SO_LONG
from models.schema.part import Part as Part

Kind = Literal["register", "change", "delete"]

KIND_LABELS: Mapping[Kind, Text] = {
    "register": Text(ja="登録申請", en="Registration"),
    "change": Text(ja="変更申請", en="Change"),
    "delete": Text(ja="削除申請", en="Deletion"),
}

ONLY_KIND = Text(ja="申請", en="Application")
"""What an application of a type is called that is only ever applied for, never changed or deleted."""

FIELDS_PER_PAGE = 6
"""How a form is split when ``pages`` is left out."""


class ChoiceList(Part):
    """A list of answers shared by fields."""

    choices: str
    label: Text
    options: tuple[Option, ...] = Field(min_length=1)


class Page(Part):
    """One page of the form; where it is ``for`` one side, nobody else reads what is on it, at any door."""

    name: str
    label: Text
    help: Text | None = None
    whom: tuple[Literal["operator", "staff"], ...] = Field((), alias="for")
    fields: tuple[str, ...] = Field(min_length=1)


class Check(Part):
    """A rule across fields; ``effective_from``/``to`` bound the days it holds (both inclusive)."""

    name: str
    must: Query
    when: Query | None = None
    message: Text
    at: str
    effective_from: date | None = None
    effective_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in effect on `day`."""
        return (self.effective_from or day) <= day <= (self.effective_to or day)


class ChecklistItem(Part):
    """Something the reviewer confirms before proposing a decision."""

    name: str
    label: Text


class Reason(Part):
    """Why an application is returned or rejected: ``text`` is the sentence its applicant reads with every
    remark of this code, ``mail`` the template sent to them in place of the step's own."""

    code: str
    label: Text
    text: Text | None = None
    mail: str | None = None


class Review(Part):
    """What a reviewer ticks, and why one returns or rejects."""

    checklist: tuple[ChecklistItem, ...] = ()
    reasons: tuple[Reason, ...] = ()


class Numbering(Part):
    """The number given at registration, gap-free per type: ``{seq}`` counts, ``{year}`` is the year."""

    field: str
    format: str = "{seq:010}"


class Asking(Part):
    """How operators are asked for it: by which roles of the staff (``[]`` for duties alone), and with which
    mail."""

    by: tuple[str, ...] = ()
    mail: str


class Applications(Part):
    """How this type is applied for, and whose its records are: those of an operator, or of the organisation
    itself, which only its staff begin and see."""

    kinds: tuple[Kind, ...] = ("register", "change", "delete")
    workflow: str
    about: Literal["operator", "organisation"] = "operator"
    needs: Query = {}
    during: str | None = None
    contact: str | None = None
    terms: bool = False
    certificate: str | None = None
    begun_by: tuple[str, ...] = ("applicant",)
    """Who begins one: ``applicant``, and roles of the staff, who begin it about an operator."""
    one_by_one: bool = False
    """Whether each is written for itself: none comes in a file, or begins with the answers of an earlier
    one."""
    asked: Asking | None = None


OPERATORS = frozenset({"operator", "operator_administrator", "operator_user"})
"""The words of ``access`` that mean operators."""


class RowRule(Part):
    """The records some people may see: those that fulfil ``where``, a condition on the record (its number,
    lifecycle, ``data``) that may ask ``$$ACCOUNT`` (login, email, roles) and ``$$TODAY``."""

    by: tuple[str, ...] = Field(min_length=1)
    where: Query = {}


class Example(Part):
    """Given these answers, expect them to be valid, or these errors at these paths; of a ``step``, those of
    its form."""

    name: Text | str | None = None
    step: str = ""
    given: Mapping[str, Any]
    variables: Mapping[str, Any] = {}
    expect: Literal["valid"] | Mapping[str, str] = "valid"

    @property
    def can_be_sent(self) -> bool:
        """Whether an application with these answers could be sent."""
        return self.expect == "valid" and not self.step


IMPORTANCES = ("normal", "high", "urgent")
"""How much something published may matter."""


class Wording(Part):
    """The fields that hold a text in each language; English may be left out."""

    ja: str
    en: str = ""


class PublicationMail(Part):
    """The mail an edition is announced with; where ``required`` holds of the record (``{}`` always), to
    everybody, whatever they chose."""

    template: str
    required: Query | None = None


class PublicationRule(Part):
    """How records of a type are published: the fields that hold what readers see, and whom it is for."""

    title: Wording
    body: Wording
    audience: str
    facts: tuple[str, ...] = ()
    category: str | None = None
    importance: str | None = None
    pinned: str | None = None
    attachments: str | None = None
    starts: str | None = None
    ends: str | None = None
    acknowledge: str | None = None
    acknowledge_by: str | None = None
    remind: tuple[Annotated[str, Field(pattern=SO_LONG)], ...] = Field(("7 days", "1 days"), max_length=6)
    """How long before the end of its term those are mailed who have not acknowledged."""
    mail: PublicationMail | None = None


class RecordType(Part):
    """One kind of registered thing. Published versions are immutable and hold their options themselves."""

    record_type: str
    label: Text
    plural: Text | None = None
    description: Text | None = None
    purpose: Text | None = None
    """Why personal answers are asked for, where a field does not say so itself."""
    collection: str
    enabled: bool = True
    number: Numbering
    title: str
    belongs_to: str | None = None
    retention: str | None = None
    classification: Classification | None = None
    """The class of its fields that say none themselves."""
    applications: Applications
    duties: tuple[Duty, ...] = ()
    lifecycle: str
    steps: Mapping[str, StepAnswers] = {}
    """What steps of its lifecycle ask for, by the name of the step."""
    leads_to: tuple[Lead, ...] = ()
    beside: tuple[Beside, ...] = Field((), max_length=6)
    diagrams: tuple[Diagram, ...] = Field((), max_length=4)
    columns: ClockColumns = ()
    """Of its lists, besides number, title, state, last change and the answers marked ``list``."""
    publication: PublicationRule | None = None
    access: tuple[RowRule, ...] = ()
    fields: tuple[AnyField, ...] = Field(min_length=1)
    pages: tuple[Page, ...] = ()
    checks: tuple[Check, ...] = ()
    review: Review = Review()
    examples: tuple[Example, ...] = ()
    evolution: tuple[Steps, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, described: Any) -> Any:
        """Fields that say no information class have that of what is around them; those on a page for one side
        are read there alone."""
        fields = described.get("fields") if isinstance(described, Mapping) else None
        if not isinstance(fields, list | tuple):
            return described
        around = described.get("classification")
        classed = all_written_down(fields, around if isinstance(around, str) else None)
        return {**described, "fields": with_sides(classed, described.get("pages"))}

    def __hash__(self) -> int:
        """By checksum, so that what is worked out of a definition can be cached by it."""
        return hash(self.checksum)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RecordType) and other.checksum == self.checksum

    @property
    def name(self) -> str:
        return self.record_type

    @property
    def is_ours(self) -> bool:
        """Whether its records are the organisation's own, of no operator."""
        return self.applications.about == "organisation"

    @property
    def is_open_to_operators(self) -> bool:
        """Whether operators see records of the organisation's own: where its rules name them."""
        return self.is_ours and any(not OPERATORS.isdisjoint(rule.by) for rule in self.access)

    @cached_property
    def by_name(self) -> Mapping[str, BaseField]:
        """The fields by name, top level only."""
        return {field.name: field for field in self.fields}

    @cached_property
    def laid_out(self) -> tuple[Page, ...]:
        """The pages of the form; when none are written, one per FIELDS_PER_PAGE fields."""
        if self.pages:
            return self.pages
        later = self.asked_later
        names = [f.name for f in self.fields if (f.asked or not f.stored) and f.name not in later]
        chunks = [names[i : i + FIELDS_PER_PAGE] for i in range(0, len(names), FIELDS_PER_PAGE)]
        return tuple(
            Page(name=f"page_{n}", label=Text(ja=f"{n} ページ", en=f"Page {n}"), fields=tuple(chunk))
            for n, chunk in enumerate(chunks, 1)
        )

    @cached_property
    def asked_later(self) -> frozenset[str]:
        """The fields only steps of the lifecycle ask for."""
        placed = {name for page in self.pages for name in page.fields}
        return frozenset(name for step in self.steps.values() for name in step.asks) - placed

    @cached_property
    def forms(self) -> "Mapping[str, RecordType]":
        """The form of each step, by its name, and under "" that of an application: the same fields, of which
        those asked for at another time are not demanded, on the pages of what is asked for now."""
        if not self.steps:
            return {"": self}
        steps = {
            name: self._form(frozenset(step.asks), _page_of(name, step)) for name, step in self.steps.items()
        }
        return {"": self._form(frozenset(), self.laid_out), **steps}

    def form_of(self, step: str) -> "RecordType":
        """The form of a step, or of an application where this definition knows no such step (``forms``)."""
        return self.forms.get(step) or self.forms[""]

    def told(self, labels: Mapping[str, Text]) -> "RecordType":
        """This definition with what only steps ask for on pages of its own, one for each step that has any,
        called as `labels` (by the step) say: a record as it is read."""
        later, pages = set(self.asked_later), []
        for name, step in self.steps.items():
            if mine := tuple(each for each in step.asks if each in later and each in self.by_name):
                label = labels.get(name) or Text(ja=name)
                pages.append(Page(name=f"step_{name}", label=label, fields=mine))
                later -= set(mine)
        return self.model_copy(update={"pages": (*self.laid_out, *pages)}) if pages else self

    def _form(self, asked: frozenset[str], pages: tuple[Page, ...]) -> "RecordType":
        other = self.asked_later - asked
        relaxed = {"required": False, "required_when": None}
        fields = tuple(f.model_copy(update=relaxed) if f.name in other else f for f in self.fields)
        checks = tuple(check for check in self.checks if check.at.split(".")[0] not in other)
        return self.model_copy(update={"fields": fields, "pages": pages, "checks": checks})

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the canonical form: equal definitions have equal checksums."""
        return checksum_of(self.published())

    def published(self) -> dict[str, Any]:
        """The definition as plain JSON values, as it is stored and read back."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def resolved(self, lists: Mapping[str, ChoiceList]) -> "RecordType":
        """This type with the options of its choice lists put in, so that a published version stands alone."""
        return self.model_copy(update={"fields": tuple(_with_options(field, lists) for field in self.fields)})

    def title_of(self, data: Mapping[str, Any]) -> str:
        """What a person calls this record, from its answers; missing answers are left blank, secrets are
        dots, groups (a name, an address) read as a person would read them."""
        told = {name: self._in_title(name, value) for name, value in data.items() if value is not None}
        return self.title.format_map(_Blank(told)).strip()

    def _in_title(self, name: str, value: Any) -> Any:
        field = self.by_name.get(name)
        shown = field is not None and (
            field.confidential or bool(field.parts) or (isinstance(field, ListedField) and field.options)
        )
        return field.show(value, "ja") if field is not None and shown else value


def _page_of(name: str, step: StepAnswers) -> tuple[Page, ...]:
    return (Page(name=name, label=Text(ja="記入事項", en="Answers"), help=step.help, fields=step.asks),)


def checksum_of(published: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a definition as it is stored, in canonical form."""
    canonical = json.dumps(published, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _with_options(field: BaseField, lists: Mapping[str, ChoiceList]) -> BaseField:
    if field.parts:
        return field.with_parts(tuple(_with_options(part, lists) for part in field.parts))
    if isinstance(field, ListedField) and field.choices is not None and field.choices in lists:
        return field.model_copy(update={"options": lists[field.choices].options})
    return field


def walk(
    fields: tuple[BaseField, ...], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], BaseField]]:
    """Every field with its path, those inside tables and groups included."""
    for field in fields:
        yield (*path, field.name), field
        yield from walk(field.parts, (*path, field.name))


def singles(
    fields: tuple[BaseField, ...], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], BaseField]]:
    """As ``walk``, without what is inside tables: the fields a record has at most one answer to."""
    for field in fields:
        yield (*path, field.name), field
        if not field.repeats:
            yield from singles(field.parts, (*path, field.name))


def kind_label(definition: RecordType, kind: Kind) -> Text:
    """What an application of this kind is called."""
    return ONLY_KIND if definition.applications.kinds == ("register",) else KIND_LABELS[kind]


def in_order(definitions: Iterable[RecordType], own: str) -> list[RecordType]:
    """Record types as an operator looks for them: its `own` registration, what it registers and changes, what
    is only ever applied for, and last what it is asked for."""

    def place(definition: RecordType) -> tuple[bool, bool, bool, str]:
        applications = definition.applications
        once, asked = applications.kinds == ("register",), "applicant" not in applications.begun_by
        return definition.name != own, asked, once, definition.name

    return sorted(definitions, key=place)
