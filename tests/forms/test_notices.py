"""The pages of notices: for everybody, and in the portal with what was read and confirmed."""

from collections.abc import Callable
from datetime import timedelta

from models.documents.account import Account
from models.documents.publication import Publication
from models.services.ledger import line_of
from models.services.site import Site
from models.services.terms import in_force
from tests.forms.insiders import sit_down
from tests.forms.tab import Tab
from tests.services.announced import publish, replace_by, tell, withdraw
from tests.services.people_of import new_company, signed_in, somebody


async def insider(site: Site, **values: str) -> Account:
    """The administrator of an operator, who has accepted the terms."""
    text = in_force(site)
    version = text.version if text else ""
    company = await new_company(site)
    account = company.administrator
    await account.set({"accepted_terms": version, "told_terms": version, **values})
    return account


async def test_everybody_reads_what_stands_and_asks_for_it_again_only_when_it_changed(
    tab: Tab, site: Site
) -> None:
    open_one, inner = await publish(site, "公開"), await publish(site, "事業者向け", "operators")
    await tab.open("/notices")
    assert "公開" in tab.text
    assert "事業者向け" not in tab.text
    tag = tab.answer.headers["etag"]
    assert tab.answer.headers["cache-control"] == "private, no-cache"
    assert tab.answer.headers["vary"] == "cookie, accept-language"
    await tab.open("/notices", **{"if-none-match": f'W/"x", W/{tag}'})
    assert (tab.status, tab.answer.content, tab.answer.headers["etag"]) == (304, b"", tag)
    await publish(site, "新着")
    await tab.open("/notices", **{"if-none-match": tag})
    assert (tab.status, "新着" in tab.text) == (200, True)
    await tab.open(f"/notices/{open_one.number}")
    assert (tab.status, tab.page.all("h1")[0].text) == (200, "公開")
    await tab.open(f"/notices/{inner.number}")
    assert tab.status == 404
    for language, said in (("ja", False), ("en", True)):
        await tab.open(f"/notices/{open_one.number}", **{"accept-language": language})
        assert ("This notice is not written in English." in tab.text) is said
        assert tab.page.all("article")[0].get("lang") == "ja"
    await tab.open("/")
    assert "新着" in tab.text
    assert any(e.get("type") == "application/atom+xml" for e in tab.page.all("link"))


async def test_addresses_that_make_no_sense_are_lists_like_any_other(tab: Tab, site: Site) -> None:
    made = await publish(site, "公開")
    for query in ("show=owed", "year=99999", "year=0000", "year=٢٠٢٦", "after=x", "before=x", "q=%00"):
        await tab.open(f"/notices?{query}")
        assert (tab.status, "公開" in tab.text) == (200, True), query
    for query in ("category=$ne", "category=%00", "q=(((", "q=" + "x" * 5000, "year=2999"):
        await tab.open(f"/notices?{query}")
        assert (tab.status, "該当するものはありません" in tab.text) == (200, True), query
    await tab.post(f"/notices/{made.number}/acknowledge", [("edition", str(made.id))])
    assert tab.status in (401, 403)


async def test_a_list_tells_what_is_unread_for_which_period_and_what_is_to_be_done(
    tab: Tab, site: Site
) -> None:
    account, midnight = await insider(site), site.calendar.midnight(site.today())
    last = {"ends_at": midnight + timedelta(days=1), "acknowledge_by": midnight + timedelta(days=1)}
    made = await publish(site, "期間", "operators", starts_at=midnight, acknowledge=True, **last)
    await tell(site, made, account)
    day = f"{site.today():%Y}年{site.today().month}月{site.today().day}日"
    await sit_down(tab, site, account)
    await tab.open("/portal/notices")
    row = next(e.text for e in tab.page.all("li") if "期間" in e.text)
    for told in ("未読", f"{day}から{day}まで", f"{day}までに内容の確認をお願いします。", "運用"):
        assert told in row
    await tab.press_link("期間")
    await tab.open("/portal/notices")
    row = next(e.text for e in tab.page.all("li") if "期間" in e.text)
    assert ("未読" in row, "内容の確認をお願いします" in row) == (False, True)


