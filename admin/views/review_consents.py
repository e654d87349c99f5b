"""Consents on the review page: to steps of an application that rest on several parties."""

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin import moments
from admin.actor import actor_of, site_of
from admin.language import N_, language
from admin.posted import text_of
from admin.views.page import route
from admin.views.review_given import read_given
from admin.views.review_parts import ReviewParts
from models.documents.application import Application
from models.errors import NotFound, TorokuError
from models.schema.definition import RecordType
from models.services import assents
from models.services.consents import ConsentOffer, PartyStanding
from models.services.deeds import REASON_LIMIT

DONE = {
    "give": N_("Your consent has been kept."),
    "withdraw": N_("The consent has been taken back."),
}


@dataclass(frozen=True, slots=True)
class ToldParty:
    """One party of a step: what it is called and states, its consent in words ("" for none), the note with
    it, and what one may do: ``give``, ``withdraw`` or nothing."""

    party: str
    name: str
    statement: str
    given: str
    note: str
    act: str


class ReviewConsents(ReviewParts):
    """``/applications/{reference}/consents``."""

    async def parts(
        self, request: Request, application: Application, definition: RecordType, typed: FormData | None
    ) -> dict[str, Any]:
        """What ``review/consents.html`` draws from besides."""
        told = await super().parts(request, application, definition, typed)
        offers = assents.standing_for(site_of(request), actor_of(request), application)
        note = text_of(typed, "consent_note", longest=REASON_LIMIT + 1) if typed else ""
        return {**told, "consents": [_told(offer) for offer in offers], "consent_note": note}

    @route("/{reference}/consents/{step}/{party}/{act}", methods=["POST"])
    async def consent(self, request: Request) -> Response:
        """Consent to a step for a party, or take that back; what else was typed stays."""
        application, form = await self.find(request), await self.form(request)
        step, party, act = (str(request.path_params[name])[:64] for name in ("step", "party", "act"))
        if act not in DONE:
            raise NotFound
        revision, note = read_given(form).revision, text_of(form, "consent_note", longest=REASON_LIMIT + 1)
        try:
            moved = await (assents.give if act == "give" else assents.withdraw)(
                site_of(request),
                actor_of(request),
                application,
                step,
                party,
                note,
                revision=-1 if revision is None else revision,
            )
        except NotFound:
            raise
        except TorokuError as refusal:
            return await self.draw(request, await self.find(request), typed=form, refusal=refusal)
        kept = FormData([(name, value) for name, value in form.multi_items() if name != "consent_note"])
        return await self.done_with(request, moved, kept, DONE[act], "consents")


def _told(offer: ConsentOffer) -> dict[str, Any]:
    spoken = language()
    return {
        "step": offer.step,
        "label": offer.transition.label(spoken),
        "at_once": offer.at_once,
        "mine": offer.mine,
        "parties": [_party(each) for each in offer.parties],
    }


def _party(each: PartyStanding) -> ToldParty:
    spoken, given, note = language(), "", ""
    if each.given is not None and each.who is not None:
        given, note = f"{each.who(spoken)} · {moments.minute(each.given.at)}", each.given.note
    act = "give" if each.may_give else "withdraw" if each.may_withdraw else ""
    return ToldParty(each.party, each.name(spoken), each.statement(spoken), given, note, act)
