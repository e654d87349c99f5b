"""What people are told in their inboxes, by whom it is read, and when it is done by itself."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.event import Subject
from models.documents.inbox import InboxItem
from models.documents.publication import Audience, Publication
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AlreadyDone, NotFound
from models.language import Text
from models.permissions import SYSTEM, Actor
from models.services import assigning, comments, inbox
from models.services.beginning import begin
from models.services.events import record_event
from models.services.inbox_notices import tell_listed
from models.services.inbox_writing import Told, tell
from models.services.site import Happened, Site
from models.services.steps import Given, take_step
from models.services.submitting import submit, withdraw
from tests.services.answers import fill_in, valid_answers
from tests.services.conftest import staff
from tests.services.people import register_operator
from tests.services.people_of import id_of, new_company


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


async def test_a_notice_to_acknowledge_is_told_to_operators_until_they_do(site: Site) -> None:
    """A later edition asks anew, and whoever is told of it is not asked for the former any more."""
    company = await new_company(site)
    notice = edition(site)
    await notice.insert()
    readers = [id_of(company.administrator), id_of(company.user)]
    await tell_listed(site, notice, readers, None)
    subject = Subject(kind="publication", id=notice.id, label=notice.number)
    await record_event(site, company.head, "notice.acknowledged", subject, None)
    assert [item.state for item in await items(company.administrator)] == ["done"]
    assert [item.state for item in await items(company.user)] == ["unread"]
    record = Subject(kind="notice", id=notice.record_id, label=notice.number)
    await record_event(site, SYSTEM, "publication.withdrawn", record, None)
    assert [item.state for item in await items(company.user)] == ["done"]


async def test_a_notice_to_read_only_is_not_put_into_inboxes(site: Site) -> None:
    company = await new_company(site)
    await tell_listed(site, edition(site, acknowledge=False), [id_of(company.user)], None)
    assert await items(company.user) == []


def edition(site: Site, **values: Any) -> Publication:
    """A notice that asks to be acknowledged."""
    words, facts = Text(ja="計画停止", en="Planned stop"), {"acknowledge": True, **values}
    return Publication(
        id=new_id(),
        type="notice",
        record_id=new_id(),
        number="N00001",
        edition=1,
        revision=1,
        schema_version=1,
        title=words,
        pages={},
        fingerprint="0" * 64,
        audience=Audience(name="operators", label=words),
        open_to="operators",
        published_at=site.now(),
        **facts,
    )


async def test_a_lock_is_told_to_the_administrator_until_it_is_undone(site: Site) -> None:
    company = await new_company(site)
    subject, states = Subject(kind="account", id=company.user.id, label=company.user.login), []
    for action in ("account.locked", "account.unlocked"):
        await record_event(site, SYSTEM, action, subject, None, operator_id=company.operator)
        states += [item.state for item in await items(company.administrator)]
    assert states == ["unread", "done"]
    assert await items(company.user) == []


# --- reading -----------------------------------------------------------------------------------------------


async def test_a_page_says_what_it_is_in_the_readers_language_and_where_it_leads(
    site: Site, operator: Actor, reviewer: Actor
) -> None:
    application = await returned(site, operator, reviewer)
    (line,) = (await inbox.page_of(site, operator)).lines
    assert line.text("en").startswith(f"{application.reference} (Resource) was returned to you")
    assert line.text("ja").startswith(f"{application.reference}（電源等情報）が差し戻されました")
    assert line.facts == (application.title,)
    assert line.page == f"/applications/{application.reference}"


async def test_a_task_stays_when_it_was_read_and_news_does_not(
    site: Site, operator: Actor, reviewer: Actor, approver: Actor
) -> None:
    assert operator.account_id is not None
    application = await returned(site, operator, reviewer)
    (line,) = (await inbox.page_of(site, operator)).lines
    assert await inbox.open_item(site, operator, line.id, reads=False) == line.page
    assert await inbox.unread(site, operator.account_id) == 1
    await inbox.open_item(site, operator, line.id)
    assert await inbox.unread(site, operator.account_id) == 0
    assert await told(operator) == [("returned", "read")]
    await withdraw(site, operator, application)
    assert await told(operator) == [("returned", "done")]
    news = await take_step(site, reviewer, await submitted(site, operator), "claim")
    await take_step(site, reviewer, news, "propose", ticked(site, news))
    await take_step(site, approver, await again(news), "approve")
    assert await inbox.mark_all_read(site, operator) == 1
    assert await told(operator) == [("returned", "done"), ("decided", "done")]


async def again(application: Application) -> Application:
    found: Application | None = await Application.get(application.id)
    assert found is not None
    return found


async def test_an_inbox_is_its_owners_alone(site: Site, operator: Actor, reviewer: Actor) -> None:
    await returned(site, operator, reviewer)
    (line,) = (await inbox.page_of(site, operator)).lines
    for other in (reviewer, (await new_company(site)).head):
        assert (await inbox.page_of(site, other)).lines == []
        for act in (inbox.open_item, inbox.mark_read):
            with pytest.raises(NotFound):
                await act(site, other, line.id)
    assert await told(operator) == [("returned", "unread")]


async def test_what_its_reader_may_no_longer_see_is_not_shown_and_counts_no_more(
    site: Site, operator: Actor, reviewer: Actor, approver: Actor
) -> None:
    application = await take_step(site, reviewer, await submitted(site, operator), "claim")
    await take_step(site, reviewer, application, "propose", ticked(site, application))
    assert approver.account_id is not None
    assert await inbox.unread(site, approver.account_id) == 1
    assert len((await inbox.page_of(site, approver)).lines) == 1
    steward = replace(approver, roles=frozenset({"system_administrator"}), may=frozenset({"admin.enter"}))
    assert (await inbox.page_of(site, steward)).lines == []
    assert await inbox.unread(site, approver.account_id) == 0


async def test_pages_of_an_inbox_follow_one_another(site: Site, reviewer: Actor) -> None:
    assert reviewer.account_id is not None
    for number in range(5):
        subject = Subject(kind="mail", label="late")
        item = Told(kind="mail_failed", key=f"mail:{number}", cause="mail:late", subject=subject)
        await tell(site, item, [reviewer.account_id], None)
    first = await inbox.page_of(site, reviewer, limit=2)
    second = await inbox.page_of(site, reviewer, after=first.following, limit=2)
    third = await inbox.page_of(site, reviewer, after=second.following, limit=2)
    back = await inbox.page_of(site, reviewer, before=third.previous, limit=2)
    seen = [line.item.key for page in (first, second, third) for line in page.lines]
    assert seen == [f"mail:{number}" for number in (4, 3, 2, 1, 0)]
    assert (first.previous, third.following) == ("", "")
    assert [line.id for line in back.lines] == [line.id for line in second.lines]


async def test_who_was_told_of_an_occasion_is_not_told_again(site: Site, reviewer: Actor) -> None:
    assert reviewer.account_id is not None
    item = Told(kind="mail_failed", key="late:1", cause="mail:late", subject=Subject(kind="mail"))
    for _ in range(2):
        await tell(site, item, [reviewer.account_id, reviewer.account_id], None)
    assert len(await items(reviewer)) == 1
    await tell(site, replace(item, key="late:2"), [reviewer.account_id], None)
    assert len(await items(reviewer)) == 2
