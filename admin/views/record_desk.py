"""A record both sides work on, as the staff see it: whose turn it is, steps that ask, consents, times."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from admin import moments
from admin.actor import actor_of, site_of
from admin.language import language, say
from admin.links import root_of
from models.documents.record import Record
from models.services.desks import Desk, StepOffer, desk_of
from models.services.measures import Measured, measured_words

Note = tuple[str, str, str]
"""What was typed beside a consent: step, party, words."""

NO_NOTE: Note = ("", "", "")


async def desk_told(request: Request, record: Record | None) -> dict[str, Any]:
    """What ``record_desk.html`` shows of a record; nothing of a damaged one."""
    if record is None:
        return {"desk": None, "desk_shown": False}
    site, actor = site_of(request), actor_of(request)
    desk, root = await desk_of(site, actor, record), root_of(request)
    turn = turn_told(desk)
    asking = any(offer.asks for offer in desk.steps)
    return {
        "desk": desk,
        "desk_shown": bool(turn or asking or desk.left or desk.consents or desk.leads or desk.measured),
        "note": getattr(request.state, "note", NO_NOTE),
        "turn": turn,
        "times": times_told(desk),
        "desk_record": record,
        "begins": [_step_told(root, record, offer) for offer in sorted(desk.steps, key=_rank)],
        "left": [(each.reference, f"{root}/steps/{each.reference}/check") for each in desk.left],
        "steps_href": f"{root}/{record.type}/step",
        "consent_href": f"{root}/{record.type}/consent",
        "lead_href": f"{root}/{record.type}/lead",
        "print_href": f"{root}/{record.type}/print?pk={record.id}",
    }


def _rank(offer: StepOffer) -> int:
    """What leads on comes first, what cannot be undone easily last."""
    return {"primary": 0, "danger": 2}.get(offer.transition.style, 1)


def _step_told(root: str, record: Record, offer: StepOffer) -> dict[str, Any]:
    """A step as a button: where it leads ("" where pressing it begins to ask), and how it looks."""
    asked = urlencode({"pk": str(record.id), "step": offer.name})
    href = "" if offer.asks else f"{root}/{record.type}/step?{asked}"
    return {
        "name": offer.name,
        "label": offer.transition.label(language()),
        "href": f"{root}/steps/{offer.draft.reference}/check" if offer.draft else href,
        "begun": offer.draft is not None,
        "style": offer.transition.style if offer.transition.style in ("primary", "danger") else "",
    }


def turn_told(desk: Desk, *, paper: bool = False) -> str:
    """Whose turn it is, and by when, in words; "" where it is nobody's. It is the reader's where there is
    something they may do; on `paper` it is nobody's own."""
    waits = desk.waits
    acts = bool(desk.steps) or any(party.may_give for offer in desk.consents for party in offer.parties)
    if waits.side == "nobody":
        return ""
    who = waits.who(language())
    words = (
        say("It is your turn")
        if waits.side == "us" and acts and not paper
        else say("Waiting for: {who}", {"who": who})
    )
    if waits.due is None:
        return words
    if waits.overdue:
        return f"{words} · {say('Overdue since {moment}', {'moment': moments.minute(waits.due)})}"
    return f"{words} · {say('By {moment}', {'moment': moments.until(waits.due)})}"


def times_told(desk: Desk) -> list[tuple[str, str]]:
    """The measured times: what each is called, how long and from when until when."""
    return [
        (each.label(language()), f"{measured_words(each, language())} · {_span(each)}")
        for each in desk.measured
    ]


def _span(each: Measured) -> str:
    begin = moments.minute(each.begin)
    return f"{begin} – {moments.minute(each.end)}" if each.end else say("since {moment}", {"moment": begin})
