"""What is not needed any more goes: drafts that were never submitted, and uploads that were replaced."""

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from structlog.testing import capture_logs

from app.worker import Worker
from models.documents.application import Application
from models.documents.event import Event
from models.documents.link import Link
from models.documents.sweep import Sweep
from models.permissions import Actor
from models.services import erasing
from models.services.applications import find
from models.services.delivery import claim_due
from models.services.erasing import Erased, erase_some, sweep_some
from models.services.expiry import expire_one
from models.services.mail_alarms import oldest_due
from models.services.resuming import send_resume_link
from models.services.site import Site
from models.services.submitting import withdraw
from models.services.uploads import attach
from tests.clock import Hands
from tests.services.answers import fill_in, valid_answers
from tests.services.contracts import contract, operator
from tests.services.test_journey import begun, submitted

ADDRESS = "somebody@example.jp"


async def with_everything(site: Site) -> Application:
    """A draft with answers, a mail with a link, and two uploads of which one was replaced."""
    actor, draft = await begun(site)
    draft = await fill_in(site, actor, draft, valid_answers(site.registry.current("operator").definition))
    field = next(f for f in site.registry.current("operator").definition.fields if f.control == "file")
    for name in ("old.pdf", "new.pdf"):
        await attach(site, actor, draft, field.name, name, b"%PDF-1.7 " + name.encode())
    await send_resume_link(site, actor, draft, ADDRESS)
    return await find(site, actor, draft.reference)


async def uploads_of(site: Site, owner: Any) -> int:
    return int(await site.store.mongo["attachments.files"].count_documents({"metadata.owner": str(owner)}))


async def everything(site: Site) -> str:
    """All that is stored about applications and mails, as one text."""
    found = [str(row) async for row in site.store.mongo["applications"].find()]
    found += [str(row) async for row in site.store.mongo["messages"].find()]
    found += [str(row) async for row in site.store.mongo["events"].find()]
    return "\n".join(found)


async def test_a_draft_is_erased_when_its_time_is_over_and_not_before(site: Site, hands: Hands) -> None:
    draft = await with_everything(site)
    hands.forward(days=91)
    assert await expire_one(site)
    hands.forward(days=29)
    assert await erase_some(site) == Erased()  # control: all of it is still there
    assert ADDRESS in await everything(site)
    assert "港" in await everything(site)
    assert await uploads_of(site, draft.id) == 2
    said = {"last_answer": f"<{ADDRESS}>: mailbox full", "bounce_text": f"unknown: {ADDRESS}"}
    await site.store.mongo["messages"].update_many({"application_id": draft.id}, {"$set": said})
    hands.forward(days=2)
    assert await erase_some(site) == Erased(drafts=1, files=2, mails=1)
    stored = await everything(site)
    assert ADDRESS not in stored
    assert "港" not in stored
    assert await uploads_of(site, draft.id) == 0
    assert await Link.find({"application_id": draft.id}).count() == 0
    await is_a_tombstone(site, draft)


async def is_a_tombstone(site: Site, draft: Application) -> None:
    """What stays: reference, dates, a hash and one event; a second run finds nothing."""
    left = await Application.get(draft.id)
    assert left is not None
    assert left.erased is not None
    assert (left.reference, left.state, left.created_at) == (draft.reference, "expired", draft.created_at)
    assert (left.erased.files, left.erased.mails, len(left.erased.hash)) == (2, 1, 64)
    assert await claim_due(site) is None  # the mail that was never sent goes nowhere now
    assert await oldest_due() is None  # nor does it raise the alarm
    assert await erase_some(site) == Erased()
    [event] = await Event.find({"action": "application.erased"}).to_list()
    assert (event.subject.label, event.details["files"]) == (draft.reference, 2)


async def test_what_was_ever_submitted_stays(site: Site, hands: Hands) -> None:
    actor, application = await submitted(site)
    await withdraw(site, actor, application)
    hands.forward(days=3650)
    assert await erase_some(site) == Erased()
    kept = await Application.get(application.id)
    assert kept is not None
    assert kept.answers == application.answers
    unsent: dict[str, Any] = {"submitted_at": None, "submissions": [], "data": None}
    await site.store.mongo["applications"].update_one({"_id": application.id}, {"$set": unsent})
    assert (await erase_some(site)).drafts == 1  # control: that is what keeps it


