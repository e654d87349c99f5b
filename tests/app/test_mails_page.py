"""The staff's page of mails: how the outbox stands, and what is done about mails that failed."""

from models.documents.mail_alarm import MailAlarm
from models.documents.message import Message
from tests.app.conftest import Inside
from tests.app.people import Member
from tests.faults.mailing import again, mail_to

FAILED = "/admin/messages/failed"


async def test_staff_see_what_failed_and_send_again_or_call_off_with_a_reason(inside: Inside) -> None:
    await inside.load_demo()
    site = inside.site
    given = {"next_at": None, "due_at": None, "failed_at": site.now(), "last_error": "550 5.7.1"}
    first, second = [await mail_to(site, f"a{n}@example.jp", **given) for n in range(2)]
    other = await mail_to(site, "b@example.jp", **{**given, "last_error": "554 <b>"})
    await MailAlarm(id="refused", since=site.now(), error="535 5.7.8").insert()
    approver = await Member(inside.browser()).sign_in("approver-1")
    assert "535 5.7.8" in (await approver.client.get("/admin/")).text
    page = (await approver.client.get("/admin/messages/list?state__eq=failed")).text
    assert "535 5.7.8" in page
    assert "554 &lt;b&gt;" in page
    assert all(each.to_address in page for each in (first, second, other))
    refused = await approver.post(f"{FAILED}/abort", {"error": "550 5.7.1", "reason": " "})
    assert (refused.status_code, 'id="problem"' in refused.text) == (422, True)
    await approver.post(f"{FAILED}/retry", {"error": "550 5.7.1"})
    assert [(await again(each)).next_at is None for each in (first, second, other)] == [False, False, True]
    one = f"/admin/messages/{other.id}/abort"
    assert (await approver.post(one, {"reason": ""})).status_code == 422
    assert (await approver.post(one, {"reason": "wrong person"})).status_code == 303
    assert (await again(other)).status(site.now()) == "aborted"
    assert (await approver.post(one, {"reason": "again"})).status_code == 409
    gone = f"/admin/messages/{'0' * 24}/abort"
    assert (await approver.post(gone, {"reason": "x"})).status_code == 404


async def test_who_may_only_look_is_shown_no_buttons(inside: Inside) -> None:
    await inside.load_demo()
    failed = {"next_at": None, "due_at": None, "failed_at": inside.site.now(), "last_error": "550"}
    message = await mail_to(inside.site, "a@example.jp", **failed)
    reviewer = await Member(inside.browser()).sign_in("reviewer-1")
    page = (await reviewer.client.get("/admin/messages/list")).text
    assert (f"{FAILED}/retry" in page, f"{FAILED}/abort" in page) == (True, False)
    assert (await reviewer.post(f"/admin/messages/{message.id}/abort", {"reason": "x"})).status_code == 403
    assert await Message.find({"aborted_at": {"$ne": None}}).count() == 0
