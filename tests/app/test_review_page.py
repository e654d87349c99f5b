"""The review page over HTTP: remarks at rows and parts, typed text that stays, files looked into, what is
damaged."""

from typing import Any

import httpx
import pytest_asyncio

from models.documents.account import Account
from models.documents.application import Application
from models.permissions import Actor
from models.services.beginning import begin
from models.services.identifying import actor_for
from models.services.steps import take_step
from models.services.submitting import submit
from tests.app.conftest import Inside
from tests.app.people import Member
from tests.services.answers import fill_in, valid_answers

REVIEW = "/admin/applications"
HOSTILE = b'"<script>alert(1)</script>","=1+1"\r\n\x8a\xbf\x8e\x9a,2\r\n'


@pytest_asyncio.fixture
async def reviewed(inside: Inside) -> Application:
    """A resource with units, in the charge of the first reviewer."""
    await inside.load_demo()
    site = inside.site
    applicant = await person(inside, "minato-admin")
    application = await begin(site, applicant, "resource")
    answers = valid_answers(site.registry.current("resource").definition)
    application = await fill_in(site, applicant, application, {**answers, "grid_code": "9Z0Z1"})
    application = await submit(site, applicant, application, revision=application.revision)
    return await take_step(site, await person(inside, "reviewer-1"), application, "claim")


async def person(inside: Inside, login: str) -> Actor:
    account = await Account.find_one({"login": login})
    assert account is not None
    found = actor_for(account)
    if account.kind == "operator":
        certificate = await inside.mongo["certificates"].find_one({"operator_id": account.operator_id})
        found = actor_for(account, certificate=(certificate or {}).get("fingerprint"))
    return found


async def test_remarks_go_to_rows_and_parts_and_typed_text_stays(
    inside: Inside, reviewed: Application
) -> None:
    member = await Member(inside.browser()).sign_in("reviewer-1")
    here = f"{REVIEW}/{reviewed.reference}"
    page = (await member.client.get(here)).text
    assert '<option value="units.0">' in page
    typed = {
        "remark.units": "号機の名称",
        "part.units": "units.0.unit_name",
        "reason.units": "B04",
        "remark.area": "エリア <b>",
        "checklist": "nothing",
        "comment": "相談",
    }
    more = await member.post(f"{here}/look", {**typed, "more": "units", "against": "round-1", "only": "1"})
    assert more.status_code == 200
    assert 'name="remark.units~1"' in more.text
    assert "エリア &lt;b&gt;</textarea>" in more.text
    assert "号機の名称</textarea>" in more.text
    refused = await member.post(f"{here}/steps/propose", typed)
    assert refused.status_code == 409
    assert "号機の名称</textarea>" in refused.text
    assert '<option value="units.0.unit_name" selected>' in refused.text
    second = {"remark.units~1": "行全体", "part.units~1": "units.0", "remark.nonsense~1": ""}
    forged = {"remark.area~1": "別の欄", "part.area~1": "units.0"}
    answer = await member.post(f"{here}/steps/return", {**typed, **second, **forged, "checklist": []})
    assert answer.status_code == 303, answer.text
    stored = await Application.get(reviewed.id)
    assert stored is not None
    assert {(remark.field, remark.reason) for remark in stored.remarks} == {
        ("units.0.unit_name", "B04"),
        ("units.0", None),
        ("area", None),
    }
    assert next(r.text for r in stored.remarks if r.field == "area") == "エリア <b>\n別の欄"
    after = (await member.client.get(here)).text
    assert "1 行目" in after


async def test_looking_with_nothing_typed_is_an_address_and_the_next_one_opens(
    inside: Inside, reviewed: Application
) -> None:
    member = await Member(inside.browser()).sign_in("reviewer-1")
    here = f"{REVIEW}/{reviewed.reference}"
    looked = await member.post(f"{here}/look", {"against": "force", "only": "1"})
    assert (looked.status_code, looked.headers["location"]) == (303, f"{here}?against=force&only=1")
    for strange in ("?against=round-99&only=1", "?against=$ne", "?against[$ne]=1&only[]=x"):
        assert (await member.client.get(here + strange)).status_code == 200
    released = await member.post(f"{here}/steps/release", {"onward": "1"})
    assert released.status_code == 303
    onward = released.headers["location"]
    assert onward == here or onward.endswith("?onward=1")
    auditor = await Member(inside.browser()).sign_in("auditor-1")
    page = (await auditor.client.get(here)).text
    assert "/steps/" not in page


async def test_an_attachment_is_looked_into_as_text_and_never_served_as_a_page(
    inside: Inside, reviewed: Application
) -> None:
    stored = await inside.site.store.attachments.put("一覧.csv", "text/csv", str(reviewed.id), HOSTILE)
    member = await Member(inside.browser()).sign_in("reviewer-1")
    here = f"{REVIEW}/{reviewed.reference}/files/{stored.id}"
    about = await member.client.get(f"{here}/about")
    assert about.status_code == 200
    assert "&lt;script&gt;" in about.text
    assert "<script>alert" not in about.text
    assert "<td>漢字</td>" in about.text
    assert stored.sha256 in about.text
    served = await member.client.get(here)
    assert served.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in served.headers["content-security-policy"]
    assert served.headers["x-content-type-options"] == "nosniff"
    other = await inside.site.store.attachments.put("別.csv", "text/csv", "somebody", HOSTILE)
    assert (await member.client.get(here.replace(str(stored.id), str(other.id)))).status_code == 404
    assert (await member.client.get(f"{here}x/about")).status_code == 404


async def test_damaged_documents_say_so_and_take_nothing_else_down(
    inside: Inside, reviewed: Application
) -> None:
    """Control: the page of the sound application has its steps."""
    member = await Member(inside.browser()).sign_in("reviewer-1")
    here = f"{REVIEW}/{reviewed.reference}"
    assert "/steps/return" in (await member.client.get(here)).text
    applications = inside.mongo["applications"]
    where = {"reference": reviewed.reference}
    await applications.update_one(where, {"$set": {"data.units": "broken", "data.area": {"$gt": 1}}})
    answers = await member.client.get(here)
    assert (answers.status_code, "破損" in answers.text) == (200, True)
    await applications.update_one(where, {"$set": {"created_at": "broken", "history": 7}})
    answer = await member.client.get(here)
    assert "破損" in answer.text
    assert_no_step(answer)
    assert (await member.post(f"{here}/steps/return", {"remark.area": "x"})).status_code < 500


def assert_no_step(answer: httpx.Response) -> None:
    found: Any = answer.text
    assert answer.status_code < 500
    assert "/steps/" not in found