async def test_looking_at_a_notice_marks_it_as_read_and_fetching_it_ahead_does_not(
    tab: Tab, site: Site
) -> None:
    account = await insider(site)
    urgent = await publish(site, "緊急停止", "operators", importance="urgent")
    await tell(site, urgent, account)
    await sit_down(tab, site, account)
    address = f"/portal/notices/{urgent.number}"
    for headers in ({"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}):
        await tab.open(address, **headers)
        assert (tab.status, await read_at(site, urgent, account)) == (200, None)
    await tab.client.head(address)
    for page in ("/portal", "/portal/account"):
        await tab.open(page)
        assert "未読の緊急のお知らせがあります" in tab.text
        assert "1件の未読" in "".join(tab.text.split())
    await tab.open("/portal/notices?show=unread")
    assert "緊急停止" in tab.page.all("main")[0].text
    await tab.open(f"/notices/{urgent.number}")
    assert (tab.path, "未読の緊急" in tab.text) == (address, False)
    assert await read_at(site, urgent, account) == site.now()
    await tab.open("/portal")
    assert "未読" not in tab.text


async def read_at(site: Site, edition: Publication, account: Account) -> object:
    line = await line_of(signed_in(site, account), edition)
    return line.read_at if line else None


async def test_a_notice_is_confirmed_once_by_the_edition_that_was_read(tab: Tab, site: Site) -> None:
    account = await insider(site)
    first = await publish(site, "お願い", "operators", acknowledge=True)
    await tell(site, first, account)
    await sit_down(tab, site, account)
    await tab.open("/portal")
    await tab.press_link("お知らせを読む")
    read = tab.page
    second = await replace_by(site, first, "お願い（訂正）", acknowledge=True)
    await tell(site, second, account)
    await tab.press("内容を確認しました")
    assert (tab.status, "新しい版が公開されました" in tab.text) == (409, True)
    assert (await line_of(signed_in(site, account), second)).acknowledged_at is None  # type: ignore[union-attr]
    await tab.open(f"/portal/notices/{first.number}")
    await tab.press("内容を確認しました")
    assert "確認いただいたことを記録しました" in tab.text
    assert f"{account.name}さんが内容を確認しました" in tab.text
    assert "1名のうち1名が確認済み" in tab.text
    assert not [e for e in tab.page.all("button") if "確認しました" in e.text]
    await tab.open(f"/portal/notices/{first.id}")
    assert "以前の版を表示しています" in tab.text
    await tab.press_link("最新の版を読む")
    assert tab.page.all("h1")[0].text == "お願い（訂正）"
    assert read.all("h1")[0].text == "お願い"


async def test_a_withdrawn_notice_says_so_and_its_text_and_files_are_gone(
    open_tab: Callable[[], Tab], site: Site
) -> None:
    account, stored = (
        await insider(site),
        await site.store.attachments.put("手順 <1>.pdf", "application/pdf", "a notice", b"%PDF-1.4 \xff"),
    )
    facts = [{"id": str(stored.id), "filename": stored.filename, "size": stored.size}]
    made = await publish(site, "取り違え", attachments=facts)
    await tell(site, made, account)
    visitor, own = open_tab(), await sit_down(open_tab(), site, account)
    await visitor.open(f"/notices/{made.number}")
    await visitor.press_link("手順 <1>.pdf")
    headers = visitor.answer.headers
    assert (visitor.answer.content, headers["content-type"]) == (b"%PDF-1.4 \xff", "application/pdf")
    assert headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E6%89%8B")
    assert (headers["x-content-type-options"], "sandbox" in headers["content-security-policy"]) == (
        "nosniff",
        True,
    )
    await withdraw(site, made)
    for tab, base, named in ((visitor, "/notices", False), (own, "/portal/notices", True)):
        await tab.open(f"{base}/{made.number}")
        assert tab.status == 410
        assert "内容に誤りがあったため" in tab.text
        assert ("取り違え" in tab.text, "本文です" in tab.text) == (named, False)
        await tab.open(f"{base}/{made.number}/files/{stored.id}")
        assert tab.status == 404
    await own.open("/portal/notices")
    assert "最近取り下げたお知らせ" in own.text


async def test_staff_read_and_confirm_theirs_on_the_pages_for_everybody(tab: Tab, site: Site) -> None:
    member = await somebody(site, None, "reviewer")
    made = await publish(site, "職員向け", "staff", acknowledge=True)
    await tell(site, made, member)
    await tab.open(f"/notices/{made.number}")
    assert tab.status == 404
    await sit_down(tab, site, member)
    await tab.open("/notices?show=owed")
    await tab.press_link("職員向け")
    await tab.press("内容を確認しました")
    assert "確認いただいたことを記録しました" in tab.text
