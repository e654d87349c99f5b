"""What a change would touch, as a table: kind, what, how many, which, and the step that would save it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from starlette.requests import Request

from admin.actor import may
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from models.schema.writing import write_yaml
from models.services.impact import Counted, Impact


class Kind(NamedTuple):
    """How a kind of change is shown: sign, words, tone. The words carry the meaning."""

    sign: str
    words: object
    tone: str


KINDS: Mapping[str, Kind] = {
    "safe": Kind("✓", _("Safe"), "good"),
    "step": Kind("△", _("Needs a step"), "warn"),
    "loses": Kind("✕", _("Loses data"), "bad"),
}
SETTLED = Kind("✓", _("Settled"), "info")

BOUNDS = {"least": _("at least"), "most": _("at most")}
"""What is said before a count the database cannot tell exactly."""


class Named(NamedTuple):
    """A record or an application by its number; ``href`` is empty for somebody who may not open it."""

    number: str
    href: str


@dataclass(frozen=True, slots=True)
class Touched:
    """One line of the table. `step` is YAML; `wants` says that it needs a step or an acknowledgement;
    `name` (``code:path``) tells it from the others."""

    name: str
    kind: Kind
    path: str
    what: str
    records: int
    drafts: int
    applications: int
    bound: str
    numbers: tuple[Named, ...]
    references: tuple[Named, ...]
    step: str
    settled: str
    wants: bool
    ticked: bool


def report(
    request: Request, type_name: str, impact: Impact, acknowledged: Collection[str] = ()
) -> list[Touched]:
    """The lines of `impact`: what loses first, then what needs a step, then what is safe."""
    wanting = {(row.change.code, row.change.path) for row in impact.refusals(())}
    lines = [_touched(request, type_name, row, wanting, acknowledged) for row in impact.changes]
    order = {"bad": 0, "warn": 1, "info": 2, "good": 3}
    return sorted(lines, key=lambda line: (not line.wants, order[line.kind.tone]))


def _touched(
    request: Request,
    type_name: str,
    row: Counted,
    wanting: set[tuple[str, str]],
    acknowledged: Collection[str],
) -> Touched:
    change = row.change
    return Touched(
        name=f"{change.code}:{change.path}",
        kind=SETTLED if change.settled_by else KINDS[change.kind],
        path=change.path,
        what=change.message(language()),
        records=row.records,
        drafts=row.drafts,
        applications=row.applications,
        bound=str(BOUNDS.get(change.bound, "")),
        numbers=tuple(_records(request, type_name, row.numbers)),
        references=tuple(_applications(request, row.references)),
        step=write_yaml(dict(change.step)).rstrip() if change.step and not change.settled_by else "",
        settled=say("by the step “{step}”", {"step": change.settled_by}) if change.settled_by else "",
        wants=(change.code, change.path) in wanting,
        ticked=change.path in acknowledged,
    )


def _records(request: Request, type_name: str, numbers: Collection[str]) -> Iterator[Named]:
    base = f"{root_of(request)}/{quote(type_name)}/list?number__eq=" if may(request, "record.view") else ""
    return (Named(number, f"{base}{quote(number, safe='')}" if base else "") for number in numbers)


def _applications(request: Request, references: Collection[str]) -> Iterator[Named]:
    base = f"{root_of(request)}/applications/" if may(request, "application.view") else ""
    return (Named(one, f"{base}{quote(one, safe='')}" if base else "") for one in references)
