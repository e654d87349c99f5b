"""The pages measured: for each, what one connection sends to our program and what to the raw one.

Both get the same bytes wherever they can; the raw server answers at the same addresses."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any

from app.bench.client import get, post
from app.bench.load import Requests
from app.bench.stage import Draft, Stage
from models.schema.definition import RecordType
from models.schema.fields.base import BaseField


@dataclass(frozen=True)
class Page:
    """One row of the table. `requests(side, worker)` are what one connection asks; `most` bounds one window
    (0: only time does); below `floor` times the raw rate the row is flagged."""

    name: str
    status: int
    requests: Callable[[int, int], Requests]
    floor: float | None = None
    most: int = 0


def pages_of(stage: Stage, per_window: int) -> list[Page]:
    """Every page, those that only read first; submitting ends after `per_window` a window."""
    first = stage.filled.definition.laid_out[0].name
    typed = typed_fields(stage.filled.definition, stage.filled.answers)
    wrong = {**typed, **dict.fromkeys(_texts(stage.filled.definition), "")}
    reviews = [f"/admin/applications/{reference}" for reference in stage.reviews]

    def writing(side: int, worker: int) -> Draft:
        return stage.sides[side].writing[worker]

    def saving(side: int, worker: int, fields: Mapping[str, str | list[str]], keeps: bool) -> Requests:
        draft = writing(side, worker)
        for revision in count() if keeps else cycle([0]):
            told = {**fields, "revision": str(revision), "action": "next"}
            yield post(f"/applications/{draft.reference}/pages/{first}", draft.token, told)

    def form(side: int, worker: int) -> Requests:
        draft = writing(side, worker)
        return cycle([get(f"/applications/{draft.reference}/pages/{first}", draft.token)])

    ready = [iter(side.ready) for side in stage.sides]
    return [
        Page("home", 200, lambda _side, _worker: cycle([get("/")])),
        Page("form page", 200, form, floor=0.3),
        Page("form page, invalid", 422, lambda side, worker: saving(side, worker, wrong, keeps=False)),
        Page(
            "review page",
            200,
            lambda _side, _worker: cycle(get(p, stage.reviewer) for p in reviews),
            floor=0.3,
        ),
        Page("queue", 200, lambda _side, _worker: cycle([get("/admin/queue", stage.reviewer)]), floor=0.3),
        Page("form page, saved", 303, lambda side, worker: saving(side, worker, typed, keeps=True)),
        Page("submit", 303, lambda side, _worker: _submitting(ready[side]), most=per_window),
    ]


def _submitting(ready: Iterator[Draft]) -> Requests:
    """Each draft can be handed over once; all connections of a side share them."""
    for draft in ready:
        yield post(f"/applications/{draft.reference}/check", draft.token, {"revision": "0"})


def typed_fields(definition: RecordType, answers: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """What a browser sends for the first page of a form: every control, empty ones too."""
    page = definition.laid_out[0]
    asked = [definition.by_name[name] for name in page.fields if definition.by_name[name].asked]
    sent: dict[str, str | list[str]] = {}
    for target in asked:
        sent |= _typed(target, answers.get(target.name))
    return {**sent, "asked": " ".join(target.name for target in asked)}


def _typed(target: BaseField, value: Any) -> dict[str, str | list[str]]:
    if isinstance(value, list):
        return {target.name: [str(code) for code in value]}
    text = str(value or "")
    again = {f"{target.name}__confirm": text} if getattr(target, "confirm", False) else {}
    return {target.name: text, **again}


def _texts(definition: RecordType) -> list[str]:
    """The questions of the first page that must be answered in writing."""
    known = (definition.by_name[name] for name in definition.laid_out[0].fields)
    return [target.name for target in known if target.asked and target.required and target.control == "text"]
