"""The pages measured: for each, what one connection sends to our program and what to the raw one.

Both get the same bytes wherever they can; the raw server answers at the same addresses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any, Self

from app.bench.client import get, post
from app.bench.load import Requests
from app.bench.plan import CONCURRENCIES
from app.bench.stage import Draft, Stage
from models.schema.definition import RecordType
from models.schema.fields.base import BaseField


@dataclass(frozen=True)
class Page:
    """One page, a row of the table for each number of connections in `at`. `requests(side, worker)` are what
    one connection asks; `most` bounds one window (0: only time does); below `floor` times the raw rate, or
    below `rate` requests a second, the row is flagged."""

    name: str
    status: int
    requests: Callable[[int, int], Requests]
    floor: float | None = None
    most: int = 0
    at: Sequence[int] = CONCURRENCIES
    rate: float | None = None


def pages_of(stage: Stage, per_window: int) -> list[Page]:
    """Every page, those that only read first; submitting ends after `per_window` a window."""
    reviews = [f"/admin/applications/{reference}" for reference in stage.reviews]
    filling, ready = Filling.of(stage), [iter(side.ready) for side in stage.sides]
    return [
        Page("home", 200, lambda _side, _worker: cycle([get("/")])),
        Page("form page", 200, filling.show, floor=0.3),
        Page("form page, invalid", 422, filling.refuse),
        Page(
            "review page",
            200,
            lambda _side, _worker: cycle(get(p, stage.reviewer) for p in reviews),
            floor=0.3,
        ),
        Page("queue", 200, lambda _side, _worker: cycle([get("/admin/queue", stage.reviewer)]), floor=0.3),
        Page("form page, saved", 303, filling.save),
        Page("submit", 303, lambda side, _worker: submitting(ready[side]), most=per_window),
    ]


@dataclass(frozen=True, slots=True)
class Filling:
    """What is sent for the first page of a form: `typed` is right, `wrong` leaves out every text that is
    required. Each connection has an application of its own."""

    stage: Stage
    page: str
    typed: Mapping[str, str | list[str]]
    wrong: Mapping[str, str | list[str]]

    @classmethod
    def of(cls, stage: Stage) -> Self:
        """The first page of the form of `stage`."""
        definition = stage.filled.definition
        typed = typed_fields(definition, stage.filled.answers)
        empty = dict.fromkeys(_texts(definition), "")
        return cls(stage, definition.laid_out[0].name, typed, {**typed, **empty})

    def show(self, side: int, worker: int) -> Requests:
        """The page asked for."""
        draft = self.stage.sides[side].writing[worker]
        return cycle([get(self._address(draft), draft.token)])

    def refuse(self, side: int, worker: int) -> Requests:
        """What cannot be kept, again and again."""
        draft = self.stage.sides[side].writing[worker]
        return cycle([post(self._address(draft), draft.token, {**self.wrong, **_pressed(0)})])

    def save(self, side: int, worker: int) -> Requests:
        """What is kept, each time from the revision the time before left."""
        draft = self.stage.sides[side].writing[worker]
        for revision in count():
            yield post(self._address(draft), draft.token, {**self.typed, **_pressed(revision)})

    def _address(self, draft: Draft) -> str:
        return f"/applications/{draft.reference}/pages/{self.page}"


def _pressed(revision: int) -> Mapping[str, str]:
    return {"revision": str(revision), "action": "next"}


def submitting(ready: Iterator[Draft]) -> Requests:
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
