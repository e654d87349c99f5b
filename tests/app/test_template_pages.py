"""The pages of mail templates over HTTP: a mail inside a frame that may do nothing, and samples by post."""

from app.demo import PASSWORD
from models.documents.account import Account
from models.documents.message import Message
from models.services.passwords import hash_password
from tests.app.conftest import Inside
from tests.app.people import Member

PAGE = "/admin/mail_templates/application_received"


async def member(inside: Inside, login: str, role: str) -> Member:
    facts = {"login": login, "kind": "staff", "name": login.title(), "email": f"{login}@example.jp"}
    known = {"roles": [role], "status": "active", "password_hash": hash_password(PASSWORD)}
    await Account.model_validate({**facts, **known, "created_at": inside.hands()}).insert()
    return await Member(inside.browser()).sign_in(login)


async def test_a_template_is_shown_in_a_frame_that_may_do_nothing(inside: Inside) -> None:
    steward = await member(inside, "steward", "steward")
    listed = (await steward.client.get("/admin/mail_templates")).text
    assert 'href="/admin/mail_templates/application_received"' in listed
    page = await steward.client.get(PAGE)
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assert (
        f'<iframe class="s-frame" sandbox title="HTML 形式のメール" src="{PAGE}/html?lang=ja">' in page.text
    )
    html = await steward.client.get(f"{PAGE}/html?lang=en")
    allowed = html.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'self'", "sandbox"} <= set(allowed)
    assert not any(rule.startswith(("script-src", "img-src", "connect-src")) for rule in allowed)
    assert '<html lang="en">' in html.text
    for wrong in (f"{PAGE}?lang=fr", "/admin/mail_templates/no_such_mail", f"{PAGE}/html?lang=x"):
        assert (await steward.client.get(wrong)).status_code == 404, wrong
    unknown = await steward.client.get(f"{PAGE}?reference=A2026-999999")
    assert (unknown.status_code, "この番号の申請はないか" in unknown.text) == (422, True)
    assert 'value="A2026-999999"' in unknown.text


async def test_a_sample_is_posted_by_those_who_may(inside: Inside) -> None:
    steward, auditor = await member(inside, "steward", "steward"), await member(inside, "auditor", "auditor")
    typed = {"lang": "ja", "reference": ""}
    assert (await auditor.post(f"{PAGE}/try", typed)).status_code == 403
    assert "自分宛てに送信する" not in (await auditor.client.get(PAGE)).text
    assert await Message.find({}).count() == 0
    assert (await steward.post(f"{PAGE}/try", typed)).status_code == 303
    assert "見本を steward@example.jp 宛てに送信しました。" in (await steward.client.get(PAGE)).text
    assert await Message.find({"to_address": "steward@example.jp"}).count() == 1
    assert (await steward.post(f"{PAGE}/try", {**typed, "reference": "A2026-999999"})).status_code == 422
