"""What people are told in their inboxes, by whom it is read, and when it is done by itself."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from models.documents.account import Account
from models.documents.application import Application
from models.documents.inbox import InboxItem
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AlreadyDone
from models.permissions import Actor
from models.services import assigning, comments
from models.services.beginning import begin
from models.services.site import Happened, Site
from models.services.steps import Given, take_step
from models.services.submitting import submit, withdraw
from tests.services.answers import fill_in, valid_answers
from tests.services.conftest import staff
from tests.services.people import register_operator


async def items(actor: Actor | Account, **where: Any) -> list[InboxItem]:
    """What an account was told, the oldest first."""
    own = actor.id if isinstance(actor, Account) else actor.account_id
    return await InboxItem.find({"account_id": own, **where}).sort("_id").to_list()


async def told(actor: Actor) -> list[tuple[str, str]]:
    return [(item.kind, item.state) for item in await items(actor)]


@pytest_asyncio.fixture
async def company(site: Site, reviewer: Actor, approver: Actor) -> tuple[Record, Actor]:
    return await register_operator(site, reviewer, approver)


@pytest_asyncio.fixture
async def operator(company: tuple[Record, Actor]) -> Actor:
    await InboxItem.find({}).delete()
    await Account.raw().update_one({"_id": company[1].account_id}, {"$set": {"status": "active"}})
    return company[1]


async def submitted(site: Site, operator: Actor) -> Application:
    application = await begin(site, operator, "resource")
    answers = valid_answers(site.registry.current("resource").definition)
    application = await fill_in(site, operator, application, answers)
    return await submit(site, operator, application, revision=application.revision)


async def returned(site: Site, operator: Actor, reviewer: Actor) -> Application:
    application = await take_step(site, reviewer, await submitted(site, operator), "claim")
    field = site.registry.current("resource").definition.fields[0].name
    return await take_step(site, reviewer, application, "return", Given(remarks={field: "直してください。"}))


def ticked(site: Site, application: Application) -> Given:
    definition = site.registry.current(application.type).definition
    return Given(checklist=tuple(item.name for item in definition.review.checklist))


async def test_an_application_goes_from_inbox_to_inbox(
    site: Site, operator: Actor, reviewer: Actor, approver: Actor
) -> None:
    application = await returned(site, operator, reviewer)
    assert await told(operator) == [("returned", "unread")]
    assert await told(reviewer) == []
    application = await submit(site, operator, application, revision=application.revision)
    assert await told(operator) == [("returned", "done")]
    assert await told(reviewer) == [("answered", "unread")]
    application = await take_step(site, reviewer, application, "claim")
    application = await take_step(site, reviewer, application, "propose", ticked(site, application))
    assert await told(reviewer) == [("answered", "done")]
    assert await told(approver) == [("waits", "unread")]
    await take_step(site, approver, application, "approve")
    assert await told(approver) == [("waits", "done")]
    assert await told(operator) == [("returned", "done"), ("decided", "unread")]


async def test_what_waits_in_the_queue_for_anybody_is_told_to_nobody(
    site: Site, operator: Actor, reviewer: Actor
) -> None:
    await submitted(site, operator)
    assert await InboxItem.find({}).count() == 0


async def test_an_application_sent_back_by_the_approver_is_told_to_who_is_in_charge(
    site: Site, operator: Actor, reviewer: Actor, approver: Actor
) -> None:
    application = await take_step(site, reviewer, await submitted(site, operator), "claim")
    application = await take_step(site, reviewer, application, "propose", ticked(site, application))
    await take_step(site, approver, application, "send_back", Given(reason="もう一度ご確認ください。"))
    assert await told(reviewer) == [("sent_back", "unread")]


async def test_who_takes_a_step_is_told_nothing_of_it(site: Site, operator: Actor, reviewer: Actor) -> None:
    application = await take_step(site, reviewer, await submitted(site, operator), "claim")
    await withdraw(site, operator, application)
    assert await told(operator) == []
    assert await told(reviewer) == [("over", "unread")]


async def test_a_hand_over_is_told_to_both_and_settles_what_waited_for_the_first(
    site: Site, operator: Actor, reviewer: Actor, approver: Actor
) -> None:
    colleague = await staff(site, "colleague", "reviewer")
    application = await take_step(site, reviewer, await submitted(site, operator), "claim")
    application = await take_step(site, reviewer, application, "propose", ticked(site, application))
    application = await take_step(site, approver, application, "send_back", Given(reason="再確認"))
    assert colleague.account_id is not None
    await assigning.hand_over(site, approver, application, colleague.account_id, "お願いします。")
    assert await told(colleague) == [("handed_over", "unread")]
    assert await told(reviewer) == [("sent_back", "done"), ("taken", "unread")]
    assert (await items(colleague))[0].values["who"] == approver.name


async def test_comments_are_told_to_those_named_and_to_who_is_in_charge(
    site: Site, operator: Actor, reviewer: Actor, approver: Actor
) -> None:
    application = await take_step(site, reviewer, await submitted(site, operator), "claim")
    await comments.write(site, approver, application, "急ぎましょう。")
    await comments.write(site, reviewer, application, "@approver ご覧ください。")
    await comments.write(site, approver, application, "@reviewer 見ました。")
    assert await told(reviewer) == [("commented", "unread"), ("mentioned", "unread")]
    assert await told(approver) == [("mentioned", "unread")]
    assert await told(operator) == []


async def refuse(site: Site, happened: Happened, session: Session) -> None:
    """What fails after the inboxes were written, in the same transaction."""
    raise AlreadyDone


@pytest.mark.parametrize("fails", [True, False])
async def test_a_step_that_fails_tells_nobody(
    site: Site, operator: Actor, reviewer: Actor, approver: Actor, fails: bool
) -> None:
    application = await take_step(site, reviewer, await submitted(site, operator), "claim")
    given = ticked(site, application)
    ill = replace(site, followers=(*site.followers, refuse)) if fails else site
    with pytest.raises(AlreadyDone) if fails else nullcontext():
        await take_step(ill, reviewer, application, "propose", given)
    assert await told(approver) == ([] if fails else [("waits", "unread")])


async def test_nobody_is_told_of_what_they_may_not_see(
    site: Site, operator: Actor, reviewer: Actor, approver: Actor
) -> None:
    """Another operator's people, a colleague of another role, and who can no longer sign in."""
    other = await staff(site, "steward", "steward")
    gone = await staff(site, "gone", "approver")
    await Account.raw().update_one({"_id": gone.account_id}, {"$set": {"status": "suspended"}})
    application = await take_step(site, reviewer, await submitted(site, operator), "claim")
    await take_step(site, reviewer, application, "propose", ticked(site, application))
    assert [await told(each) for each in (other, gone)] == [[], []]
    assert await told(approver) == [("waits", "unread")]


async def test_an_item_goes_some_time_after_it_was_done(site: Site, operator: Actor, reviewer: Actor) -> None:
    application = await returned(site, operator, reviewer)
    kept = (await items(operator))[0]
    assert kept.ends_at == kept.at + timedelta(days=400)
    await submit(site, operator, application, revision=application.revision)
    kept = (await items(operator))[0]
    assert kept.done_at is not None
    assert kept.ends_at == kept.done_at + timedelta(days=90)
