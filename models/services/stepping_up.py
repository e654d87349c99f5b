"""Sensitive acts ask who is there once more, unless they proved it a moment ago (ASVS 7.5.3)."""

from datetime import timedelta

from models.errors import ConfirmationRequired, SignInRequired
from models.permissions import Actor
from models.services.site import Site

RECENT = timedelta(minutes=15)
"""How long signing in, or entering one's password again, counts as proof."""


def require_recent(site: Site, actor: Actor, within: timedelta = RECENT) -> None:
    """Raise ConfirmationRequired unless `actor` proved who they are within this time, and SignInRequired for
    a visitor. The program itself has nothing to prove."""
    if actor.kind == "system":
        return
    if actor.account_id is None:
        raise SignInRequired
    if actor.confirmed_at is None or actor.confirmed_at + within <= site.now():
        raise ConfirmationRequired
