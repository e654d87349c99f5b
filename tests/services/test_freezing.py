"""Editions of notices: frozen once, the same to the byte for ever."""

from typing import Any

from app.demo_notices import tell_notice
from models.documents.publication import Publication
from models.documents.record import RecordVersion
from models.services.freezing import fingerprint_of, prove, verify
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
    "ends_on": "2027-03-31",
    "acknowledge": True,
    "acknowledge_by": 10,
}


async def published(site: Site, **more: Any) -> Publication:
    """A notice of these answers, approved and published now."""
    await staff(site, "publishing-approver", "approver")
    await tell_notice(site, {"published": 0, "data": {**DATA, **more}})
    return (await Publication.find({}).to_list())[-1]


async def test_an_edition_says_what_its_notice_says(site: Site) -> None:
    edition = await published(site)
    assert (edition.edition, edition.revision, edition.schema_version) == (1, 2, 1)
    assert edition.title.ja == DATA["title_ja"]
    assert edition.title.en == DATA["title_en"]
    assert (edition.category, edition.category_label.en) == ("operation", "Operation")
    assert (edition.importance, edition.open_to, edition.audience.name) == ("high", "everyone", "everyone")
    assert edition.shown
    assert edition.listed_at is None
    article = edition.pages["ja"].html
    assert "<h1>受付 &lt;停止&gt; のお知らせ</h1>" in article
    assert "<script>" not in article
    assert "<strong>29</strong>" in article
    assert "2027年3月31日" in article
    assert edition.ends_at is not None
    assert edition.ends_at.astimezone(site.calendar.zone).day == 1


async def test_an_edition_read_back_has_its_fingerprint(site: Site) -> None:
    edition = await published(site)
    assert fingerprint_of(edition) == edition.fingerprint
    assert await verify(site, edition)


async def test_an_edition_changed_in_place_is_found_out(site: Site) -> None:
    """The control of the proof: one word, one flag, one answer of the version."""
    edition = await published(site)
    altered = edition.model_copy(deep=True)
    altered.pages["ja"].html = altered.pages["ja"].html.replace("29", "28")
    assert not (await prove(site, altered)).unaltered
    flagged = edition.model_copy(update={"required": True})
    flagged.fingerprint = fingerprint_of(flagged)
    proof = await prove(site, flagged)
    assert proof.unaltered
    assert not proof.same
    await RecordVersion.raw().update_one(
        {"record_id": edition.record_id, "revision": edition.revision}, {"$set": {"data.title_ja": "別"}}
    )
    proof = await prove(site, edition)
    assert proof.unaltered
    assert not proof.same
