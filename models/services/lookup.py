"""Looking one application up by its reference, for whoever may see it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.documents.application import Application
from models.documents.guarded import find_all
from models.errors import NotFound
from models.permissions import Actor, may_view
from models.services.seeing import require_in_reach
from models.services.site import Site

REFERENCE_LENGTH = 64
"""Longest reference looked for (characters)."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """An application asked for before it is known who asks; ``find`` judges that."""

    reference: str
    begun: float
    """The loop's clock when it was asked for (seconds)."""
    answer: asyncio.Future[Mapping[str, Any] | None]

    def is_fresh(self, reference: str) -> bool:
        """Whether this is the application meant, asked for a moment ago: a request can be long under way."""
        return self.reference == reference and self.answer.get_loop().time() - self.begun < AHEAD


AHEAD = 0.5
"""Seconds after which what was asked for ahead is asked for again."""


def ask_ahead(site: Site, reference: str) -> Ahead:
    """Ask for an application, to be looked at by ``find``, or by nobody."""
    wanted = reference[:REFERENCE_LENGTH]
    answer = site.together(_by_reference).ask(wanted)
    answer.add_done_callback(_heard)
    return Ahead(wanted, answer.get_loop().time(), answer)


def _heard(answer: asyncio.Future[Any]) -> None:
    """A failure nobody waits for is nobody's failure."""
    if not answer.cancelled():
        answer.exception()


async def find(site: Site, actor: Actor, reference: str, ahead: Ahead | None = None) -> Application:
    """One application; `ahead` is one asked for already. Raises NotFound when it is unknown or not for this
    actor, and where it is about a record the row rules keep from them."""
    wanted = reference[:REFERENCE_LENGTH]
    fresh = ahead is not None and ahead.is_fresh(wanted)
    stored = await (ahead.answer if ahead and fresh else site.together(_by_reference).get(wanted))
    found: Application | None = None if stored is None else Application.model_validate(stored)
    if found is None or not may_view(actor, found):
        raise NotFound
    await require_in_reach(site, actor, found)
    return found


async def _by_reference(references: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    return await find_all(Application, "reference", references)
