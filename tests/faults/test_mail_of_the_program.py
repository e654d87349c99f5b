"""The running program without a mail server: people go on, staff see what waits and what failed."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.database import open_database
from models.configuration.load import Configuration
from models.documents.store import Mongo
from models.schema.definition import RecordType
from tests.app.people import Applicant, Member, submitted
from tests.faults.postbox import Postbox
from tests.forms.reader import Document
from tests.journey.mailbox import free_port
from tests.journey.server import Program, running

pytestmark = pytest.mark.fault

AT_ONCE = 5.0
"""Seconds the whole application may take, ten pages in all, far below one time-out of the mail server."""


@pytest.fixture(scope="module")
def operator_type(configuration: Configuration) -> RecordType:
    return configuration.record_types["operator"]


@pytest_asyncio.fixture
async def reviewer_at(mongod_folder: Path) -> AsyncIterator[tuple[Program, Member]]:
    """The program, its mail server not there yet, and a reviewer at work."""
    with running(Program(mongod_folder / "mail", smtp=free_port())) as program:
        async with program.client() as client:
            yield program, await Member(client).sign_in("reviewer-1")


async def hand_in(program: Program, definition: RecordType) -> Applicant:
    """A whole application, handed in."""
    begun = time.monotonic()
    async with program.client() as client:
        applicant = await submitted(client, definition)
        page = await client.get(f"{applicant.address}?done=submitted")
    assert time.monotonic() - begun < AT_ONCE
    assert "申請を受け付けました" in page.text
    return applicant


async def mail_of(mongo: Mongo, applicant: Applicant, **wanted: Any) -> dict[str, Any]:
    """The mail of an application, once it is as wanted."""
    application = await mongo["applications"].find_one({"reference": applicant.reference})
    assert application is not None
    for _ in range(400):
        found: dict[str, Any] | None = await mongo["messages"].find_one(
            {"application_id": application["_id"], **wanted}
        )
        if found is not None:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"no mail that is {wanted}")


async def until(mongo: Mongo, wanted: dict[str, Any]) -> None:
    """Until some mail is as wanted."""
    for _ in range(200):
        if await mongo["messages"].find_one(wanted) is not None:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"no mail that is {wanted}")


async def row_of(reviewer: Member, message: dict[str, Any]) -> str:
    """What the list of mails says about one."""
    page = Document((await reviewer.client.get("/admin/messages/list")).text)
    rows = [row.text for row in page.all("tr") if message["subject"] in row.text]
    assert len(rows) == 1
    return rows[0]


async def test_mails_wait_for_the_server_fail_visibly_and_can_be_sent_again(
    reviewer_at: tuple[Program, Member], operator_type: RecordType
) -> None:
    program, reviewer = reviewer_at
    port = int(program.environment["TOROKU_SMTP_URL"].rpartition(":")[2])
    async with open_database("embedded:", data_dir=program.folder, owner=False) as database:
        mongo = database.mongo
        early = await hand_in(program, operator_type)
        waiting = await mail_of(mongo, early, sent_at=None, failed_at=None)
        await until(mongo, {"attempts": {"$gte": 1}, "lease_until": None})
        assert "Connect" in (await reviewer.client.get("/admin/messages/list")).text
        async with Postbox().serving(port) as box:
            await box.wait_for(waiting["message_id"])
            await mail_of(mongo, early, sent_at={"$ne": None})
            box.manner = "refusing the mail"
            refused = await mail_of(mongo, await hand_in(program, operator_type), failed_at={"$ne": None})
            assert "550" in await row_of(reviewer, refused)
            box.manner = "polite"
            assert box.copies(refused["message_id"]) == 0
            answer = await reviewer.post(f"/admin/messages/{refused['_id']}/retry")
            assert answer.status_code == 303
            await box.wait_for(refused["message_id"])
            assert box.copies(waiting["message_id"]) == box.copies(refused["message_id"]) == 1
            box.manner = "hanging"
            await hand_in(program, operator_type)
