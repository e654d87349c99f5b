"""What a reviewer typed on the review page, as a step takes it and as the page shows it again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData

from admin.posted import text_of
from models.services.steps import Given

MOST_REMARK = 2000
MOST_SLOTS = 20
"""Most remarks at one answer."""

AGAIN = "~"
"""Stands before the number of a further remark at the same answer: ``remark.units~1``."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Room for one remark at an answer: `key` ends the names of its inputs, `place` is what it is about."""

    key: str
    text: str = ""
    reason: str = ""
    place: str = ""


def read_given(form: FormData) -> Given:
    """What the reviewer brought along, from the posted form. Remarks at the same part become one."""
    remarks: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for slot in _typed(form):
        if slot.text:
            earlier = remarks.get(slot.place)
            remarks[slot.place] = f"{earlier}\n{slot.text}" if earlier else slot.text
        if slot.reason:
            reasons.setdefault(slot.place, slot.reason)
    return Given(
        remarks=remarks,
        reasons=reasons,
        checklist=tuple(str(value)[:64] for value in form.getlist("checklist")),
        reason=text_of(form, "reason", longest=MOST_REMARK),
        code=text_of(form, "code", longest=64),
        revision=_revision(text_of(form, "revision", longest=12)),
    )


def _revision(text: str) -> int | None:
    """The revision the page showed; one that no page shows fits nothing. None where none was sent."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() else -1


def _typed(form: FormData) -> Iterator[Slot]:
    """Every remark that was begun, in the order of the page."""
    keys = (name.partition(".")[2] for name in form if name.startswith(("remark.", "reason.")))
    for key in dict.fromkeys(keys):
        if not (form.get(f"remark.{key}") or form.get(f"reason.{key}")):
            continue  # most boxes are sent empty
        slot = _slot(form, key)
        if slot.text or slot.reason:
            yield slot


def _slot(form: FormData, key: str) -> Slot:
    base = key.partition(AGAIN)[0]
    place = text_of(form, f"part.{key}", longest=200)
    return Slot(
        key=key,
        text=text_of(form, f"remark.{key}", longest=MOST_REMARK),
        reason=text_of(form, f"reason.{key}", longest=64),
        place=place if place == base or place.startswith(f"{base}.") else base,
    )


def slots_of(typed: FormData | None) -> Mapping[str, list[Slot]]:
    """The remarks that were begun, by the answer they are at; where one more was asked for (``more``), an
    empty one after them."""
    found: dict[str, list[Slot]] = {}
    if typed is None:
        return found
    for slot in _typed(typed):
        found.setdefault(slot.key.partition(AGAIN)[0].partition(".")[0], []).append(slot)
    more = text_of(typed, "more", longest=100)
    if more:
        found.setdefault(more, []).append(Slot(key=more))
    return {name: _numbered(name, slots[:MOST_SLOTS]) for name, slots in found.items()}


def _numbered(name: str, slots: list[Slot]) -> list[Slot]:
    """The slots with keys of their own, in order."""
    return [
        Slot(f"{name}{AGAIN}{count}" if count else name, slot.text, slot.reason, slot.place)
        for count, slot in enumerate(slots)
    ]


def is_typed(form: FormData) -> bool:
    """Whether anything would be lost if the page were asked for anew."""
    words = any(text_of(form, name, longest=MOST_REMARK) for name in ("reason", "code", "more", "comment"))
    return words or bool(form.getlist("checklist")) or next(_typed(form), None) is not None
