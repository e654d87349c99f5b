"""Filling in an application without JavaScript: what is typed is kept, whatever is wrong with it."""

from collections.abc import Callable

from models.documents.application import Application
from models.services.site import Site
from tests.forms.tab import Tab, typed_for
from tests.services.answers import valid_answers

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
HOSTILE = '"><script>alert(1)</script>'


async def stored() -> Application:
    application = await Application.find_one()
    assert application is not None
    return application


async def fill_all(tab: Tab, site: Site) -> Tab:
    """Answer every page with the configuration's own example."""
    definition = site.registry.current("operator").definition
    answers = valid_answers(definition)
    for _ in range(2 * len(definition.laid_out)):
        name = tab.path.rpartition("/")[2]
        if name == "check":
            break
        page = next(page for page in definition.laid_out if page.name == name)
        asked = {e.get("name").split(".")[0] for e in tab.page.elements if e.get("name")}
        await tab.press(
            "次へ進む", typed_for(definition, tuple(n for n in page.fields if n in asked), answers)
        )
    return tab


async def test_the_gate_asks_for_the_terms_and_keeps_nothing_without(tab: Tab, site: Site) -> None:
    await tab.open("/apply/operator")
    assert "容量市場システム利用規約" in tab.text
    await tab.press("申請を始める")
    assert tab.status == 409
    assert "#accept" in tab.errors()
    assert await Application.find_one() is None


async def test_the_gate_asks_for_a_certificate(tab: Tab) -> None:
    await tab.open("/apply/operator")
    await tab.press("申請を始める", {"accept": "yes"})
    assert tab.status == 422
    assert list(tab.errors()) == ["#certificate"]


async def test_an_application_is_filled_in_page_by_page_and_submitted(applicant: Tab, site: Site) -> None:
    assert "8 ページ中 1 ページ目" in applicant.text
    await fill_all(applicant, site)
    assert applicant.path.endswith("/check")
    assert "みなと発電株式会社" in applicant.text
    await applicant.press("この内容で提出する")
    application = await stored()
    assert application.state == "submitted"
    assert application.reference in applicant.text
    assert "申請を受け付けました" in applicant.text
    await applicant.open(applicant.path)
    assert "受付済" in applicant.text


async def test_errors_are_summed_up_linked_to_their_fields_and_nothing_is_stored(applicant: Tab) -> None:
    before = await stored()
    await applicant.press("次へ進む", {"operator_code": HOSTILE, "operator_name": "みなと発電"})
    assert applicant.status == 422
    errors = applicant.errors()
    assert "#field-operator_code" in errors
    for target in errors:
        assert applicant.page.by_id(target.removeprefix("#")) is not None
    assert applicant.page.title.startswith("エラー")
    code = applicant.page.by_id("field-operator_code")
    assert code is not None
    assert code.get("value") == HOSTILE
    assert code.get("aria-invalid") == "true"
    assert (await stored()).answers == before.answers
    assert (await stored()).revision == before.revision


async def test_every_door_of_the_page_says_the_same_for_forged_and_missing_values(applicant: Tab) -> None:
    before = await stored()
    forged = [
        ("revision", str(before.revision)),
        ("license_class", "admin"),
        ("supplier_types", "x"),
        ("is_domestic_corporation", "maybe"),
        ("client_certificate", "forged"),
        ("state", "approved"),
        ("action", "next"),
    ]
    await applicant.post(applicant.path, forged)
    assert applicant.status == 422
    assert {"#field-license_class", "#field-supplier_types", "#field-is_domestic_corporation"} <= set(
        applicant.errors()
    )
    assert (await stored()).answers == before.answers


async def test_an_oversized_value_is_an_error_at_its_field_and_still_there(applicant: Tab) -> None:
    text = "長" * 30_000
    await applicant.press("次へ進む", {"operator_name": text})
    assert applicant.status == 422
    assert "20000" in applicant.errors()["#field-operator_name"]
    kept = applicant.page.by_id("field-operator_name")
    assert kept is not None
    assert kept.get("value") == text
    await applicant.press("保存してあとで続ける", {"operator_name": text})
    assert applicant.status == 422
    assert "operator_name" not in (await stored()).answers


async def test_more_than_a_form_can_hold_is_refused_in_words(applicant: Tab) -> None:
    many = [(f"x{n}", "y") for n in range(6_000)]
    await applicant.post(applicant.path, many)
    assert applicant.status == 413
    assert "送信された内容が大きすぎます" in applicant.text


async def test_questions_that_answers_lead_to_are_asked_before_they_are_errors(applicant: Tab) -> None:
    assert applicant.page.by_id("field-corporate_number") is None
    await applicant.press("次へ進む", {"is_domestic_corporation": "yes", "operator_code": "9A01"})
    assert applicant.status == 200
    assert "お答えに応じて質問が増えました" in applicant.text
    assert applicant.page.by_id("field-corporate_number") is not None
    assert applicant.errors() == {}
    code = applicant.page.by_id("field-operator_code")
    assert code is not None
    assert code.get("value") == "9A01"
    await applicant.press("次へ進む")
    assert "#field-corporate_number" in applicant.errors()


