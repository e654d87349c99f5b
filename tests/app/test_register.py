"""The register of certificates and the reports of loss in the admin: what staff see, do, may not do."""

from app.certificates import TrialAuthority
from app.demo import PASSWORD
from models.documents.account import Account
from models.documents.base import new_id
from models.documents.certificate import Certificate
from models.documents.loss import LossReport
from models.services import losses
from models.services.losses import Typed
from models.services.passwords import hash_password
from tests.app.conftest import Inside
from tests.app.people import Member
from tests.services.credentials import founded

REASON = "端末が感染したため"


async def member(inside: Inside, login: str, role: str) -> Member:
    """A member of staff, signed in."""
    account = {
        "login": login,
        "kind": "staff",
        "name": login,
        "email": f"{login}@example.jp",
        "roles": [role],
    }
    kept = {"status": "active", "password_hash": hash_password(PASSWORD), "created_at": inside.hands()}
    await Account.model_validate({**account, **kept}).insert()
    return await Member(inside.browser()).sign_in(login)


async def reported(inside: Inside) -> LossReport:
    """A loss of which nothing was stopped yet."""
    firm = await founded(inside.site)
    noticed = f"{inside.hands().astimezone(inside.site.calendar.zone):%Y-%m-%dT%H:%M}"
    item = (f"certificate:{firm.certificate.id}",)
    typed = Typed("certificate", noticed, "<script>lost</script>", item, stop=False)
    return await losses.report(inside.site, firm.administrator, typed)


async def test_the_staff_stop_restore_and_revoke_a_certificate_each_with_its_reason(inside: Inside) -> None:
    chief, watcher = (
        await member(inside, "chief", "system_administrator"),
        await member(inside, "eye", "auditor"),
    )
    found = (await founded(inside.site)).certificate
    page = f"/admin/register/{found.id}"
    assert REASON not in (await chief.client.get(page)).text
    assert (await watcher.post(f"{page}/suspend", {"reason": REASON, "revision": "0"})).status_code == 403
    assert (await chief.post(f"{page}/suspend", {"reason": " ", "revision": "0"})).status_code == 422
    states = []
    for revision, deed in enumerate(("suspend", "restore", "revoke")):
        typed = {"reason": REASON, "revision": str(revision)}
        assert (await chief.post(f"{page}/{deed}", typed)).status_code == 303
        assert (await chief.post(f"{page}/{deed}", typed)).status_code == 409
        kept = await Certificate.get(found.id)
        states.append(kept.state if kept else "")
    assert states == ["suspended", "bound", "revoked"]
    assert REASON in (await watcher.client.get(page)).text
    for address in ("/admin/register/nonsense", f"/admin/register/{new_id()}"):
        assert (await chief.client.get(address)).status_code == 404
    assert "証明書ファイル" in (await chief.client.get("/admin/register")).text
    assert (await watcher.client.get("/admin/register")).status_code == 403
    pem = TrialAuthority(inside.hands()).issue("x", "X").decode()
    answer = await chief.post("/admin/register", {"operator": "?", "label": "x", "text": pem})
    assert (answer.status_code, "BEGIN CERTIFICATE" in answer.text) == (422, True)


async def test_the_staff_instruct_stop_close_and_reopen_a_report(inside: Inside) -> None:
    chief, clerk = (
        await member(inside, "chief", "system_administrator"),
        await member(inside, "clerk", "reviewer"),
    )
    made = await reported(inside)
    page = f"/admin/losses/{made.number}"
    assert (await clerk.client.get("/admin/losses")).status_code == 403
    assert (await clerk.post(f"{page}/close", {"reason": "x", "revision": "0"})).status_code == 403
    listed = (await chief.client.get("/admin/losses")).text
    assert made.number in listed
    assert "残り4時間0分" in listed
    shown = (await chief.client.get(page)).text
    assert "&lt;script&gt;lost" in shown
    assert "<script>lost" not in shown
    assert (await chief.post(f"{page}/stop", {})).status_code == 422
    assert (await chief.post(f"{page}/stop", {"items": f"certificate:{made.items[0].id}"})).status_code == 303
    typed = {"text": "警察へ届け出てください。", "key": "c" * 32}
    for _ in range(2):  # sent twice, it is written once
        assert (await chief.post(f"{page}/instruct", typed)).status_code == 303
    assert (await chief.client.get(page)).text.count("警察へ届け出てください。") == 1
    for deed, status in (("close", "closed"), ("reopen", "received")):
        kept = await LossReport.get(made.id)
        assert kept is not None
        answer = await chief.post(f"{page}/{deed}", {"reason": REASON, "revision": str(kept.revision)})
        assert answer.status_code == 303
        kept = await LossReport.get(made.id)
        assert kept is not None
        assert kept.state == status
    assert (await chief.client.get("/admin/losses?show=nonsense")).status_code == 404


async def test_the_password_is_asked_again_before_anything_is_stopped(inside: Inside) -> None:
    chief = await member(inside, "chief", "system_administrator")
    found = (await founded(inside.site)).certificate
    inside.hands.forward(seconds=16 * 60)
    answer = await chief.post(f"/admin/register/{found.id}/suspend", {"reason": REASON, "revision": "0"})
    assert (answer.status_code, REASON in answer.text) == (403, True)
    kept = await Certificate.get(found.id)
    assert kept is not None
    assert kept.state == "bound"
