"""Two members of staff approve the same application at the same moment, each in a browser of their own."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from models.documents.guarded import update_where
from models.documents.store import Mongo
from models.schema.definition import RecordType
from models.services.effects import PERFORM
from tests.app.conftest import Inside, OpenBrowser
from tests.app.people import Member, propose, submitted

ROUNDS = 5


async def approve_at_once(members: list[Member], reference: str) -> list[httpx.Response]:
    """Everybody presses “approve” together; the answers, the successful one first."""
    answers = await asyncio.gather(*(member.step(reference, "approve") for member in members))
    return sorted(answers, key=lambda answer: answer.status_code)


async def second_approver(mongo: Mongo) -> str:
    """The login of another approver with the same password."""
    known = await mongo["accounts"].find_one({"login": "approver-1"})
    assert known is not None
    values = {key: value for key, value in known.items() if key not in ("_id", "login", "name")}
    account = {**values, "login": "approver-2", "name": "承認 六郎"}
    await mongo["accounts"].replace_one({"login": "approver-2"}, account, upsert=True)
    return "approver-2"


@pytest_asyncio.fixture
async def approvers(browser: OpenBrowser, stored: Mongo) -> AsyncIterator[list[Member]]:
    logins = ["approver-1", await second_approver(stored)]
    yield [await Member(browser()).sign_in(login) for login in logins]


async def test_exactly_one_of_two_approvals_succeeds_and_the_other_is_told_who_and_when(
    browser: OpenBrowser, approvers: list[Member], stored: Mongo, operator_type: RecordType
) -> None:
    reviewer = await Member(browser()).sign_in("reviewer-1")
    for _ in range(ROUNDS):
        applicant = await submitted(browser(), operator_type)
        reference = await propose(reviewer, applicant)
        first, second = await approve_at_once(approvers, reference)
        assert (first.status_code, second.status_code) == (303, 409)
        assert re.search(
            r"\d{4}-\d\d-\d\d \d\d:\d\d に 承認 (三枝|六郎) が先に「合格とする」を行いました", second.text
        )
        application = await stored["applications"].find_one({"reference": reference})
        assert application is not None
        assert [step["name"] for step in application["history"]].count("approve") == 1
        assert application["history"][-1]["by"]["name"] in second.text
        record = application["record_id"]
        assert await stored["operators"].count_documents({"data.operator_code": applicant.code}) == 1
        assert await stored["accounts"].count_documents({"issued_for": record}) == 1
        sent = {
            "application_id": application["_id"],
            "template": {"$in": ["administrator_id", "set_password"]},
        }
        assert await stored["messages"].count_documents(sent) == 2
        told = {"subject.id": application["_id"], "action": "application.approve"}
        assert await stored["events"].count_documents(told) == 1


async def test_control_a_check_before_the_act_lets_both_succeed(
    inside: Inside, operator_type: RecordType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same two requests to the same program, whose guarded update is replaced by look, then write. What
    gives the second one away is then only the unique index behind it."""
    browser, mongo = inside.browser, inside.mongo
    await inside.load_demo()
    members = [await Member(browser()).sign_in(n) for n in ("approver-1", await second_approver(mongo))]
    reviewer = await Member(browser()).sign_in("reviewer-1")
    reference = await propose(reviewer, await submitted(browser(), operator_type))

    async def unguarded(model: Any, where: Any, update: Any, session: Any = None) -> Any:
        return await update_where(model, {"_id": where["_id"]}, update, session)

    monkeypatch.setattr("models.services.steps.update_where", unguarded)
    monkeypatch.setattr("models.services.steps.PERFORM", dict.fromkeys(PERFORM, _nothing))
    first, second = await approve_at_once(members, reference)
    assert (first.status_code, second.status_code) == (303, 303)


async def _nothing(*_: object) -> None:
    """Effects end the second approval at a unique index: here the guard alone is looked at."""