async def test_saving_keeps_answers_as_typed_and_a_mailed_link_opens_them_elsewhere(
    applicant: Tab, open_tab: Callable[[], Tab], site: Site
) -> None:
    from models.documents.link import Link
    from models.services.links import token_of

    await applicant.press("保存してあとで続ける", {"operator_code": "まだ", "operator_name": "みなと"})
    assert applicant.path.endswith("/save")
    await applicant.press("リンクを送る", {"email": "だめ"})
    assert "#email" in applicant.errors()
    await applicant.press("リンクを送る", {"email": "a@example.jp"})
    assert "a@example.jp へお送りしました" in applicant.text
    link = await Link.find_one({"purpose": "open_application"})
    assert link is not None
    other = open_tab()
    await other.open(f"/applications/{(await stored()).reference}")
    assert other.status == 404
    address = f"/links/{token_of(site, link.id)}"
    await other.open(address)
    assert other.status == 200
    assert "みなと" not in other.text
    await other.press("申請を開く")
    assert other.path.endswith("/pages/company")
    kept = other.page.by_id("field-operator_code")
    assert kept is not None
    assert kept.get("value") == "まだ"


async def test_another_window_is_told_of_and_what_was_typed_is_still_there(applicant: Tab) -> None:
    sent = applicant.page.sent(applicant.button("次へ進む").inside("form"))
    await applicant.press("保存してあとで続ける", {"operator_name": "一つ目"})
    address = f"/applications/{(await stored()).reference}/pages/company"
    stale = [(name, "二つ目" if name == "operator_name" else value) for name, value in sent]
    await applicant.post(address, [*stale, ("action", "save")])
    assert applicant.status == 409
    assert "別の" in applicant.text
    kept = applicant.page.by_id("field-operator_name")
    assert kept is not None
    assert kept.get("value") == "二つ目"
    assert (await stored()).answers["operator_name"] == "一つ目"
    await applicant.press("保存してあとで続ける")
    assert (await stored()).answers["operator_name"] == "二つ目"


async def test_two_different_addresses_are_told(applicant: Tab) -> None:
    await applicant.open(f"/applications/{(await stored()).reference}/pages/contacts")
    typed = {"contact_email": "a@example.jp", "contact_email__confirm": "b@example.jp"}
    await applicant.press("次へ進む", typed)
    assert "#field-contact_email__confirm" in applicant.errors()
    again = applicant.page.by_id("field-contact_email__confirm")
    assert again is not None
    assert again.get("value") == "b@example.jp"


async def test_an_upload_is_kept_shown_and_can_be_taken_away(applicant: Tab) -> None:
    address = f"/applications/{(await stored()).reference}/pages/declarations"
    await applicant.open(address)
    await applicant.press("次へ進む", {"pledge_filed": "yes"})
    await applicant.press("次へ進む", files={"pledge_document": ("誓約書.pdf", PDF)})
    assert applicant.status == 422
    assert "誓約書.pdf" in applicant.text
    upload = (await stored()).answers["pledge_document"]
    assert upload["filename"] == "誓約書.pdf"
    served = await applicant.client.get(f"/applications/{(await stored()).reference}/files/{upload['id']}")
    assert served.content == PDF
    assert served.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in served.headers["content-security-policy"]
    await applicant.press("削除")
    assert "誓約書.pdf" not in applicant.text
    await applicant.press("保存してあとで続ける")
    assert (await stored()).answers.get("pledge_document") is None


async def test_a_file_that_is_not_what_it_says_is_an_error_at_its_field(applicant: Tab) -> None:
    await applicant.open(f"/applications/{(await stored()).reference}/pages/declarations")
    await applicant.press("次へ進む", {"pledge_filed": "yes"})
    await applicant.press("次へ進む", files={"pledge_document": ("誓約書.pdf", b"<html>")})
    assert "#field-pledge_document" in applicant.errors()
    assert (await stored()).answers.get("pledge_document") is None


async def test_submitting_too_early_lists_what_is_missing_with_the_way_there(applicant: Tab) -> None:
    reference = (await stored()).reference
    await applicant.open(f"/applications/{reference}/check")
    await applicant.press("この内容で提出する")
    assert applicant.status == 422
    target = next(target for target in applicant.errors() if "operator_code" in target)
    assert target == f"/applications/{reference}/pages/company?from=check#field-operator_code"
    await applicant.open(target)
    assert applicant.page.by_id("field-operator_code") is not None


async def test_going_back_keeps_what_was_typed(applicant: Tab) -> None:
    reference = (await stored()).reference
    await applicant.open(f"/applications/{reference}/pages/location")
    await applicant.press("前へ戻る", {"address": "港区海岸"})
    assert applicant.path.endswith("/pages/company")
    assert (await stored()).answers["address"] == "港区海岸"


async def test_a_withdrawn_or_foreign_application_is_not_shown(
    applicant: Tab, open_tab: Callable[[], Tab]
) -> None:
    reference = (await stored()).reference
    stranger = open_tab()
    for end in ("", "/pages/company", "/check", "/save", "/withdraw"):
        await stranger.open(f"/applications/{reference}{end}")
        assert stranger.status == 404
    await stranger.post(f"/applications/{reference}/pages/company", [("operator_name", "x")])
    assert stranger.status == 404


async def test_an_answer_the_page_did_not_show_is_not_taken_away(applicant: Tab) -> None:
    await applicant.press("次へ進む", {"is_domestic_corporation": "yes"})
    await applicant.press("保存してあとで続ける", {"corporate_number": "7999901000001"})
    await applicant.open(f"/applications/{(await stored()).reference}/pages/company")
    await applicant.press("保存してあとで続ける", {"is_domestic_corporation": "no"})
    await applicant.open(f"/applications/{(await stored()).reference}/pages/company")
    assert applicant.page.by_id("field-corporate_number") is None
    await applicant.press("保存してあとで続ける", {"is_domestic_corporation": "yes"})
    await applicant.open(f"/applications/{(await stored()).reference}/pages/company")
    number = applicant.page.by_id("field-corporate_number")
    assert number is not None
    assert number.get("value") == "7999901000001"
