"""Hostile posts to a page of an application: the same page again, everything typed still on it, nothing
stored."""

import asyncio
from collections.abc import AsyncIterator
from html import escape
from typing import Any

import httpx
import pytest
import pytest_asyncio

from models.documents.store import Mongo
from models.schema.definition import RecordType
from tests.app.conftest import Inside, OpenBrowser
from tests.app.people import Applicant, Member, submitted
from tests.forms.reader import Document, Element
from tests.forms.tab import typed_for

MEBIBYTE = 1_048_576
SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

LIES = {
    "html": ("誓約書.pdf", b"<html><script>alert(1)</script>"),
    "gif polyglot": ("誓約書.pdf", b"GIF89a/*" + PDF + b"*/=1;alert(1)"),
    "program": ("誓約書.pdf", b"MZ" + b"\x00" * 100),
    "another ending": ("誓約書.html", PDF),
    "two endings": ("誓約書.pdf.exe", PDF),
    "no ending": ("誓約書", PDF),
    "empty": ("誓約書.pdf", b""),
    "large": ("誓約書.pdf", PDF + b"\x00" * (11 * MEBIBYTE)),
}
"""Files whose name and content do not agree, or that are more or less than the field takes."""


@pytest_asyncio.fixture
async def applicant(browser: OpenBrowser, operator_type: RecordType) -> Applicant:
    """Somebody who has just begun."""
    begun = await Applicant(browser(), operator_type).present_certificate()
    await begun.begin()
    return begun


@pytest_asyncio.fixture
async def kept(stored: Mongo, applicant: Applicant) -> AsyncIterator[dict[str, Any]]:
    """The application as it was; in the end it must be the same, and so must its uploads."""
    before = await application_of(stored, applicant)
    yield before
    assert await application_of(stored, applicant) == before
    owned = {"metadata.owner": str(before["_id"])}
    assert await stored["attachments.files"].count_documents(owned) == 0


async def application_of(stored: Mongo, applicant: Applicant) -> dict[str, Any]:
    found = await stored["applications"].find_one({"reference": applicant.reference})
    assert found is not None
    return found


def refused(answer: httpx.Response, *fields: str) -> Document:
    """The same page with an error summary, each entry of which leads to a place of the page."""
    assert answer.status_code == 422, answer.text
    page = Document(answer.text)
    assert page.title.startswith("エラー")
    links = summary(page)
    for target in links:
        assert target.startswith("#")
        assert page.by_id(target.removeprefix("#")) is not None, target
    assert {f"#field-{field}" for field in fields} <= set(links), links
    return page


def summary(page: Document) -> dict[str, str]:
    """The error summary: messages by the place they lead to."""
    panel = next(element for element in page.elements if "panel--error" in element.get("class"))
    return {link.get("href"): link.text for link in page.all("a") if _within(link, panel)}


def _within(element: Element, around: Element) -> bool:
    parent = element.parent
    while parent is not None and parent is not around:
        parent = parent.parent
    return parent is around


def value(page: Document, name: str) -> str:
    """What stands in a field."""
    found = page.by_id(f"field-{name}")
    assert found is not None
    return found.text.removeprefix("\n") if found.tag == "textarea" else found.get("value")


