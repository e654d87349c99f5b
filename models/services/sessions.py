"""Server-side browser sessions: a random token in a cookie, only its keyed hash in the database (ASVS 7)."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

from models.documents.account import Account
from models.documents.base import Id, Stored
from models.documents.session import BrowserSession
from models.documents.store import Session
from models.services.site import Site

IDLE = timedelta(minutes=60)
"""A signed-in session ends after this long without a request; a visitor at a long form is left alone."""

ABSOLUTE = timedelta(hours=12)
"""And every session after this long in any case."""

HELD = timedelta(minutes=10)
"""And one that waits for the second step of signing in."""

SEEN_EVERY = timedelta(minutes=1)
"""How often being seen is written down."""

APPLICATION_LIMIT = 50
"""Most applications one browser remembers."""


Found = Mapping[str, Any]
"""A session as it is stored, with its account."""


class Browser:
    """The session of one request, as it was `found`; `presented` is the certificate of its connection.
    `token` is the cookie to set; "" clears it, None leaves it."""

    def __init__(
        self, site: Site, found: Found | None, address: str, user_agent: str, presented: str | None = None
    ) -> None:
        self._site, self._found, self._presented = site, found, presented
        self._address, self._user_agent = address, user_agent[:300]
        self.token: str | None = None

    @cached_property
    def session(self) -> BrowserSession | None:
        """The session itself; most requests only need to know who acts in it."""
        return None if self._found is None else constructed(BrowserSession, self._found)

    async def remember_application(self, identifier: Id) -> None:
        """Let this browser act on an application."""
        session = await self._ensure()
        kept = [known for known in session.applications if known != identifier][-APPLICATION_LIMIT + 1 :]
        await self._set(applications=[*kept, identifier])

    async def present_certificate(self, fingerprint: str) -> None:
        """Remember the client certificate this browser presented."""
        await self._set(certificate=fingerprint)

    async def sign_in(self, account: Account) -> None:
        """Begin a session for `account` under a new token (ASVS 7.2.4); its certificate goes along."""
        certificate = self.session.certificate if self.session else self._presented
        await self._end()
        await self._begin(account_id=account.id, certificate=certificate, confirmed_at=self._site.now())

    async def hold(self, account: Account) -> None:
        """Remember whose password was right, until the second step: under a new token, for HELD, and acting
        for nobody."""
        certificate = self.session.certificate if self.session else self._presented
        await self._end()
        ends_at = self._site.now() + HELD
        await self._begin(pending_id=account.id, certificate=certificate, ends_at=ends_at)

    @property
    def pending(self) -> Id | None:
        """The account whose second step is due here."""
        return self.session.pending_id if self.session else None

    async def confirm(self) -> None:
        """Write down that who sits here has just proved who they are; the token is a new one from now on. The
        session ends when it would have."""
        await self._renew(confirmed_at=self._site.now())

    async def go_on(self, account: Account) -> None:
        """Go on after the password of `account` was changed, which only the present one was asked for: where
        codes are set up, that alone proves too little for what is sensitive."""
        await (self.confirm() if account.code_set_at is None else self._renew())

    async def _renew(self, **values: object) -> None:
        token = self._site.entropy(32).hex()
        await self._set(token_hash=self._site.sign("session", token), **values)
        self.token = token

    async def sign_out(self) -> None:
        """End the session on the server, and the cookie with it (ASVS 7.4.1)."""
        await self._end()
        self.token = ""

    async def _ensure(self) -> BrowserSession:
        return self.session or await self._begin()

    async def _begin(self, **values: Any) -> BrowserSession:
        now, token = self._site.now(), self._site.entropy(32).hex()
        self.session = BrowserSession(
            **{"certificate": self._presented, "ends_at": now + ABSOLUTE, **values},
            token_hash=self._site.sign("session", token),
            address=self._address,
            user_agent=self._user_agent,
            created_at=now,
            seen_at=now,
        )
        await self.session.insert()
        self.token = token
        return self.session

    async def _set(self, **values: object) -> None:
        session = await self._ensure()
        await BrowserSession.raw().update_one({"_id": session.id}, {"$set": values})
        self.session = session.model_copy(update=values)

    async def _end(self) -> None:
        if self.session is not None:
            await BrowserSession.raw().delete_one({"_id": self.session.id})
            self.session = None


D = TypeVar("D", bound=Stored)


def constructed(model: type[D], found: Mapping[str, Any]) -> D:
    """A document as it was found, without validating it: these two are read on every request."""
    document: D = model.model_construct(**{**found, "id": found["_id"]})
    return document


SESSION_LIMIT = 50
"""Most sessions of one account that are shown."""


async def sessions_of(account_id: Id) -> list[Mapping[str, Any]]:
    """The live sessions of an account without what opens them: where, when begun, when last seen."""
    shown = {"address": 1, "user_agent": 1, "created_at": 1, "seen_at": 1, "ends_at": 1}
    found = BrowserSession.raw().find({"account_id": account_id}, shown).sort("seen_at", -1)
    rows: list[Mapping[str, Any]] = await found.limit(SESSION_LIMIT).to_list(None)
    return rows


async def end_sessions(account_id: Id, session: Session = None, *, keep: Id | None = None) -> None:
    """End every session of an account, at once (ASVS 7.4.2, 7.4.3; R24); those that wait for their second
    step too. Only `keep` goes on."""
    where = {"_id": {"$ne": keep}, "$or": [{"account_id": account_id}, {"pending_id": account_id}]}
    await BrowserSession.raw().delete_many(where, session=session)
