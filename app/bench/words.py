"""The words the raw pages show, taken from the configuration once, in Japanese."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.configuration.load import Configuration
from models.schema.definition import Page, RecordType
from models.schema.fields.base import BaseField
from models.schema.fields.choice import BooleanField, ListedField


@dataclass(frozen=True, slots=True)
class Control:
    """One question."""

    name: str
    label: str
    help: str
    example: str
    required: bool
    many: bool
    options: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of the form."""

    name: str
    label: str
    controls: Sequence[Control]


@dataclass(frozen=True, slots=True)
class Words:
    """Everything the templates say that is not an answer."""

    site: str
    organisation: str
    intro: str
    types: Sequence[tuple[str, str]]
    sheets: Sequence[Sheet]
    states: dict[str, str]
    waiting: Sequence[str]
    steps: Sequence[tuple[str, str]]
    moves: dict[str, tuple[Sequence[str], str, bool]]
    """Of every step: where from, where to, and whether it puts somebody in charge."""
    checklist: Sequence[tuple[str, str]]
    reasons: Sequence[tuple[str, str]]
    collection: str
    unique: Sequence[tuple[str, str]]
    live: Sequence[str]
    type_label: str

    def page(self, name: str) -> Sheet:
        """A page of the form by its name."""
        return next(sheet for sheet in self.sheets if sheet.name == name)

    def views(self, account: Any) -> dict[str, dict[str, Any]]:
        """The queue's views, as queries."""
        waiting = {"$in": list(self.waiting)}
        return {
            "waiting": {"state": waiting},
            "mine": {"assignee.id": account, "state": waiting},
            **{name: {"state": name} for name in self.states},
        }


def words_of(configuration: Configuration) -> Words:
    """The words of the site's operator form, its workflow and its queue."""
    kind = configuration.record_types[configuration.site.operator_type]
    flow = configuration.workflows[kind.applications.workflow]
    site, states = configuration.site, flow.states
    held = {name: state for name, state in states.items() if not state.final and state.held_by}
    return Words(
        site=site.name("ja"),
        organisation=site.organisation("ja"),
        intro=site.intro("ja"),
        types=[(k.label("ja"), k.description("ja") if k.description else "") for k in _kinds(configuration)],
        sheets=[_sheet(kind, page) for page in kind.laid_out],
        states={name: state.label("ja") for name, state in states.items() if not state.initial},
        waiting=[name for name, state in held.items() if state.held_by != "applicant"],
        steps=[(n, t.label("ja")) for n, t in flow.transitions.items() if "assignee" in t.by],
        moves={n: (t.origins, t.to, t.sets == "assignee") for n, t in flow.transitions.items()},
        checklist=[(item.name, item.label("ja")) for item in kind.review.checklist],
        reasons=[(reason.code, reason.label("ja")) for reason in kind.review.reasons],
        collection=kind.collection,
        unique=[(target.name, target.label("ja")) for target in kind.fields if target.unique],
        live=list(configuration.lifecycles[kind.lifecycle].states)[:2],
        type_label=kind.label("ja"),
    )


def _kinds(configuration: Configuration) -> Sequence[RecordType]:
    return [kind for kind in configuration.record_types.values() if kind.enabled]


def _sheet(kind: RecordType, page: Page) -> Sheet:
    known = (kind.by_name[name] for name in page.fields)
    return Sheet(page.name, page.label("ja"), [_control(target) for target in known if target.stored])


def _control(target: BaseField) -> Control:
    return Control(
        target.name,
        target.label("ja"),
        target.help("ja") if target.help else "",
        str(target.example or ""),
        target.required,
        target.control == "choices",
        _options(target),
    )


def _options(target: BaseField) -> Sequence[tuple[str, str]]:
    if isinstance(target, BooleanField):
        return (("yes", target.yes("ja")), ("no", target.no("ja")))
    return tuple((o.code, o.label("ja")) for o in target.options) if isinstance(target, ListedField) else ()
