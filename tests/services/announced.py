"""Published notices for tests: editions as they are frozen, and the lines that tell of them."""

from datetime import timedelta
from itertools import count
from typing import Any

from models.documents.account import Account
from models.documents.base import Id, new_id, read_id
from models.documents.ledger import LedgerLine
from models.documents.publication import Audience, OpenTo, Publication, Rendered
from models.language import Text
from models.services.ledger import portal_line
from models.services.site import Site

NUMBERS = count(1)
BECAUSE = "内容に誤りがあったため"


async def publish(
    site: Site, title: str = "お知らせ", open_to: OpenTo = "everyone", **values: Any
) -> Publication:
    """An edition that stands, for everybody unless said otherwise. `ago`: how long before now (timedelta)."""
    at = site.now() - values.pop("ago", timedelta())
    facts: dict[str, Any] = {
        "type": "notice",
        "record_id": new_id(),
        "number": f"T{next(NUMBERS):05}",
        "edition": 1,
        "revision": 1,
        "schema_version": 1,
        "title": Text(ja=title),
        "pages": {"ja": rendered(title)},
        "fingerprint": "0" * 64,
        "category": "operation",
        "category_label": Text(ja="運用", en="Operation"),
        "audience": Audience(name=open_to, label=Text(ja=open_to)),
        "open_to": open_to,
        "published_at": at,
        "listed_at": at,
    }
    made: Publication = Publication.model_validate({**facts, **values})
    await made.insert()
    return made


def rendered(title: str, text: str = "本文です。") -> Rendered:
    html = f'<article class="notice column prose" lang="ja"><h1>{title}</h1><p>{text}</p></article>'
    return Rendered(title=title, html=html, text=text)


async def replace_by(site: Site, former: Publication, title: str, **values: Any) -> Publication:
    """The next edition of a notice."""
    kept = {"record_id": former.record_id, "number": former.number, "edition": former.edition + 1}
    await change(former, shown=False, replaced_at=site.now())
    return await publish(site, title, values.pop("open_to", former.open_to), **{**kept, **values})


async def withdraw(site: Site, edition: Publication, because: str = BECAUSE) -> None:
    await change(edition, shown=False, withdrawn_at=site.now(), withdrawn_because=because)


async def change(edition: Publication, **values: Any) -> None:
    """Let an edition stand otherwise."""
    await Publication.raw().update_one({"_id": edition.id}, {"$set": values})


async def tell(site: Site, edition: Publication, *accounts: Account) -> None:
    """List accounts in the ledger of an edition, as the worker does."""
    for account in accounts:
        await portal_line(site, edition, account, "みなと発電株式会社").insert()


async def line_of(edition: Publication, account: Account) -> LedgerLine:
    """What the ledger says of one account."""
    where = {"source_id": edition.id, "channel": "portal", "account_id": account.id}
    found: LedgerLine | None = await LedgerLine.find_one(where)
    assert found is not None
    return found


def edition_id(edition: Publication) -> Id:
    return read_id(edition.id)
