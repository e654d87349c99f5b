"""Asking for a review of accounts, and reminding of it: one mail a stage, by the worker."""

from datetime import date
from typing import Any

from models.documents.account import Account
from models.documents.base import Id, read_id
from models.documents.recertification import Recertification, RecertificationLine
from models.documents.store import Session
from models.grants import PERMISSIONS
from models.services.administration import has_mail
from models.services.day_words import day_words
from models.services.messages import Letter, Recipient, queue_letter
from models.services.roles import ADMINISTRATOR
from models.services.site import Site

STAGES = (14, 7, 1, -1)
"""Days before the day a round is due on which it is reminded of; -1: the day after, once."""

ASKED = 1
"""The stage of the first mail; each of STAGES is one further."""


def stage_of(site: Site, review: Recertification) -> int:
    """How often whoever decides is to have been asked by now. A stage that lies before the round began, or
    within the day it did, is the first mail's."""
    due, begun = date.fromisoformat(review.due), review.begun_at.astimezone(site.calendar.zone).date()
    whole, left = (due - begun).days, (due - site.today()).days
    return ASKED + sum(left <= days < whole for days in STAGES)


async def ask_for_review(site: Site) -> bool:
    """Mail the next side (an operator's administrator, or the staff) that is to be asked or reminded; False
    when nobody is."""
    async for review in Recertification.find({"open": True}):
        stage = stage_of(site, review)
        where = {"round_id": review.id, "state": "open", "told": {"$lt": stage}}
        line = await RecertificationLine.raw().find_one(where, {"operator_id": 1})
        if line is not None:
            await _ask(site, review, line.get("operator_id"), stage)
            return True
    return False


async def _ask(site: Site, review: Recertification, operator_id: Id | None, stage: int) -> None:
    within: dict[str, Any] = {"round_id": review.id, "state": "open", "operator_id": operator_id}
    count = await RecertificationLine.raw().count_documents(within)
    people = await _people(operator_id)

    async def body(session: Session) -> None:
        for account in people:
            await queue_letter(site, _letter(site, review, account, count, stage), session)
        where = {**within, "told": {"$lt": stage}}
        await RecertificationLine.raw().update_many(where, {"$set": {"told": stage}}, session=session)

    if not has_mail(site, "review_asked"):
        people = []
    await site.store.transaction(body)


async def _people(operator_id: Id | None) -> list[Account]:
    if operator_id is not None:
        where: dict[str, Any] = {"operator_id": operator_id, "kind": "operator", "roles": ADMINISTRATOR}
    else:
        where = {"kind": "staff", "roles": {"$in": sorted(PERMISSIONS["review.decide"].holders)}}
    return await Account.find({**where, "status": "active"}).limit(100).to_list()


def _letter(site: Site, review: Recertification, account: Account, count: int, stage: int) -> Letter:
    place = "portal/reviews" if account.kind == "operator" else "admin/reviews"
    return Letter(
        "review_asked",
        Recipient(account.email, account.name, account.language),
        f"review:{review.id}:{stage}",
        values={
            "count": str(count),
            "due_date": day_words(review.due, account.language),
            "review_page": f"{site.base_url}/{place}/{read_id(review.id)}",
        },
        operator_id=account.operator_id,
        account_id=account.id,
    )
