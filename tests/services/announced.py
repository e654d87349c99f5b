"""Notices as tests need them: approved, and published where asked for."""

from typing import Any

from app.demo_notices import registered
from models.documents.account import Account
from models.documents.publication import Publication
from models.documents.record import Record
from models.permissions import Actor
from models.services.announcing import standing
from models.services.identifying import actor_for
from models.services.lifecycles import act
from models.services.site import Site
from tests.services.conftest import staff

DATA: dict[str, Any] = {
    "title_ja": "受付 <停止> のお知らせ",
    "title_en": "Opening & closing",
    "body_ja": "## 期間\n\n- 12 月 **29** 日から\n\n<script>alert(1)</script>",
    "body_en": "Closed *for now*.",
    "category": "operation",
    "importance": "high",
    "audience": "everyone",
}


async def publisher(site: Site) -> Actor:
    """An approver, the same every time."""
    found = await Account.find_one({"login": "publisher"})
    return actor_for(found) if found else await staff(site, "publisher", "approver")


async def approved(site: Site, **more: Any) -> Record:
    """A notice of these answers, approved and not published."""
    return await registered(site, {**DATA, **more})


async def published(site: Site, **more: Any) -> tuple[Record, Publication]:
    """A notice of these answers, approved and published now, with its first edition."""
    record = await approved(site, **more)
    record = await act(site, await publisher(site), record, "publish", revision=record.revision)
    edition = await standing(record.id)
    assert edition is not None
    return record, edition
