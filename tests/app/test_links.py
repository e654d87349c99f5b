"""One-time links by HTTP: looking uses nothing up, and nothing but the right link at the right time opens."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from models.documents.link import Link
from models.errors import LinkRefused
from models.schema.definition import RecordType
from models.services import links
from models.services.steps import take_step
from tests.app.conftest import Inside
from tests.app.people import Applicant
from tests.services.conftest import staff
from tests.services.test_journey import proposed

GOOD = {"password": "watashi-no-pasuwado-2026", "again": "watashi-no-pasuwado-2026"}


@dataclass
class Invitation:
    """The link by which a new administrator sets a password."""

    inside: Inside
    link: Link

    @property
    def address(self) -> str:
        return f"/links/{links.token_of(self.inside.site, self.link.id)}"

    async def open(self, method: str = "GET") -> httpx.Response:
        return await self.inside.browser().request(method, self.address)

    async def use(self, typed: Mapping[str, Any] = GOOD) -> httpx.Response:
        return await self.inside.browser().post(self.address, data=typed)

    async def password_hash(self) -> str | None:
        account = await self.inside.mongo["accounts"].find_one({"_id": self.link.account_id})
        assert account is not None
        return account["password_hash"]  # type: ignore[no-any-return]


@pytest.fixture
async def invitation(inside: Inside) -> Invitation:
    """An operator has just been registered."""
    site = inside.site
    application = await proposed(site, await staff(site, "reviewer", "reviewer"))
    await take_step(site, await staff(site, "approver", "approver"), application, "approve")
    link = await Link.find_one({"purpose": "set_password"})
    assert link is not None
    return Invitation(inside, link)


def refused(answer: httpx.Response) -> bool:
    """Whether the page says that the link no longer opens anything, in Japanese."""
    return answer.status_code == 410 and "T-P005" in answer.text and "リンク" in answer.text


async def test_looking_uses_nothing_up(invitation: Invitation) -> None:
    for method in ("GET", "HEAD", "GET", "GET"):
        assert (await invitation.open(method)).status_code == 200
    assert (await invitation.use()).status_code == 303


async def test_a_link_is_used_once(invitation: Invitation) -> None:
    assert (await invitation.use()).headers["location"] == "/login?done=password_set"
    before = await invitation.password_hash()
    assert refused(await invitation.open())
    assert refused(await invitation.use({"password": "another-password-9", "again": "another-password-9"}))
    assert await invitation.password_hash() == before


async def test_used_at_the_same_moment_it_works_for_exactly_one(invitation: Invitation) -> None:
    answers = await asyncio.gather(*(invitation.use() for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410]


async def test_control_a_reusable_purpose_would_open_twice(
    invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "REUSABLE", frozenset({"set_password"}))
    assert [(await invitation.use()).status_code for _ in range(2)] == [303, 303]


async def test_a_refused_password_does_not_use_the_link_up(invitation: Invitation) -> None:
    for typed in ({}, {"password": "short", "again": "short"}, {**GOOD, "again": "other"}):
        assert (await invitation.use(typed)).status_code == 422
    assert (await invitation.use()).status_code == 303


async def test_a_link_ends(invitation: Invitation) -> None:
    life = links.LIFETIMES["set_password"]
    invitation.inside.hands.forward(seconds=life.total_seconds() - 1)
    assert (await invitation.open()).status_code == 200  # control: a second before, it still opens
    invitation.inside.hands.forward(seconds=1)
    assert refused(await invitation.open())
    assert refused(await invitation.use())
    assert await invitation.password_hash() is None


def _altered(token: str) -> dict[str, str]:
    link_id, _, signature = token.partition(".")
    flipped = ("0" if signature[-1] != "0" else "1").join([signature[:-1], ""])
    return {
        "another signature": f"{link_id}.{flipped}",
        "another link": f"{'0' * 32}.{signature}",
        "no signature": link_id,
        "empty signature": f"{link_id}.",
        "a shorter signature": f"{link_id}.{signature[:32]}",
        "upper case": f"{link_id}.{signature.upper()}",
        "something behind": f"{token}0",
        "a query": f"{link_id}.$ne",
        "not ascii": f"{link_id}.ａ",
    }


async def test_an_altered_link_opens_nothing(invitation: Invitation) -> None:
    token = links.token_of(invitation.inside.site, invitation.link.id)
    for way, altered in _altered(token).items():
        for method in ("GET", "POST"):
            answer = await invitation.inside.browser().request(method, f"/links/{altered}", data=GOOD)
            assert refused(answer), (way, method)
    assert await invitation.password_hash() is None
    assert (await invitation.use()).status_code == 303


async def test_control_without_the_signature_any_known_id_opens(
    invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hmac.compare_digest", lambda *_: True)
    answer = await invitation.inside.browser().get(f"/links/{invitation.link.id}.0")
    assert answer.status_code == 200


async def test_a_link_opens_only_its_own_purpose(invitation: Invitation) -> None:
    """What the link is for stands in the database: what is posted cannot make another of it."""
    inside, site = invitation.inside, invitation.inside.site
    link = await Link.find_one({"purpose": "open_application"})
    assert link is not None
    token = links.token_of(site, link.id)
    answer = await inside.browser().post(f"/links/{token}", data={**GOOD, "purpose": "set_password"})
    assert answer.headers["location"].startswith("/applications/")
    assert await invitation.password_hash() is None
    for purpose, other in (("set_password", token), ("open_application", invitation.address[7:])):
        with pytest.raises(LinkRefused):
            await links.use_link(site, other, purpose)  # type: ignore[arg-type]


async def test_signatures_of_other_purposes_do_not_open_links(invitation: Invitation) -> None:
    site, link_id = invitation.inside.site, invitation.link.id
    for purpose in ("session", "held", ""):
        answer = await invitation.inside.browser().get(f"/links/{link_id}.{site.sign(purpose, link_id)}")
        assert refused(answer)


async def test_a_link_is_no_session_and_its_page_tells_nothing(
    inside: Inside, operator_type: RecordType
) -> None:
    """The page behind a mailed link shows no answers; its button opens the application in this browser."""
    applicant = await Applicant(inside.browser(), operator_type).present_certificate()
    await applicant.begin()
    await applicant.send("company", {"operator_name": "ひみつ電力"}, action="save")
    await applicant.client.post(f"{applicant.address}/save", data={"email": "a@example.jp"})
    link = await Link.find_one({"purpose": "open_application"})
    assert link is not None
    address, other = f"/links/{links.token_of(inside.site, link.id)}", inside.browser()
    page = await other.get(address)
    assert page.status_code == 200
    assert "ひみつ電力" not in page.text
    assert applicant.reference not in page.text
    assert "session" not in other.cookies
    assert (await other.get(applicant.address)).status_code == 404
    await other.post(address)
    assert (await other.get(applicant.address)).status_code == 200