async def aged(site: Site, by: timedelta) -> None:
    """Make every upload older: its id tells when it came, so it is stored again under an earlier one."""
    files = site.store.mongo["attachments.files"]
    async for row in files.find():
        made = ObjectId.from_datetime(site.now() - by)
        earlier = ObjectId(made.binary[:4] + row["_id"].binary[4:])
        await files.delete_one({"_id": row["_id"]})
        await files.insert_one({**row, "_id": earlier})
        await site.store.mongo["attachments.chunks"].update_many(
            {"files_id": row["_id"]}, {"$set": {"files_id": earlier}}
        )
        for name in ("answers", "data"):
            await site.store.mongo["applications"].update_many(
                {f"{name}.papers.id": str(row["_id"])}, {"$set": {f"{name}.papers.$.id": str(earlier)}}
            )


async def papers(site: Site) -> tuple[Actor, Application]:
    """A contract with two papers, one of which was taken away again."""
    mine = await operator(site, "U1")
    application = await contract(site, mine)
    for name in ("a.txt", "b.txt"):
        fresh = await find(site, mine, application.reference)
        await attach(site, mine, fresh, "papers", name, b"text")
    kept = (await find(site, mine, application.reference)).answers["papers"][:1]
    await site.store.mongo["applications"].update_one(
        {"_id": application.id}, {"$set": {"answers.papers": kept}}
    )
    return mine, await find(site, mine, application.reference)


async def test_an_upload_no_answer_holds_is_removed(site: Site) -> None:
    _, application = await papers(site)
    await aged(site, timedelta(days=2))
    swept = await sweep_some(site)
    assert (swept.looked_at, swept.removed) == (2, 1)
    assert await uploads_of(site, application.id) == 1
    event = await Event.find_one({"action": "application.uploads_removed"})
    assert event is not None
    assert event.details == {"files": 1}


async def test_an_upload_just_made_or_once_submitted_stays(site: Site) -> None:
    """Controls for the time that is waited and for what was handed over."""
    _, application = await papers(site)
    assert (await sweep_some(site)).looked_at == 0
    await site.store.mongo["sweeps"].delete_many({})
    found = [row async for row in site.store.mongo["attachments.files"].find()]
    await aged(site, timedelta(days=2))
    ids = [str(row["_id"]) async for row in site.store.mongo["attachments.files"].find()]
    handed = {"round": 1, "at": site.now(), "data": {"papers": [{"id": each} for each in ids]}}
    await site.store.mongo["applications"].update_one(
        {"_id": application.id}, {"$set": {"submissions": [handed]}}
    )
    assert (await sweep_some(site)).removed == 0
    assert await uploads_of(site, application.id) == len(found) == 2


async def test_a_round_rests_when_it_is_over(
    site: Site, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "FILES", 1)
    await papers(site)
    await aged(site, timedelta(days=2))
    assert [(await sweep_some(site)).looked_at for _ in range(4)] == [1, 1, 0, 0]
    resting = await Sweep.get(erasing.UPLOADS)
    assert resting is not None
    assert resting.place is None
    hands.forward(days=1, seconds=1)
    assert (await sweep_some(site)).looked_at == 1


async def finds_by_index(site: Site) -> None:
    """Drafts are found by an index of their own, however many applications there are."""
    order = dict.fromkeys(erasing.ORDER, 1)
    plan = await site.store.mongo["applications"].find(erasing.ended_by(site.now())).sort(order).explain()
    assert "to_erase" in str(plan["queryPlanner"]["winningPlan"])


async def test_the_worker_finishes_what_broke_off_and_says_how_much_it_was(site: Site, hands: Hands) -> None:
    worker = Worker(site)
    with capture_logs() as lines:
        assert not await worker.erase_some()
        assert not await worker.sweep_some()
    assert lines == []
    draft = await with_everything(site)
    hands.forward(days=91)
    await expire_one(site)
    hands.forward(days=32)
    await site.store.attachments.remove(str(draft.id))  # as far as an earlier run came before it broke off
    with capture_logs() as lines:
        assert await worker.erase_some()
    assert lines == [{"event": "drafts erased", "log_level": "info", "drafts": 1, "files": 0, "mails": 1}]
    assert ADDRESS not in await everything(site)
    await finds_by_index(site)
