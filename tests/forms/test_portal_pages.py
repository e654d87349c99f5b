"""The operator's portal, without JavaScript: what waits, lists and files, history, beginning with earlier
answers."""

from datetime import timedelta

from models.documents.application import Application
from models.documents.certificate import Certificate
from models.documents.record import Record, RecordVersion
from models.services.site import Site
from tests.forms.tab import Tab
from tests.services.changing import move_on


async def record_of(site: Site, number: str = "0000000001") -> Record:
    return await site.records["resource"].by_number(number, {})


async def test_the_first_page_says_what_waits_and_an_empty_one_helps(administrator: Tab, site: Site) -> None:
    assert "対応が必要なものはありません" in administrator.text
    await administrator.open("/apply/resource")
    await administrator.press("申請を始める")
    draft = await Application.find_one({"type": "resource", "state": "draft"})
    assert draft is not None
    soon = site.now() + timedelta(days=10)
    await Certificate.find({"state": "bound"}).update({"$set": {"not_after": soon}})
    await administrator.open("/portal")
    titles = [e.text for e in administrator.page.all("h3")]
    first, second = (
        titles.index(words)
        for words in ("クライアント証明書を更新してください", "入力を終えて提出してください")
    )
    assert first < second
    assert draft.reference in administrator.text
    assert "残り 90 日" in administrator.text
    await administrator.open("/portal/certificates")
    assert "この証明書で接続中" in administrator.text
    assert "あと 10 日" in administrator.text


async def test_a_list_is_narrowed_and_taken_away(administrator: Tab) -> None:
    await administrator.open("/portal/resource?q=風力")
    assert "岬風力発電所" in administrator.text
    assert "みなと第一発電所" not in administrator.text
    await administrator.open("/portal/resource?delivery_fiscal_year.from=いつか")
    assert administrator.status == 422
    assert "#f-delivery_fiscal_year.from" in administrator.errors()
    await administrator.post("/portal/resource/download", [("format", "exe"), ("profile", "list")])
    assert (administrator.status, "岬風力発電所" in administrator.text) == (422, True)
    await administrator.open("/portal/resource?area=tokyo&sort=-number")
    await administrator.press("CSV でダウンロード")
    assert administrator.answer.headers["content-type"].startswith("text/csv")
    assert administrator.answer.content.startswith("\ufeff".encode())
    assert "みなと第一発電所" in administrator.answer.text
    assert "岬風力発電所" not in administrator.answer.text
    address = administrator.path.removesuffix("/file")
    await administrator.open(address)
    assert "ファイルができました" in administrator.text
    await administrator.open("/logout")
    await administrator.client.post("/logout")
    await administrator.open(address)
    assert administrator.path == "/login"


async def test_a_record_is_seen_as_it_was_and_what_changed_in_words(administrator: Tab, site: Site) -> None:
    record = await record_of(site)
    before, yesterday = record.data["resource_name"], site.now() - timedelta(days=1)
    await RecordVersion.find({"record_id": record.id}).update({"$set": {"at": yesterday}})
    day = yesterday.date().isoformat()
    await move_on(site, record, resource_name="あたらしい名称")
    page = f"/portal/resource/{record.number}"
    await administrator.open(f"{page}/history")
    assert all(text in administrator.text for text in ("第 2 版", "変更前", before, "あたらしい名称"))
    assert "別の審査担当者" not in administrator.text
    await administrator.open(f"{page}?day={day}")
    assert "過去の内容（第 1 版）" in administrator.text
    assert "あたらしい名称" not in administrator.text
    await administrator.open(f"{page}?day=2001年1月1日")
    assert "まだ登録されていません" in administrator.errors()["#day"]
    await administrator.open(f"{page}?day=きのう")
    assert (administrator.status, "#day" in administrator.errors()) == (422, True)
    for version in ("9", "x", "-1"):
        await administrator.open(f"{page}?version={version}")
        assert administrator.status == 404


async def test_an_application_begins_with_earlier_answers_and_says_what_stays_behind(
    administrator: Tab, site: Site
) -> None:
    await administrator.open("/portal/resource/copy?q=みなと")
    await administrator.press_link("選ぶ")
    assert "系統コード – 同じ値は一度しか登録できません。" in administrator.text
    await administrator.press("申請を始める")
    assert "回答を引き継ぎました" in administrator.text
    begun = await Application.find_one({"type": "resource", "state": "draft"})
    assert begun is not None
    assert begun.answers["resource_name"] == begun.title == "みなと第一発電所"
    assert "grid_code" not in begun.answers
    for query in ("record=9999999999", "application=A2026-999999", "record=00000002"):
        await administrator.open(f"/portal/resource/copy?{query}")
        assert administrator.status == 404


async def test_a_change_is_brought_up_to_what_is_in_force(administrator: Tab, site: Site) -> None:
    record = await record_of(site)
    await administrator.open(f"/portal/resource/{record.number}/change")
    await administrator.press("申請を始める")
    draft = await Application.find_one({"record_id": record.id, "state": "draft"})
    assert draft is not None
    await administrator.open(f"/applications/{draft.reference}/renew")
    assert administrator.path == f"/applications/{draft.reference}"
    answers = {**draft.answers, "resource_name": "わたしの名称"}
    await draft.set({"answers": answers})
    await move_on(site, record, resource_name="事務局の名称")
    for page in (f"/portal/resource/{record.number}", "/portal"):
        await administrator.open(page)
        await administrator.press_link("変わった内容を見る")
        assert administrator.path == f"/applications/{draft.reference}/renew"
    await administrator.press("申請を現在の内容に合わせる")
    assert administrator.errors().keys() == {"#choice-resource_name"}
    await administrator.press("申請を現在の内容に合わせる", {"choice.resource_name": "theirs"})
    assert "現在の登録内容に合わせました" in administrator.text
    renewed = await Application.get(draft.id)
    assert renewed is not None
    assert (renewed.answers["resource_name"], renewed.base_revision) == ("事務局の名称", 2)
