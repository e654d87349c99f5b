"""The daily digest: one mail in the morning with what waits in somebody's inbox, where they chose it."""

from datetime import datetime, time
from typing import Any

from models.documents.account import Account
from models.documents.base import Id, read_id
from models.documents.store import Session
from models.language import Language, translate
from models.services import inbox
from models.services.identifying import acting
from models.services.inbox_due import go_on, next_round
from models.services.messages import Letter, Recipient, is_written, queue_letter
from models.services.roles import may_act
from models.services.site import Site

NAME, TEMPLATE = "digest", "daily_digest"

FROM = time(8, 30)
"""From when on it is sent, in the site's time zone; late rather than not at all, but on its day."""

BATCH = 50
"""People looked at before the worker writes down how far it is."""

MOST = 20
"""Most lines of one digest; it says how many more there are."""


async def send_some(site: Site) -> bool:
    """Queue the digests of the next people who chose one; False when today's round is over or has not
    begun. Nobody gets two on one day, and nobody one with nothing in it."""
    if not is_written(site, TEMPLATE) or _local(site).time() < FROM:
        return False
    going = await next_round(site, NAME)
    if going is None:
        return False
    found = await _next(site, going.place)
    for account in found:
        if may_act(site, account):
            await _send(site, account)
    await go_on(site, going, read_id(found[-1].id) if len(found) == BATCH else None)
    return True


def _local(site: Site) -> datetime:
    return site.now().astimezone(site.calendar.zone)


async def _next(site: Site, after: Id | None) -> list[Account]:
    """The next people who get one today: every day, or on business days."""
    chosen = ["daily", "weekdays"] if site.calendar.is_business_day(site.today()) else ["daily"]
    where: dict[str, Any] = {"mail_choices.digest": {"$in": chosen}, "status": "active"}
    if after is not None:
        where["_id"] = {"$gt": after}
    rows = Account.raw().find(where).sort("_id", 1).limit(BATCH)
    return [Account.model_validate(row) async for row in rows]


async def _send(site: Site, account: Account) -> None:
    lines, count = await inbox.waiting(site, acting(site, account), MOST)
    if not count or not account.email:
        return
    staff, language = account.kind == "staff", account.language
    base = f"{site.base_url}{'/admin' if staff else '/portal'}"
    values = {
        "count": str(count),
        "lines": "\n".join(f"- {line}" for line in _told(lines, count, language)),
        "page": f"{base}/inbox",
        "preferences_page": f"{base}/account#mails",
    }
    letter = Letter(
        TEMPLATE,
        Recipient(account.email, account.name, language),
        f"digest:{account.id}:{site.today().isoformat()}",
        values=values,
        operator_id=account.operator_id,
        account_id=account.id,
    )

    async def body(session: Session) -> None:
        await queue_letter(site, letter, session)

    await site.store.transaction(body)


def _told(lines: list[inbox.Line], count: int, language: Language) -> list[str]:
    """The sentences, and how many more there are. Of titles and names a mail says nothing."""
    told = [line.text(language) for line in lines]
    left = count - len(lines)
    return [*told, translate("and {count} more", language, count=left)] if left > 0 else told
