"""Consents to applications, and registrations at once, on the pages of both sides."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.certificates import TrialAuthority
from app.main import create_app
from app.settings import Settings
from models.documents.application import Application
from models.documents.certificate import Certificate
from models.documents.session import BrowserSession
from models.permissions import Actor
from models.services import certificates
from models.services.beginning import begin
from models.services.requesting import begin_case
from models.services.site import Site
from tests.app.people import Member
from tests.services.answers import fill_in
from tests.services.two_sides import (
    FOLDER,
    Company,
    clock,
    closure,
    company,
    desk,
    filed,
    officer,
    registered,
)

__all__ = ["clock", "desk"]


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory, desk: Site) -> Starlette:
    """The program on the site of the road office."""
    data = tmp_path_factory.mktemp("office")
    app = create_app(Settings(data=data, worker=False, smtp_url=None, config=(FOLDER,)))
    app.state.site = desk
    return app


@pytest_asyncio.fixture
async def house(desk: Site, wired: Starlette) -> AsyncIterator["House"]:
    """The program, and who signs in to it."""
    made = House(desk, wired)
    yield made
    for client in made.clients:
        await client.aclose()


class House:
    """Opens browsers in which somebody is signed in."""

    def __init__(self, site: Site, app: Starlette) -> None:
        self.site, self.app = site, app
        self.clients: list[httpx.AsyncClient] = []

    async def browser(self, actor: Actor, firm: Company | None = None) -> httpx.AsyncClient:
        """A browser with a session of `actor`, over the certificate of its company."""
        site, token, now = self.site, f"token-{actor.login}", self.site.now()
        session = BrowserSession(
            token_hash=site.sign("session", token),
            account_id=actor.account_id,
            certificate=await self._certificate(firm) if firm else None,
            created_at=now,
            seen_at=now,
            ends_at=now.replace(year=now.year + 1),
            confirmed_at=now,
        )
        await session.insert()
        client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=self.site.base_url)
        client.cookies.set("session", token)
        self.clients.append(client)
        return client

    async def _certificate(self, firm: Company) -> str:
        pem = TrialAuthority(self.site.now()).issue(f"client-{firm.record.number}", "Example")
        shown = await certificates.present(self.site, pem)
        bound = {"state": "bound", "operator_id": firm.record.id}
        await Certificate.raw().update_one({"_id": shown.id}, {"$set": bound})
        return shown.fingerprint

    async def member(self, actor: Actor) -> Member:
        client = await self.browser(actor)
        await client.get("/admin/")
        return Member(client)


async def proposed(site: Site) -> tuple[Company, Application]:
    """The removal of a bridge, which its company and an approver settle together."""
    firm = await company(site)
    bridge = await registered(site, "bridge", {"name": "廃橋"}, firm.record.id, "open")
    return firm, await filed(site, firm.user, "bridge", {}, kind="delete", record_id=bridge.id)


async def now(application: Application) -> Application:
    found = await Application.get(application.id)
    assert found is not None
    return found


async def test_both_sides_consent_on_their_pages_and_the_step_is_taken(house: House) -> None:
    firm, sent = await proposed(house.site)
    theirs = await house.browser(firm.user, firm)
    ours = await house.member(await officer(house.site, "approver"))
    page, address = f"/applications/{sent.reference}", f"/admin/applications/{sent.reference}"
    shown = await theirs.get(page)
    assert shown.status_code == 200
    assert "承認者" in shown.text
    assert f'action="{page}/consents/settle"' in shown.text
    typed = {"party": "applicant", "act": "give", "note": "撤去で合意", "revision": str(sent.revision)}
    given = await theirs.post(f"{page}/consents/settle", data=typed)
    assert (given.status_code, [each.note for each in (await now(sent)).consents]) == (303, ["撤去で合意"])
    seen = await ours.client.get(address)
    assert "撤去で合意" in seen.text
    assert f"{address}/consents/settle/approver/give" in seen.text
    typed = {"revision": str(sent.revision)}
    done = await ours.post(f"{address}/consents/settle/approver/give", typed)
    assert done.status_code == 303, done.text
    assert (await now(sent)).state == "filed"


async def test_a_consent_is_taken_back_on_the_same_pages(house: House) -> None:
    firm, sent = await proposed(house.site)
    theirs = await house.browser(firm.user, firm)
    ours = await house.member(await officer(house.site, "approver"))
    typed: dict[str, Any] = {"revision": str(sent.revision)}
    page, address = f"/applications/{sent.reference}", f"/admin/applications/{sent.reference}"
    for act, after in (("give", (1, 2)), ("withdraw", (1, 0))):
        await theirs.post(f"{page}/consents/settle", data={**typed, "party": "applicant", "act": act})
        assert len((await now(sent)).consents) == after[0]
        await ours.post(f"{address}/consents/decide/approver/{act}", typed)
        assert len((await now(sent)).consents) == after[1]
    assert (await ours.post(f"{address}/consents/decide/approver/other", typed)).status_code == 404


async def test_a_refused_consent_shows_why_and_keeps_the_note(house: House) -> None:
    firm, sent = await proposed(house.site)
    theirs = await house.browser(firm.user, firm)
    ours = await house.member(await officer(house.site, "approver"))
    page, address = f"/applications/{sent.reference}", f"/admin/applications/{sent.reference}"
    typed = {"party": "applicant", "act": "give", "note": "合意します", "revision": "99"}
    refused = await theirs.post(f"{page}/consents/settle", data=typed)
    assert refused.status_code == 409
    assert "合意します</textarea>" in refused.text
    kept = await ours.post(
        f"{address}/consents/settle/approver/give", {"revision": "99", "consent_note": "了承"}
    )
    assert kept.status_code == 409
    assert "了承</textarea>" in kept.text
    foreign = await house.browser((other := await company(house.site)).admin, other)
    assert (await foreign.post(f"{page}/consents/settle", data=typed)).status_code == 404
    assert (await now(sent)).consents == []


async def test_what_is_registered_at_once_is_said_to_be(house: House) -> None:
    firm = await company(house.site)
    draft = await begin(house.site, firm.user, "bridge")
    draft = await fill_in(house.site, firm.user, draft, {"name": "新橋"})
    theirs = await house.browser(firm.user, firm)
    check = await theirs.get(f"/applications/{draft.reference}/check")
    assert "届け出る</button>" in check.text
    assert "審査を経ずに" in check.text
    sent = await theirs.post(f"/applications/{draft.reference}/check", data={"revision": str(draft.revision)})
    shown = await theirs.get(sent.headers["location"])
    stored = await now(draft)
    assert "登録が完了しました" in shown.text
    assert f"/portal/bridge/{stored.number}" in shown.text
    assert "受け付けました" not in shown.text


async def test_what_staff_register_at_once_leads_them_to_its_record(house: House) -> None:
    firm, reviewer = await company(house.site), await officer(house.site, "reviewer")
    ours = await house.member(reviewer)
    draft = await begin_case(house.site, reviewer, "closure", firm.record.id, {"cause": "地震"})
    draft = await fill_in(house.site, reviewer, draft, draft.answers)
    base = f"/admin/cases/{draft.reference}"
    sent = await ours.post(f"{base}/check", {"revision": str(draft.revision)})
    answer = await ours.client.get(sent.headers["location"])
    stored = await now(draft)
    assert answer.headers["location"].endswith(f"/admin/closure/detail?pk={stored.record_id}")
    shown = await ours.client.get(answer.headers["location"])
    assert f"番号 {stored.number} で登録しました。" in shown.text


async def test_the_page_of_a_step_says_what_it_does_to_other_records(house: House) -> None:
    firm = await company(house.site)
    bridge, record = await closure(house.site, firm, into="mending")
    theirs = await house.browser(firm.admin, firm)
    shown = await theirs.get(f"/portal/closure/{record.number}/steps/restart")
    assert bridge.number in shown.text.split("<h1>")[1]
    assert "Message(" not in shown.text
