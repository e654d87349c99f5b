"""How fast a notice is listed and its mails are queued: ten thousand recipients, beside the bare driver that
stores the same documents in as many transactions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from app.bench.filling import fill
from models.documents.account import Account
from models.documents.base import Id, new_id
from models.documents.guarded import row_of
from models.documents.indexes import ensure_indexes
from models.documents.ledger import LedgerLine
from models.documents.message import Message
from models.documents.prepare import database_of
from models.documents.publication import Publication, Rendered
from models.documents.store import Session
from models.errors import ConfigurationError
from models.language import Text
from models.services.audiences import audience_of
from models.services.ledger import figures
from models.services.listing import BATCH, list_some
from models.services.mail_outcomes import follow
from models.services.site import Site

RECIPIENTS = 10_000
QUICK = 2_000
CEILING = 5.0
"""Seconds after publishing in which the mails to ten thousand are queued."""

PEOPLE = 4
"""Accounts of one operator."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One notice listed: its recipients, the seconds until all mails were queued, of the slowest batch, of
    the bare driver for the same documents, and of one look at what became of all its mails."""

    recipients: int
    seconds: float
    slowest: float
    raw: float
    looked: float

    @property
    def whole(self) -> float:
        """Seconds for RECIPIENTS at this rate."""
        return self.seconds * RECIPIENTS / self.recipients

    @property
    def is_slow(self) -> bool:
        """Whether it takes longer than it may."""
        return self.whole > CEILING


async def queue_row(site: Site, recipients: int = RECIPIENTS) -> QueueRow:
    """Publish a notice to so many people and list them. Raises ConfigurationError where one is missed."""
    await people(site, recipients)
    notice = notice_for(site, "operators", "notice_published")
    await notice.insert()
    slowest, began = 0.0, perf_counter()
    while True:
        at = perf_counter()
        if not await list_some(site):
            break
        slowest = max(slowest, perf_counter() - at)
    seconds = perf_counter() - began
    at = perf_counter()
    await follow(site, notice)
    looked = perf_counter() - at
    found = await figures(notice)
    if found.listed != recipients or found.mails != {"queued": recipients}:
        raise ConfigurationError((), "A notice was not listed as it has to be.")
    return QueueRow(recipients, seconds, slowest, await _raw(site), looked)


async def people(site: Site, count: int) -> None:
    """Store so many accounts of operators, and the operators."""
    own = site.configuration.site.operator_type
    await fill(site, own, count // PEOPLE)
    operators = await site.records[own].ahead(None, {"_id": 1}, count // PEOPLE)
    ids = [row["_id"] for row in operators]
    for start in range(0, count, BATCH):
        rows = [_account(site, n, ids[n % len(ids)]) for n in range(start, min(start + BATCH, count))]
        await Account.raw().insert_many(rows)


def _account(site: Site, number: int, operator: Id) -> Row:
    account = Account(
        id=new_id(),
        login=f"b{number:06}",
        kind="operator",
        name=f"計測 {number:06}",
        email=f"b{number:06}@bench.example.jp",
        roles=["user"],
        operator_id=operator,
        status="active",
        language="ja" if number % 4 else "en",
        created_at=site.now(),
    )
    return row_of(account)


def notice_for(site: Site, audience: str, mail: str) -> Publication:
    """A notice to an audience, not listed yet."""
    title = "受付時間の変更について"
    page = Rendered(title=title, html=f"<article><h1>{title}</h1></article>", text=title)
    return Publication(
        id=new_id(),
        type="notice",
        record_id=new_id(),
        number="B000001",
        edition=1,
        revision=1,
        schema_version=1,
        title=Text(ja=title),
        pages={"ja": page},
        fingerprint="",
        audience=audience_of(site, audience, {}),
        open_to="operators",
        mail=mail,
        published_at=site.now(),
    )


async def _raw(site: Site) -> float:
    """Seconds the bare driver takes for the same documents, in as many transactions."""
    database = database_of(site.store)
    found = []
    for model in (LedgerLine, Message):
        collection = database[f"bare_{model.Settings.name}"]
        await ensure_indexes(collection, list(model.Settings.indexes))
        found.append((collection, await model.raw().find({}).sort("_id", 1).to_list(None)))
    batches = list(_batches([rows for _, rows in found]))
    began = perf_counter()
    for batch in batches:
        await site.store.transaction(partial(_store, found, batch))
    return perf_counter() - began


def _batches(rows: Sequence[list[Row]]) -> Iterator[list[list[Row]]]:
    """The lines of BATCH people, and their mails."""
    lines, mails = rows
    for start in range(0, len(mails), BATCH):
        yield [lines[2 * start : 2 * (start + BATCH)], mails[start : start + BATCH]]


async def _store(found: Sequence[tuple[Any, Any]], batch: list[list[Row]], session: Session) -> None:
    for (collection, _), rows in zip(found, batch, strict=True):
        await collection.insert_many(rows, session=session)
