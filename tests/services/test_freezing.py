"""Editions of notices: frozen once, the same to the byte for ever."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from app.demo_notices import tell_notice
from models.documents.publication import Publication
from models.documents.record import RecordVersion
from models.errors import NotPublishable, StepIncomplete
from models.language import Text
from models.permissions import SYSTEM
from models.schema.definition import RecordType
from models.services import publishing
from models.services.announcing import editions_of, standing
from models.services.attesting import attest
from models.services.freezing import fingerprint_of, freeze, frozen_bytes, prove, verify
from models.services.jobs import run_one
from models.services.lifecycles import act
from models.services.site import Site
from models.workflow.definition import EffectCall
from tests.clock import Hands
from tests.services.noticing import DATA, approved, published, publisher


async def test_an_edition_says_what_its_notice_says(site: Site) -> None:
    more = {"ends_on": "2027-03-31", "acknowledge": True, "acknowledge_by": "2026-12-10"}
    _, edition = await published(site, **more)
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
    assert "<h2>期間</h2>" in article
    assert "<strong>29</strong>" in article
    assert "2026年11月20日 10:00" in article
    assert "2027年3月31日" in article
    assert edition.ends_at == site.calendar.midnight(date(2027, 4, 1))
    assert edition.acknowledge_by == site.calendar.midnight(date(2026, 12, 11))


@pytest.mark.parametrize(
    ("written", "shown"),
    [("# 一\n\n## 二", "<h2>一</h2>\n<h3>二</h3>"), ("## 一\n\n### 二", "<h2>一</h2>\n<h3>二</h3>")],
)
async def test_headings_follow_the_title_without_a_gap(site: Site, written: str, shown: str) -> None:
    """Whether an author begins with "#" or, as the help says, with "##" (WCAG 1.3.1)."""
    _, edition = await published(site, body_ja=written)
    assert shown in edition.pages["ja"].html


async def test_a_notice_in_japanese_alone_is_shown_in_japanese_to_all(site: Site) -> None:
    _, edition = await published(site, title_en=None, body_en=None)
    assert list(edition.pages) == ["ja"]
    assert edition.page("en").title == DATA["title_ja"]


async def test_an_edition_read_back_has_its_fingerprint(site: Site) -> None:
    _, edition = await published(site)
    assert fingerprint_of(edition) == edition.fingerprint
    assert await verify(site, edition)


async def test_an_edition_changed_in_place_is_found_out(site: Site) -> None:
    """The control of the proof: one word of the article, one flag, one answer of the version."""
    _, edition = await published(site)
    altered = edition.model_copy(deep=True)
    altered.pages["ja"].html = altered.pages["ja"].html.replace("29", "28")
    assert not (await prove(site, altered)).unaltered
    flagged = edition.model_copy(update={"required": True})
    flagged.fingerprint = fingerprint_of(flagged)
    proof = await prove(site, flagged)
    assert (proof.unaltered, proof.same, proof.witnessed) == (True, False, False)
    where = {"record_id": edition.record_id, "revision": edition.revision}
    await RecordVersion.raw().update_one(where, {"$set": {"data.title_ja": "別の件名"}})
    proof = await prove(site, edition)
    assert (proof.unaltered, proof.same, proof.witnessed) == (True, False, True)


async def test_an_edition_exchanged_with_all_it_was_made_of_is_missing_in_the_chain(site: Site) -> None:
    """Somebody with the database in their hands: the version, the edition and its fingerprint are altered so
    that they fit each other."""
    _, edition = await published(site)
    where = {"record_id": edition.record_id, "revision": edition.revision}
    await RecordVersion.raw().update_one(where, {"$set": {"data.title_ja": "別の件名"}})
    version = await RecordVersion.find_one(where)
    record = await site.records["notice"].get(edition.record_id)
    assert version is not None
    assert record is not None
    false = freeze(site, record, version, edition.published_at)
    proof = await prove(site, false)
    assert (proof.unaltered, proof.same, proof.witnessed) == (True, True, False)
    assert not proof.holds


def _next(definition: RecordType, renamed: Mapping[str, str], dropped: str | None, base: int) -> RecordType:
    """The type with some fields under other names and one gone, and the steps that lead there."""
    told = definition.published()
    steps = {"from": base, "rename": dict(renamed), "drop": [dropped] if dropped else []}
    fields = [_under(field, renamed) for field in told["fields"] if field["name"] != dropped]
    pages = [
        {**page, "fields": [renamed.get(name, name) for name in page["fields"] if name != dropped]}
        for page in told["pages"]
    ]
    rule = {key: _under(value, renamed) for key, value in told["publication"].items() if value != dropped}
    title = told["title"]
    for old, new in renamed.items():
        title = title.replace(old, new)
    changed = {"fields": fields, "pages": pages, "publication": rule, "title": title, "evolution": [steps]}
    return RecordType.model_validate({**told, **changed})


def _under(part: Any, renamed: Mapping[str, str]) -> Any:
    """A part of a definition with the names of fields, as values and in conditions, exchanged."""
    if isinstance(part, dict):
        return {renamed.get(key, key): _under(value, renamed) for key, value in part.items()}
    if isinstance(part, list):
        return [_under(each, renamed) for each in part]
    return renamed.get(part, part) if isinstance(part, str) else part


async def test_an_edition_is_the_same_a_year_and_three_versions_of_its_type_later(
    site: Site, hands: Hands
) -> None:
    record, edition = await published(site, pinned=True)
    before, first = frozen_bytes(edition), site.registry.at("notice", 1).definition
    hands.forward(days=366)
    changes: list[tuple[dict[str, str], str | None]] = [
        ({"title_ja": "headline"}, None),
        ({"body_ja": "words", "category": "subject_area"}, None),
        ({}, "pinned"),
    ]
    for base, (renamed, dropped) in enumerate(changes, 1):
        candidate = _next(site.registry.current("notice").definition, renamed, dropped, base)
        await publishing.apply(site, SYSTEM, candidate, acknowledged=["pinned"])
        while await run_one(site):
            pass
    now = await site.records["notice"].get(record.id)
    assert now is not None
    assert (now.schema_version, now.data["headline"], "pinned" in now.data) == (4, DATA["title_ja"], False)
    found = await Publication.get(edition.id)
    assert found is not None
    assert frozen_bytes(found) == before
    assert await verify(site, found)
    version = await RecordVersion.find_one({"record_id": record.id, "revision": edition.revision})
    assert version is not None
    assert first.publication is not None
    anew = freeze(site, now, version, edition.published_at)
    assert (anew.fingerprint, anew.pages) == (edition.fingerprint, edition.pages)
    # The control: what the record says today under its new version is another text to the byte.
    today = version.model_copy(update={"schema_version": 4, "data": now.data})
    assert freeze(site, now, today, edition.published_at).fingerprint != edition.fingerprint


async def test_a_withdrawn_notice_says_why(site: Site, hands: Hands) -> None:
    record, _ = await published(site)
    hands.forward(hours=1)
    approver = await publisher(site)
    with pytest.raises(StepIncomplete):
        await act(site, approver, record, "withdraw", revision=record.revision)
    await act(site, approver, record, "withdraw", reason="日付の誤り", revision=record.revision)
    assert await standing(record.id) is None
    found = (await editions_of(record.id))[0]
    assert (found.shown, found.withdrawn_because, found.withdrawn_at) == (False, "日付の誤り", hands.now)
    assert await verify(site, found)


def lets_note(site: Site, monkeypatch: pytest.MonkeyPatch, *effects: str) -> None:
    """Give notices a step that stays published, with these effects."""
    flows: Any = site.lifecycles
    flow = flows["notice"]
    step = flow.transitions["archive"].model_copy(
        update={"to": "published", "effects": tuple(EffectCall(effect=each) for each in effects)}
    )
    noting = flow.model_copy(update={"transitions": {**flow.transitions, "note": step}})
    monkeypatch.setitem(flows.maps[0], "notice", noting)


@pytest.mark.parametrize("effects", [(), ("publish",)])
async def test_a_step_that_writes_answers_of_what_is_published_makes_one_edition_more(
    site: Site, monkeypatch: pytest.MonkeyPatch, effects: tuple[str, ...]
) -> None:
    """As an approved change does: readers never go on reading what holds no more."""
    record, first = await published(site)
    lets_note(site, monkeypatch, *effects)
    approver = await publisher(site)
    data = {**record.data, "title_ja": "受付再開のお知らせ"}
    noted = await act(site, approver, record, "note", revision=record.revision, data=data)
    newest, former = await editions_of(record.id)
    assert (former.id, former.shown, former.replaced_at) == (first.id, False, newest.published_at)
    assert (newest.edition, newest.revision, newest.shown) == (2, noted.revision, True)
    assert newest.title.ja == "受付再開のお知らせ"
    assert await verify(site, newest)


async def test_a_step_that_writes_no_answer_leaves_the_edition_standing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, first = await published(site)
    lets_note(site, monkeypatch)
    await act(site, await publisher(site), record, "note", revision=record.revision)
    assert [(each.id, each.shown) for each in await editions_of(record.id)] == [(first.id, True)]


async def test_an_audience_there_is_not_is_nobody_rather_than_everybody(site: Site) -> None:
    record = await approved(site)
    gone = record.model_copy(update={"data": {**record.data, "audience": "nobody_known"}})
    version = await RecordVersion.find_one({"record_id": record.id})
    assert version is not None
    version.data = gone.data
    with pytest.raises(NotPublishable):
        freeze(site, gone, version, site.now())
    freeze(site, record, version.model_copy(update={"data": record.data}), site.now())


async def test_release_notes_are_a_category_of_notices(site: Site) -> None:
    """R50: as the demo has one."""
    path = next(module / "demo" / "notices.yaml" for module in site.configuration.modules)
    rows = yaml.safe_load(path.read_text("utf-8"))["notices"]
    await publisher(site)
    for row in rows:
        await tell_notice(site, row)
    found = await Publication.find({"category": "release"}).to_list()
    assert [(each.shown, each.category_label.ja) for each in found] == [(True, "リリースノート")]
    editions = len(rows) + sum("corrected" in row for row in rows)
    assert await Publication.find({}).count() == editions > len(rows)
    assert await Publication.find({"withdrawn_at": {"$ne": None}}).count() == 1
    assert [each.proof.holds async for each in attest(site)] == [True] * editions


async def test_whom_it_is_for_is_frozen_with_what_its_conditions_ask(site: Site) -> None:
    """The names of audiences and areas are those it was written under, whatever site.yaml says later."""
    _, edition = await published(site, audience="owners_in_area", areas=["tokyo", "chubu"])
    assert (edition.open_to, edition.audience.values) == ("listed", {"areas": ["tokyo", "chubu"]})
    assert "<dd>東京、中部</dd>" in edition.pages["ja"].html
    renamed = edition.audience.model_copy(update={"label": Text(ja="別の名前")})
    assert not (await prove(site, edition.model_copy(update={"audience": renamed}))).unaltered
    assert await verify(site, edition)
