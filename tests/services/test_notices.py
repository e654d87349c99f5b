"""What readers find of notices: lists, single editions, files, marks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.errors import (
    AcknowledgementRefused,
    NotFound,
    NoticeMoved,
    TermsNotAccepted,
    WritingStopped,
)
from models.permissions import Actor
from models.services import agenda, editions, ledger, notices, reading
from models.services.notices import VISITOR, Asked, Entry, at_public_door
from models.services.site import Site
from models.services.stops import set_stop
from tests.clock import Hands
from tests.services.announced import BECAUSE, change, edition_id, line_of, publish, replace_by, tell, withdraw
from tests.services.conftest import staff
from tests.services.people_of import new_company, signed_in, somebody

ALL, UNREAD, OWED, PAST = Asked(), Asked(show="unread"), Asked(show="owed"), Asked(show="past")


async def titles(site: Site, actor: Actor, asked: Asked = ALL) -> list[str]:
    found = await notices.page(site, actor, asked)
    return [each.title.ja for each in [*found.pinned, *found.entries]]


async def test_everybody_finds_what_is_for_them_and_nothing_else(site: Site) -> None:
    company, other = await new_company(site), await new_company(site)
    member = await somebody(site, None, "reviewer")
    staff = signed_in(site, member)
    await publish(site, "全員", ago=timedelta(hours=4))
    await publish(site, "事業者", "operators", ago=timedelta(hours=3))
    await publish(site, "職員", "staff", ago=timedelta(hours=2))
    area = await publish(site, "東京", "listed", ago=timedelta(hours=1))
    await tell(site, area, company.administrator)
    assert await titles(site, VISITOR) == ["全員"]
    assert await titles(site, company.head) == ["東京", "事業者", "全員"]
    assert await titles(site, other.head) == ["事業者", "全員"]
    assert await titles(site, staff) == ["職員", "事業者", "全員"]
    assert await titles(site, at_public_door(company.head)) == ["全員"]
    assert at_public_door(staff) is staff
    for edition_for, reader in ((area, other.head), (area, staff), (area, VISITOR)):
        with pytest.raises(NotFound):
            await editions.find(site, reader, edition_for.number)
    assert (await editions.find(site, company.head, area.number)).edition.id == area.id
    urgent = await publish(site, "緊急", "operators", importance="urgent")
    await tell(site, urgent, company.administrator)
    bare = replace(company.head, may=frozenset({"portal.enter"}))
    assert (await reading.news_of(bare), await titles(site, bare)) == (reading.NO_NEWS, [])
    with pytest.raises(NotFound):
        await editions.find(site, bare, urgent.number)
    assert (await reading.news_of(company.head)).unread == 2


async def test_pages_follow_one_another_with_each_notice_once(site: Site) -> None:
    for hour in range(notices.PAGE * 2 + 1):
        await publish(site, f"{hour:02}", ago=timedelta(hours=hour))
    pinned = await publish(site, "掲示", ago=timedelta(days=30), pinned=True)
    seen, place, pages = [], "", 0
    while True:
        found = await notices.page(site, VISITOR, ALL, after=place)
        assert [each.id for each in found.pinned] == ([pinned.id] if not pages else [])
        seen += [each.title.ja for each in found.entries]
        place, pages = found.following, pages + 1
        if not place:
            break
    assert seen == [f"{hour:02}" for hour in range(notices.PAGE * 2 + 1)]
    assert pages == 3
    back = await notices.page(site, VISITOR, ALL, before=found.previous)
    assert [each.title.ja for each in back.entries] == seen[notices.PAGE : notices.PAGE * 2]
    first = await notices.newest(VISITOR, 3)
    assert [each.title.ja for each in first] == ["掲示", "00", "01"]


async def test_unread_and_owed_are_told_until_they_are_done(site: Site) -> None:
    company = await new_company(site)
    head, administrator = replace(company.head, accepted_terms="1"), company.administrator
    plain = await publish(site, "読むだけ")
    asks = await publish(site, "確認", acknowledge=True, ago=timedelta(hours=1))
    untold = await publish(site, "知らされていない", acknowledge=True, ago=timedelta(hours=2))
    await tell(site, plain, administrator)
    await tell(site, asks, administrator)
    assert await titles(site, head, UNREAD) == ["読むだけ", "確認"]
    assert await titles(site, head, OWED) == ["確認"]
    assert (await reading.news_of(head)).unread == 2
    await ledger.mark_read(site, head, plain)
    await ledger.mark_read(site, head, asks)
    assert await titles(site, head, UNREAD) == []
    assert await titles(site, head, OWED) == ["確認"]
    assert [(each.unread, each.owed) for each in await marked(site, head)] == [
        (False, False),
        (False, True),
        (False, False),
    ]
    await editions.acknowledge(site, head, asks.number, str(asks.id))
    assert await titles(site, head, OWED) == []
    assert (await reading.news_of(head)) == reading.NO_NEWS
    assert (await marked(site, head))[1].acknowledged_at == site.now()
    assert untold.acknowledge
    urgent = await publish(site, "緊急", importance="urgent", acknowledge=True)
    await tell(site, urgent, administrator)
    news = await reading.news_of(head)
    assert (news.unread, [each.id for each in news.urgent]) == (1, [urgent.id])
    assert news.after_reading(edition_id(urgent)) == reading.NO_NEWS
    assert [reading.News(count).told for count in (0, 99, 100)] == ["", "99", "99+"]
    assert [each.id for each in await notices.owed(head, 5)] == [urgent.id]
    await withdraw(site, urgent)
    assert await reading.news_of(head) == reading.NO_NEWS
    assert await notices.owed(head, 5) == []
    with pytest.raises(AcknowledgementRefused):
        await editions.acknowledge(site, head, urgent.number, str(urgent.id))


async def marked(site: Site, actor: Actor) -> Sequence[Entry]:
    return (await notices.page(site, actor, ALL)).entries


async def test_what_is_over_stays_and_what_was_withdrawn_is_told_to_who_had_it(
    site: Site, hands: Hands
) -> None:
    company, other = await new_company(site), await new_company(site)
    over, wrong = await publish(site, "終了"), await publish(site, "誤り")
    await tell(site, wrong, company.administrator)
    await change(over, shown=False, archived_at=site.now())
    await withdraw(site, wrong)
    assert await titles(site, company.head) == []
    assert set(await titles(site, company.head, PAST)) == {"終了", "誤り"}
    assert await titles(site, other.head, PAST) == ["終了"]
    assert await titles(site, VISITOR, PAST) == ["終了"]
    lately = await notices.withdrawn_lately(site, company.head)
    assert [(each.title.ja, each.withdrawn_because) for each in lately] == [("誤り", BECAUSE)]
    assert await notices.withdrawn_lately(site, other.head) == []
    hands.forward(days=notices.WITHDRAWN_FOR.days)
    assert len(await notices.withdrawn_lately(site, company.head)) == 1
    hands.forward(seconds=1)
    assert await notices.withdrawn_lately(site, company.head) == []


async def test_lists_are_narrowed_by_words_category_and_year(site: Site) -> None:
    turn = datetime(2025, 12, 31, 15, tzinfo=UTC)  # midnight in Tokyo
    last = await publish(site, "年末.*", ago=site.now() - turn + timedelta(milliseconds=1))
    first = await publish(site, "年始", ago=site.now() - turn, category="release")
    found = {
        "year": await titles(site, VISITOR, Asked(year=2026)),
        "before": await titles(site, VISITOR, Asked(year=2025)),
        "category": await titles(site, VISITOR, Asked(category="release")),
        "words": await titles(site, VISITOR, Asked(text="年始")),
        "literal": await titles(site, VISITOR, Asked(text=".*")),
        "wide": await titles(site, VISITOR, Asked(text=first.number.translate(WIDE))),
        "nothing": await titles(site, VISITOR, Asked(text="ほか")),
    }
    only_first = ["年始"]
    expected = dict.fromkeys(("year", "category", "words", "wide"), only_first)
    assert found == {**expected, "before": ["年末.*"], "literal": ["年末.*"], "nothing": []}
    assert last.published_at < first.published_at
    narrowing = await notices.choices(site, VISITOR)
    assert (sorted(narrowing.categories), narrowing.since) == (["operation", "release"], 2025)


WIDE = {ord(narrow): ord(narrow) + 0xFEE0 for narrow in "T0123456789"}


async def test_editions_are_found_by_every_address_by_who_may_read_them_and_the_last(site: Site) -> None:
    company = await new_company(site)
    inner = await publish(site, "事業者向けの詳細", "operators")
    outer = await replace_by(site, inner, "公表", open_to="everyone")
    with pytest.raises(NotFound):
        await editions.find(site, VISITOR, str(inner.id))
    assert await editions.editions(site, VISITOR, await editions.find(site, VISITOR, outer.number)) == []
    assert (await editions.find(site, company.head, str(inner.id))).edition.id == inner.id
    narrower = await replace_by(site, outer, "職員のみ", open_to="staff")
    for narrowed in (inner, outer, narrower):
        with pytest.raises(NotFound):
            await editions.find(site, company.head, str(narrowed.id))
    first = await publish(site, "初版")
    second = await replace_by(site, first, "第二版")
    for key in (first.number, str(second.id), str(first.record_id)):
        assert (await editions.find(site, VISITOR, key)).edition.id == second.id
    earlier = await editions.find(site, VISITOR, str(first.id))
    assert (earlier.edition.id, earlier.is_latest) == (first.id, False)
    others = await editions.editions(site, VISITOR, earlier)
    assert [(each.edition, each.id) for each in others] == [(2, second.id)]
    for nothing in ("T99999", "0" * 24, "", "\x00", "x" * 5000, "$ne"):
        with pytest.raises(NotFound):
            await editions.find(site, VISITOR, nothing)


async def test_a_file_is_had_by_who_may_read_its_edition(site: Site) -> None:
    company, other = await new_company(site), await new_company(site)
    stored = await site.store.attachments.put("手引き.pdf", "application/pdf", "a notice", b"%PDF-1.4")
    stranger = await site.store.attachments.put("別.pdf", "application/pdf", "an application", b"%PDF-1.4")
    facts = [{"id": str(stored.id), "filename": "手引き.pdf", "size": 8}]
    area = await publish(site, "東京", "listed", attachments=facts)
    await tell(site, area, company.administrator)
    found, content = await editions.open_attachment(site, company.head, area.number, str(stored.id))
    assert (found.filename, b"".join([part async for part in content])) == ("手引き.pdf", b"%PDF-1.4")
    for reader, file in (
        (other.head, stored.id),
        (VISITOR, stored.id),
        (company.head, stranger.id),
        (company.head, "x"),
    ):
        with pytest.raises(NotFound):
            await editions.open_attachment(site, reader, area.number, str(file))
    await withdraw(site, area)
    with pytest.raises(NotFound):
        await editions.open_attachment(site, company.head, area.number, str(stored.id))


async def test_what_is_read_is_acknowledged_once_by_name_and_while_writing_is_possible(
    site: Site, hands: Hands
) -> None:
    company = await new_company(site)
    head = replace(company.head, accepted_terms="1")
    delegate = await somebody(site, company.operator, "user", name="代田 理", delegation=DELEGATION)
    asks = await publish(site, "確認", acknowledge=True)
    await tell(site, asks, company.administrator, delegate)
    acts, at = signed_in(site, delegate), site.now()
    await editions.acknowledge(site, acts, asks.number, str(asks.id))
    hands.forward(minutes=1)
    await editions.acknowledge(site, acts, asks.number, str(asks.id))
    line = await line_of(asks, delegate)
    assert (line.acknowledged_at, line.acknowledged_as) == (at, "代田 理 (みなと代理事務所)")
    told = await editions.colleagues(company.head, asks)
    assert [(each.acknowledged_as, each.acknowledged_at) for each in told] == [
        ("", None),
        ("代田 理 (みなと代理事務所)", at),
    ]
    assert await editions.colleagues(acts, asks) == []
    first = await publish(site, "初版", acknowledge=True)
    await tell(site, first, company.administrator)
    second = await replace_by(site, first, "第二版", acknowledge=True)
    await tell(site, second, company.administrator)
    with pytest.raises(NoticeMoved):
        await editions.acknowledge(site, head, first.number, str(first.id))
    with pytest.raises(TermsNotAccepted):
        await editions.acknowledge(site, company.head, first.number, str(second.id))
    assert (await line_of(second, company.administrator)).acknowledged_at is None
    await editions.acknowledge(site, head, first.number, str(second.id))
    assert (await line_of(second, company.administrator)).acknowledged_at == site.now()
    later_one = await publish(site, "確認", acknowledge=True)
    await tell(site, later_one, company.administrator)
    chief = await staff(site, "chief", "system_administrator")
    await set_stop(site, chief, None, level="read_only", code=3, text="The east hall lost power.")
    with pytest.raises(WritingStopped):
        await editions.acknowledge(site, head, later_one.number, str(later_one.id))
    assert await ledger.mark_read(site, company.head, later_one)
    line = await line_of(later_one, company.administrator)
    assert (line.read_at is not None, line.acknowledged_at) == (True, None)


DUTIES = {
    "version": "1",
    "text": "同じ義務を負います。",
    "by": {"kind": "operator"},
    "at": datetime(2026, 1, 1, tzinfo=UTC),
}
DELEGATION = {
    "organisation": "みなと代理事務所",
    "begins": "2020-01-01",
    "ends": "2040-01-01",
    "duties": DUTIES,
}


async def test_owed_notices_stand_in_the_agenda_by_the_day_they_are_due(site: Site) -> None:
    company = await new_company(site)
    midnight = site.calendar.midnight(site.today())
    when = {
        "いつでも": None,
        "昨日まで": midnight,
        "今日まで": midnight + timedelta(days=1),
        "来月": midnight + timedelta(days=30),
    }
    for title, due in when.items():
        made = await publish(site, title, acknowledge=True, acknowledge_by=due)
        await tell(site, made, company.administrator)
    waiting = [each for each in await agenda.agenda(site, company.head) if each.notice]
    told = [(each.notice.title.ja, each.days, each.is_urgent) for each in waiting if each.notice]
    assert told == [
        ("昨日まで", -1, True),
        ("今日まで", 0, True),
        ("来月", 29, False),
        ("いつでも", None, False),
    ]
