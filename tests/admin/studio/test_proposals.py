"""Four eyes on every change: who may look, propose, decide; and what becomes of it."""

from html import unescape

import pytest
import pytest_asyncio

from models.services.jobs import run_one
from tests.admin.studio.conftest import Enter, Steward, Studio
from tests.admin.studio.test_editor import losing


@pytest_asyncio.fixture
async def steward(enter: Enter) -> Steward:
    return await enter("steward-1")


async def renamed(steward: Steward) -> str:
    """The resources under another English label."""
    return (await steward.source()).replace("en: Resource}", "en: Power source}", 1)


@pytest.mark.parametrize("who", ["reviewer-1", "approver-1", "auditor-1"])
async def test_others_may_look_but_not_propose_or_decide(enter: Enter, steward: Steward, who: str) -> None:
    reference = await steward.propose(await renamed(steward))
    looker = await enter(who)
    page = await looker.see(f"/proposals/{reference}")
    assert "A steward decides on this change." in page
    assert "/approve" not in page
    await looker.see("/types/resource/edit", status=403)
    await looker.see("/new", status=403)
    await looker.press("check", "x", 403)
    for deed in ("approve", "reject", "withdraw"):
        answer = await looker.decide(reference, deed, "no")
        assert answer.status_code == 403, deed
    assert "Waiting for a decision" in await looker.see(f"/proposals/{reference}")


async def test_the_proposer_sees_why_they_cannot_decide(steward: Steward) -> None:
    reference = await steward.propose(await renamed(steward))
    page = await steward.see(f"/proposals/{reference}")
    assert "You proposed this change, so another steward decides on it." in page
    assert "/approve" not in page
    answer = await steward.decide(reference, "approve")
    assert answer.status_code == 403
    assert "The steward who proposed a change cannot decide on it." in unescape(answer.text)


async def test_a_second_steward_approves_and_the_version_is_in_force(
    studio: Studio, enter: Enter, steward: Steward
) -> None:
    reference = await steward.propose(await renamed(steward), note="<b>Why</b>")
    second = await enter("steward-2")
    assert "/approve" in await second.see(f"/proposals/{reference}")
    assert "<b>Why</b>" not in (await second.client.get(f"/admin/studio/proposals/{reference}")).text
    await second.decide(reference, "approve", "agreed")
    assert studio.site.registry.current("resource").version == 2
    page = await steward.see(f"/proposals/{reference}")
    assert "In force" in page
    assert "agreed" in page


async def test_a_rejection_wants_its_reason(enter: Enter, steward: Steward) -> None:
    reference = await steward.propose(await renamed(steward))
    second = await enter("steward-2")
    refused = await second.decide(reference, "reject")
    assert refused.status_code == 409
    assert "Say why the change is rejected." in unescape(refused.text)
    await second.decide(reference, "reject", "Not now")
    page = await steward.see(f"/proposals/{reference}")
    assert "Rejected" in page
    assert "Not now" in page


async def test_a_note_is_kept_when_a_decision_is_refused(enter: Enter, steward: Steward) -> None:
    reference = await steward.propose(await renamed(steward))
    answer = await steward.decide(reference, "reject", "typed at length")
    assert answer.status_code == 403
    second = await enter("steward-2")
    await second.decide(reference, "approve")
    answer = await second.decide(reference, "reject", "typed at length")
    assert answer.status_code == 409


async def test_a_proposal_can_be_withdrawn_and_begun_again(steward: Steward) -> None:
    text = await renamed(steward)
    reference = await steward.propose(text)
    refused = await steward.press("propose", text, 422)
    assert "Another change of this record type is still open." in unescape(refused.text)
    await steward.decide(reference, "withdraw")
    assert "Withdrawn" in await steward.see(f"/proposals/{reference}")
    assert "en: Power source}" in await steward.see(f"/types/resource/edit?proposal={reference}")
    await steward.propose(text)


@pytest.mark.parametrize(
    "path", ["/proposals/S2026-9999", "/proposals/%00", "/types/operator/edit?proposal=S"]
)
async def test_a_proposal_nobody_made_is_not_found(steward: Steward, path: str) -> None:
    await steward.see(path, status=404)


async def test_the_impact_can_be_counted_again(studio: Studio, steward: Steward) -> None:
    text = losing(await steward.source())
    reference = await steward.propose(text, acknowledge=["site_address"])
    await studio.site.store.mongo["resources"].delete_many({})
    then = await steward.see(f"/proposals/{reference}")
    assert "Impact now" not in then
    assert "4 records stored" in then
    assert "0 records stored" in await steward.see(f"/proposals/{reference}?now=1")


async def test_the_progress_of_a_rewrite_is_shown(studio: Studio, enter: Enter, steward: Steward) -> None:
    text = losing(await steward.source())
    reference = await steward.propose(
        f"{text.rstrip()}\n\nevolution:\n  - {{from: 1, drop: [site_address]}}\n"
    )
    await (await enter("steward-2")).decide(reference, "approve")
    assert 'data-poll="yes"' in await steward.see(f"/proposals/{reference}")
    assert await run_one(studio.site)
    page = await steward.see(f"/proposals/{reference}")
    assert "4 of 4 records" in page
    assert 'data-poll=""' in page


async def test_going_back_is_shown_first_and_done_by_stewards_alone(
    studio: Studio, enter: Enter, steward: Steward
) -> None:
    second, looker = await enter("steward-2"), await enter("reviewer-1")
    await second.decide(await steward.propose(await renamed(steward)), "approve")
    assert "Go back to version 1" in await steward.see("/types/resource/rollback/1")
    await looker.see("/types/resource/rollback/1", status=403)
    address = "/admin/studio/types/resource/rollback/1"
    assert (await looker.post(address)).status_code == 403
    assert studio.site.registry.current("resource").version == 2
    assert (await steward.post(address)).status_code == 303
    current = studio.site.registry.current("resource")
    assert (current.version, current.definition.label.en) == (3, "Resource")
    await steward.see("/types/resource/rollback/3", status=404)