@pytest.mark.usefixtures("kept")
class TestNothingIsStored:
    """Each of these leaves the application exactly as it was."""

    async def test_missing_values(self, applicant: Applicant) -> None:
        page = refused(await applicant.send("company", {}), "operator_code", "operator_name", "license_class")
        assert value(page, "operator_code") == ""

    async def test_forged_choice_codes(self, applicant: Applicant) -> None:
        typed = {
            "license_class": "root",
            "supplier_types": ["generation", "'; drop"],
            "is_domestic_corporation": "maybe",
            "operator_name": "みなと",
        }
        answer = await applicant.send("company", typed)
        page = refused(answer, "license_class", "supplier_types", "is_domestic_corporation")
        assert value(page, "operator_name") == "みなと"

    async def test_a_value_of_a_megabyte(self, applicant: Applicant) -> None:
        text = "長い" * (MEBIBYTE // 6)
        page = refused(await applicant.send("company", {"operator_name": text}), "operator_name")
        assert value(page, "operator_name") == text

    async def test_html_and_script(self, applicant: Applicant) -> None:
        typed = {"operator_code": SCRIPT, "operator_name": SCRIPT, "corporate_number": SCRIPT}
        answer = await applicant.send("company", {**typed, "is_domestic_corporation": "yes"})
        page = refused(answer, "operator_code", "corporate_number")
        assert value(page, "operator_code") == SCRIPT
        assert value(page, "operator_name") == SCRIPT
        assert SCRIPT not in answer.text
        assert escape(SCRIPT) in answer.text.replace("&#34;", "&quot;")
        assert [element for element in page.elements if element.has("onerror")] == []
        run = [script for script in page.all("script") if script.get("type") != "application/json"]
        assert run
        assert all(script.get("src").startswith("/static/") for script in run)

    @pytest.mark.parametrize("character", ["\x00", "\x08", "\x1b", "\x7f", "\u202e", "\u2066", "\x01"])
    async def test_control_characters(self, applicant: Applicant, character: str) -> None:
        typed = {"operator_code": f"9A{character}01", "operator_name": f"みな{character}と"}
        page = refused(await applicant.send("company", typed), "operator_name")
        assert "と" in value(page, "operator_name")

    async def test_keys_of_a_database_query(self, applicant: Applicant) -> None:
        typed = {
            "$where": "sleep(5000)",
            "operator_code[$ne]": "",
            "operator_code.$gt": "",
            "answers.operator_code": "9A01",
            "$set": '{"state": "approved"}',
            "license_class": '{"$gt": ""}',
            "supplier_types": '{"$in": []}',
        }
        refused(await applicant.send("company", typed), "operator_code", "license_class", "supplier_types")

    async def test_unknown_fields_and_fields_of_other_pages_are_no_answers(
        self, applicant: Applicant
    ) -> None:
        typed = {
            "state": "approved",
            "revision_id": "x",
            "operator_id": "0" * 24,
            "__class__": "x",
            "contact_email": "other@example.jp",
        }
        refused(await applicant.send("company", typed), "operator_code")

    async def test_forged_facts_of_a_certificate(self, applicant: Applicant) -> None:
        facts = '{"fingerprint": "' + "0" * 64 + '", "serial": "1"}'
        typed = {"client_certificate": facts, "client_certificate__held": facts, "operator_code": "!"}
        refused(await applicant.send("company", typed), "operator_code")

    async def test_forged_facts_of_a_file(self, applicant: Applicant) -> None:
        facts = '{"id": "' + "0" * 24 + '", "filename": "theirs.pdf", "size": 1}'
        typed = {
            "pledge_filed": "yes",
            "pledge_document": facts,
            "pledge_document__held": facts,
            "pledge_document.id": "0" * 24,
        }
        page = refused(await applicant.send("declarations", typed), "effective_from")
        assert "theirs.pdf" not in page.html

    async def test_facts_of_a_file_signed_for_another_application(
        self, applicant: Applicant, browser: OpenBrowser, operator_type: RecordType
    ) -> None:
        other = await Applicant(browser(), operator_type).present_certificate()
        await other.begin()
        files = {"pledge_document": ("theirs.pdf", PDF)}
        page = Document((await other.send("declarations", {"pledge_filed": "yes"}, files=files)).text)
        held = dict(page.sent())["pledge_document__held"]
        typed = {"pledge_filed": "yes", "pledge_document__held": held}
        page = refused(await applicant.send("declarations", typed), "effective_from")
        assert "theirs.pdf" not in page.html

    @pytest.mark.parametrize("lie", LIES)
    async def test_a_file_that_is_not_what_it_says(self, applicant: Applicant, lie: str) -> None:
        typed = {"pledge_filed": "yes"}
        files = {"pledge_document": LIES[lie]}
        answer = await applicant.send("declarations", typed, files=files)
        page = refused(answer, "pledge_document")
        chosen = [e for e in page.elements if e.get("name") == "pledge_filed" and e.has("checked")]
        assert [e.get("value") for e in chosen] == ["yes"]

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("application/json", b'{"operator_code": "9A01"}'),
            ("text/plain", b"operator_code=9A01"),
            ("multipart/form-data", b"no boundary"),
            ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
            ("application/x-www-form-urlencoded; charset=utf-7", b"operator_code=%ff%fe&=&&%"),
            ("", b"operator_code=9A01"),
        ],
    )
    async def test_what_is_no_form(self, applicant: Applicant, kind: str, body: bytes) -> None:
        address = f"{applicant.address}/pages/company"
        answer = await applicant.client.post(address, content=body, headers={"content-type": kind})
        assert 400 <= answer.status_code < 500
        assert Document(answer.text).title

    @pytest.mark.parametrize("count", [5_000, 5_001, 100_000])
    async def test_thousands_of_fields(self, applicant: Applicant, count: int) -> None:
        many = {f"operator_code.{number}": "x" for number in range(count - 1)}
        data = {"revision": "0", **many}
        answer = await applicant.client.post(f"{applicant.address}/pages/company", data=data)
        if count <= 5_000:
            refused(answer, "operator_code")
        else:
            assert answer.status_code == 413
            assert "送信された内容が大きすぎます" in answer.text

    @pytest.mark.parametrize("told", [True, False], ids=["length told", "length not told"])
    async def test_a_body_of_thirty_megabytes(self, applicant: Applicant, told: bool) -> None:
        body = b"operator_name=" + b"x" * (30 * MEBIBYTE)

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(body), MEBIBYTE):
                yield body[start : start + MEBIBYTE]

        answer = await applicant.client.post(
            f"{applicant.address}/pages/company",
            content=body if told else chunks(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 413
        assert "送信された内容が大きすぎます" in answer.text
        assert "T-V004" in answer.text

    async def test_a_page_of_somebody_elses_application(
        self, applicant: Applicant, browser: OpenBrowser, operator_type: RecordType
    ) -> None:
        stranger = await Applicant(browser(), operator_type).present_certificate()
        await stranger.begin()
        stranger.reference, stranger.revision = applicant.reference, applicant.revision
        typed = typed_for(operator_type, operator_type.laid_out[0].fields, applicant.answers)
        submitted, answer = await stranger.submit(), await stranger.send("company", typed)
        assert (submitted.status_code, answer.status_code) == (404, 404)
        for told in (submitted.text, answer.text):  # what was typed is given back, whoever's it is
            assert "ログアウトした状態です" in told or "ページが見つかりません" in told
        stranger.reference = "A2026-999999"
        unknown = await stranger.send("company", typed)
        assert (unknown.status_code, len(unknown.text)) == (404, len(answer.text))

    @pytest.mark.parametrize("page", ["none", "$where", "../company", "company%00", "__class__"])
    async def test_a_page_that_does_not_exist(self, applicant: Applicant, page: str) -> None:
        assert (await applicant.send(page, {"operator_code": "9A01"})).status_code in (404, 405)

    @pytest.mark.parametrize("revision", ["-1", "99", "x", "1e3", "٣", "9" * 400, ""])
    async def test_a_revision_that_was_never_shown(self, applicant: Applicant, revision: str) -> None:
        answer = await applicant.send("company", {"operator_name": "みなと", "revision": revision})
        assert answer.status_code == 409
        assert value(Document(answer.text), "operator_name") == "みなと"


async def test_control_the_same_page_with_right_answers_is_stored(
    applicant: Applicant, stored: Mongo, operator_type: RecordType
) -> None:
    """Without anything wrong the post goes through; what does not belong to the page is left out."""
    typed = typed_for(operator_type, operator_type.laid_out[0].fields, applicant.answers)
    before = await application_of(stored, applicant)
    answer = await applicant.send("company", {**typed, "$where": "1", "state": "approved", "address": "x"})
    assert answer.status_code == 303
    after = await application_of(stored, applicant)
    assert after["revision"] == before["revision"] + 1
    assert after["answers"]["operator_name"] == applicant.answers["operator_name"]
    assert after["answers"].keys() <= set(operator_type.by_name)
    assert (after["state"], after["answers"].get("address")) == ("draft", None)


async def test_control_without_the_limit_of_a_request_it_is_read_to_its_end(
    inside: Inside, operator_type: RecordType
) -> None:
    """Behind the limit of a request stands that of the field, which has to read the file first."""
    applicant = await Applicant(inside.browser(), operator_type).present_certificate()
    await applicant.begin()
    files = {"pledge_document": ("誓約書.pdf", PDF + b"\x00" * (21 * MEBIBYTE))}
    typed = {"pledge_filed": "yes"}
    assert (await applicant.send("declarations", typed, files=files)).status_code == 413
    inside.leave_out("LargestBody")
    refused(await applicant.send("declarations", typed, files=files), "pledge_document")


async def test_a_polyglot_that_is_a_pdf_is_only_ever_handed_out_as_one(
    applicant: Applicant, stored: Mongo
) -> None:
    polyglot = PDF + b"<script>alert(1)</script>"
    files = {"pledge_document": ('evil"\r\nx-evil: 1.pdf', polyglot)}
    await applicant.send("declarations", {"pledge_filed": "yes"}, files=files)
    upload = (await application_of(stored, applicant))["answers"]["pledge_document"]
    answer = await applicant.client.get(f"{applicant.address}/files/{upload['id']}")
    assert answer.content == polyglot
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "x-evil" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_only_the_remarked_field_of_a_returned_application_is_taken(
    browser: OpenBrowser, stored: Mongo, operator_type: RecordType
) -> None:
    applicant = await submitted(browser(), operator_type)
    reviewer = await Member(browser()).sign_in("reviewer-1")
    await reviewer.step(applicant.reference, "claim")
    answer = await reviewer.step(applicant.reference, "return", {"remark.address": "番地まで"})
    assert answer.status_code == 303, answer.text
    before = await application_of(stored, applicant)
    applicant.revision = before["revision"]
    typed = {"address": "丸の内1-1-1", "postal_code": "999-9999", "representative_name": "別の 人"}
    assert (await applicant.send("location", typed)).status_code == 303
    assert (await applicant.send("contacts", {"contact_email": "evil@example.jp"})).status_code in (303, 422)
    after = await application_of(stored, applicant)
    changed = {n for n in after["answers"] if after["answers"][n] != before["answers"].get(n)}
    assert changed == {"address"}


async def test_the_same_page_sent_by_many_windows_at_once_is_kept_once(
    applicant: Applicant, stored: Mongo
) -> None:
    typed = {"revision": "0", "action": "save"}
    address = f"{applicant.address}/pages/company"
    sent = [{**typed, "operator_name": f"窓{number}"} for number in range(8)]
    answers = await asyncio.gather(*(applicant.client.post(address, data=data) for data in sent))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [303] + [409] * 7
    winner = next(data for data, answer in zip(sent, answers, strict=True) if answer.status_code == 303)
    after = await application_of(stored, applicant)
    assert after["answers"]["operator_name"] == winner["operator_name"]
