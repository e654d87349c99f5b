"""Telling somebody that what they sign in with was changed (ASVS 6.3.7)."""

from models.documents.account import Account
from models.documents.store import Session
from models.language import Message
from models.services.messages import Letter, Recipient, is_written, queue_letter
from models.services.site import Site

CHANGED = "password_changed"
"""The mail, where a site has it."""


async def tell_of_change(site: Site, account: Account, what: Message, session: Session) -> None:
    """Mail the owner of an account what was changed; once for each change."""
    if not is_written(site, CHANGED):
        return
    letter = Letter(
        template=CHANGED,
        recipient=Recipient(account.email, account.name, account.language),
        cause=f"changed:{account.id}:{site.entropy(8).hex()}",
        values={"title": what(account.language)},
        operator_id=account.operator_id,
        account_id=account.id,
    )
    await queue_letter(site, letter, session)
