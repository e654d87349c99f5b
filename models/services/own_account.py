"""One's own account, as its owner sees and changes it."""

from models.documents.account import Account
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import NotFound, SignInRequired
from models.language import LANGUAGES, Language
from models.permissions import Actor
from models.services.events import record_event
from models.services.locking import subject_of
from models.services.site import Site


async def own_account(actor: Actor) -> Account:
    """The account behind `actor`. Raises SignInRequired."""
    account = await Account.get(actor.account_id) if actor.account_id is not None else None
    if account is None:
        raise SignInRequired
    return account


async def keep_language(site: Site, actor: Actor, language: str) -> Language:
    """Write to `actor` in this language from now on. Raises SignInRequired, NotFound (no such language)."""
    account = await own_account(actor)
    chosen = next((known for known in LANGUAGES if known == language), None)
    if chosen is None:
        raise NotFound

    async def body(session: Session) -> None:
        await update_where(Account, {"_id": account.id}, {"$set": {"language": chosen}}, session)
        operator = account.operator_id
        await record_event(
            site, actor, "account.language_set", subject_of(account), session, operator_id=operator
        )

    await site.store.transaction(body)
    return chosen
