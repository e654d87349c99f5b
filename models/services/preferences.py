"""What a person is written by mail, as they chose it, within what the rules require.

Mails about the course of an own application, the terms, losses and the account itself are no choice: they
are always sent. Everything is told in the inbox too (``models.services.inbox``), whatever is chosen here."""

from collections.abc import Mapping
from typing import Literal, get_args

from models.documents.account import Account, MailChoices
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.publication import Importance
from models.documents.store import Session
from models.errors import AnswersInvalid
from models.language import Message
from models.permissions import Actor
from models.schema.fault import AnswerError
from models.services.events import record_event
from models.services.own_account import own_account
from models.services.site import Site
from models.services.switches import require_writing

Kind = Literal["notices", "reminders", "applications", "terms", "losses", "security"]
"""What a mail is about, as far as choices go."""

REQUIRED: tuple[Kind, ...] = ("applications", "terms", "losses", "security")
"""What is always sent: the rules and the terms of use require it, or somebody's security rests on it."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    name: get_args(field.annotation) for name, field in MailChoices.model_fields.items()
}
"""What there is to choose from, by what is chosen."""


def wants(account: Account, kind: Kind, importance: Importance = "normal") -> bool:
    """Whether `account` is to be mailed something of this kind and importance. What must reach everybody
    (``Publication.required``) is sent without asking here."""
    if kind == "notices":
        chosen = account.mail_choices.notices
        return chosen == "all" or (chosen == "important" and importance != "normal")
    return kind != "reminders" or account.mail_choices.reminders == "all"


async def keep_choices(site: Site, actor: Actor, chosen: Mapping[str, str]) -> MailChoices:
    """Keep what `actor` chose to be mailed. Raises SignInRequired, WritingStopped, AnswersInvalid (path: the
    choice that is none)."""
    account = await own_account(actor)
    await require_writing(site, actor)
    errors = [
        AnswerError(name, "choice", Message("Choose one of what is offered."))
        for name, offered in CHOICES.items()
        if chosen.get(name) not in offered
    ]
    if errors:
        raise AnswersInvalid(tuple(errors))
    kept = MailChoices.model_validate({name: chosen[name] for name in CHOICES})
    if kept != account.mail_choices:
        await _store(site, actor, account, kept)
    return kept


async def _store(site: Site, actor: Actor, account: Account, kept: MailChoices) -> None:
    values = kept.model_dump()

    async def body(session: Session) -> None:
        await update_where(Account, {"_id": account.id}, {"$set": {"mail_choices": values}}, session)
        subject = Subject(kind="account", id=account.id, label=account.login)
        operator = account.operator_id
        await record_event(
            site, actor, "account.mail_chosen", subject, session, operator_id=operator, **values
        )

    await site.store.transaction(body)
