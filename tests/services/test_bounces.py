"""Mails that come back: what they do to the mail, to its address and to whoever has it."""

from datetime import timedelta

import pytest

from models.documents.account import Account
from models.documents.base import Id, new_id, read_id
from models.documents.bounce import Bounce
from models.documents.dead_address import DeadAddress, address_key
from models.documents.event import Event
from models.documents.inbox import InboxItem
from models.documents.message import Message
from models.errors import AddressMoved, AnswersInvalid, NotAllowed
from models.permissions import Actor
from models.services.addresses import ask_address, confirm_address
from models.services.addresses_dead import dead_among, goes_anyway
from models.services.bounces import LATE, note_refusal, take_in
from models.services.delivery import ASKED_AGAIN, claim_due, mark_sent
from models.services.identifying import actor_for
from models.services.links import make_link, token_of
from models.services.messages import Letter, Recipient, queue_letter
from models.services.return_paths import mark_of
from models.services.reviving import note_opened
from models.services.site import Site
from models.services.unreachable import put_right
from tests.clock import Hands
from tests.interchange.returned import returned

ADDRESS = "Taro@kaisha.example.jp"


async def mailed(site: Site, cause: str, template: str = "review_asked", to: str = ADDRESS) -> Message:
    """A mail, in the outbox as it is."""
    await queue_letter(site, Letter(template, Recipient(to, "Taro"), cause), None)
    found = await Message.find_one({"dedupe_key": f"{cause}:{template}:{to}"})
    assert found is not None
    return found


async def sent(site: Site, cause: str, template: str = "review_asked") -> Message:
    """A mail the mail server took."""
    message = await mailed(site, cause, template)
    envelope = await claim_due(site)
    assert envelope is not None
    assert envelope.message.id == message.id
    assert await mark_sent(site, envelope.message)
    return envelope.message


async def back(site: Site, message: Message, sample: str = "postfix", address: str = ADDRESS) -> Bounce:
    """The mail comes back as the sample says; each time in other bytes."""
    raw = returned(sample, address=address, message_id=message.message_id)
    return (await take_in(site, raw + f"\n{new_id()}".encode(), "test")).bounce


async def dead() -> bool:
    return bool(await dead_among([ADDRESS]))


async def row_of(address: str = ADDRESS) -> DeadAddress:
    found = await DeadAddress.find_one({"address": address_key(address)})
    assert found is not None
    return found


async def person(site: Site, email: str, *roles: str, operator: Id | None = None) -> Account:
    account = Account(
        login=f"U{email[:6]}",
        kind="operator",
        name="Taro",
        email=email,
        roles=list(roles),
        operator_id=operator,
        status="active",
        created_at=site.now(),
    )
    await account.insert()
    return account


async def test_a_mail_that_came_back_for_good_says_so_and_its_address_is_dead(site: Site) -> None:
    message = await sent(site, "one")
    assert message.status(site.now()) != "bounced"
    assert (await back(site, message)).kind == "failed"
    found = await Message.get(message.id)
    assert found is not None
    assert (found.status(site.now()), found.bounce_status) == ("bounced", "5.1.1")
    assert "User unknown" in found.bounce_text
    assert await dead_among([ADDRESS, "taro@KAISHA.example.jp", "hanako@kaisha.example.jp", ""]) == {
        ADDRESS,
        "taro@KAISHA.example.jp",
    }
    actions = {event.action for event in await Event.find_all().to_list()}
    assert {"message.bounced", "address.died"} <= actions
    assert ADDRESS.casefold() not in str(await Event.raw().find().to_list()).casefold()


async def test_mails_to_a_dead_address_are_withheld_when_written_and_when_sent(
    site: Site, hands: Hands
) -> None:
    message, waiting = await sent(site, "one"), await mailed(site, "two")
    await back(site, message)
    written = await mailed(site, "three")
    assert (written.withheld_why, written.next_at, written.due_at) == ("dead", None, None)
    hands.forward(seconds=ASKED_AGAIN.seconds)
    assert await claim_due(site) is None
    found = await Message.get(waiting.id)
    assert found is not None
    assert (found.status(site.now()), found.withheld_why) == ("withheld", "dead")
    await mailed(site, "four", to="hanako@kaisha.example.jp")
    assert await claim_due(site) is not None


async def test_what_somebody_asks_for_and_what_warns_them_goes_there_all_the_same(site: Site) -> None:
    await back(site, await sent(site, "one"))
    for template in ("account_changed", "address_asked", "password_forgotten", "resume_draft"):
        await mailed(site, "two", template)
        envelope = await claim_due(site)
        assert envelope is not None
        assert envelope.message.template == template
    assert not goes_anyway(site, "application_received")


async def test_the_same_bounce_counts_once_even_where_it_was_taken_in_half(site: Site) -> None:
    raw = returned("gmail", address=ADDRESS, message_id=(await sent(site, "one")).message_id)
    first, second = await take_in(site, raw, "a"), await take_in(site, raw, "b")
    assert (first.again, second.again) == (False, True)
    await Bounce.find_all().delete()  # as after a crash before the row was written
    assert not (await take_in(site, raw, "a")).again
    assert (await row_of()).bounces == 1
    assert await Event.find({"action": "message.bounced"}).count() == 1


async def test_failures_that_may_pass_kill_an_address_after_so_many_within_so_long(
    site: Site, hands: Hands
) -> None:
    rule = site.configuration.site.mail.dead_after
    assert (rule.failures, rule.within) == (5, timedelta(days=14))
    for number in range(4):
        await back(site, await sent(site, f"full-{number}"), "gmail")
    assert not await dead()
    hands.now += rule.within  # the four are no longer within: exactly so long ago
    await back(site, await sent(site, "full-5"), "gmail")
    assert not await dead()
    for number in range(6, 9):
        await back(site, await sent(site, f"full-{number}"), "gmail")
    assert not await dead()
    await back(site, await sent(site, "full-9"), "gmail")
    row = await row_of()
    assert (await dead(), row.gone, row.status, row.bounces) == (True, False, "5.2.2", 9)


async def test_a_delay_is_counted_and_the_failure_after_it_counts_with_it_as_one(site: Site) -> None:
    message = await sent(site, "one")
    assert (await back(site, message, "postfix_delayed")).kind == "delayed"
    found = await Message.get(message.id)
    assert found is not None
    assert found.bounced_at is None
    assert len((await row_of()).failures) == 1
    await back(site, message, "gmail")
    assert [each.status for each in (await row_of()).failures] == ["5.2.2"]


@pytest.mark.parametrize("sample", ["postfix", "gmail", "qmail"])
async def test_a_bounce_for_an_address_the_mail_never_went_to_does_nothing(site: Site, sample: str) -> None:
    message = await sent(site, "one")
    assert (await back(site, message, sample, "hanako@kaisha.example.jp")).kind == "foreign"
    found = await Message.get(message.id)
    assert found is not None
    assert found.bounced_at is None
    assert await DeadAddress.find_all().count() == 0


async def test_a_bounce_of_no_mail_of_ours_does_nothing(site: Site) -> None:
    message = await sent(site, "one")
    raw = returned("qmail", address=ADDRESS, message_id=message.message_id)
    guessed = f"<{message.id}@{message.message_id.partition('@')[2]}"  # by who gets the mail before it
    assert message.message_id.encode() in raw
    for other in (message.message_id.replace("@", "@elsewhere."), guessed):
        made_up = raw.replace(message.message_id.encode(), other.encode())
        assert (await take_in(site, made_up, "test")).bounce.kind == "unknown"
    assert (await take_in(site, raw, "test")).bounce.kind == "failed"


async def test_a_mail_not_sent_or_sent_long_ago_cannot_have_come_back(site: Site, hands: Hands) -> None:
    waiting = await mailed(site, "one")
    assert (await back(site, waiting)).kind == "foreign"
    message = await sent(site, "one")
    hands.now += LATE - timedelta(seconds=1)
    assert (await back(site, message, "gmail")).kind == "failed"
    hands.forward(seconds=1)
    assert (await back(site, message)).kind == "foreign"
    assert not await dead()


async def test_a_signed_mark_proves_whom_the_mail_was_for_and_a_wrong_one_nothing(site: Site) -> None:
    message = await sent(site, "one")
    passed_on = returned("exchange", address="elsewhere@other.example.jp", message_id="<x@example.jp>")
    for mark, kind in (
        (f"{message.id}-{'0' * 16}", "unknown"),
        (mark_of(site, read_id(message.id)), "failed"),
    ):
        raw = passed_on.replace(b"bounces@", f"bounces+{mark}@".encode())
        assert (await take_in(site, raw, "test")).bounce.kind == kind
    assert await dead()
    assert len(f"bounces+{mark_of(site, read_id(message.id))}") <= 64  # RFC 5321, 4.5.3.1.1


async def test_automatic_answers_are_counted_and_do_nothing(site: Site) -> None:
    assert (await back(site, await sent(site, "one"), "away")).kind == "answer"
    assert await DeadAddress.find_all().count() == 0


async def test_what_cannot_be_read_is_kept_aside_with_its_reason(site: Site) -> None:
    bounce = (await take_in(site, returned("letter") + b"x" * 200_000, "mbox")).bounce
    assert (bounce.kind, len(bounce.kept), bounce.source) == ("unread", 65_536, "mbox")
    assert bounce.reason == "It is neither a report of a delivery nor an automatic answer."


async def test_a_refusal_to_our_face_counts_like_a_bounce(site: Site) -> None:
    message = await sent(site, "one")
    await note_refusal(site, message, "550 5.7.1 not today")
    assert not await dead()
    await note_refusal(site, message, "550 5.1.1 <taro@kaisha.example.jp>: User unknown")
    assert await dead()


@pytest.mark.parametrize(("said", "dies"), [("550 5.7.1 blocked", False), ("452 4.2.2 mailbox full", True)])
async def test_a_server_that_blocks_us_ends_nobodys_address(site: Site, said: str, dies: bool) -> None:
    """The control is a failure of the mailbox: five of those are enough."""
    for number in range(5):
        await note_refusal(site, await sent(site, f"mail {number}"), said)
    assert await dead() is dies


async def test_the_owner_is_marked_and_the_administrator_told(site: Site) -> None:
    operator = new_id()
    account = await person(site, ADDRESS, "user", operator=operator)
    boss = await person(site, "boss@kaisha.example.jp", "administrator", operator=operator)
    await person(site, "other@kaisha.example.jp", "administrator", operator=new_id())
    await back(site, await sent(site, "one"))
    marked = await Account.get(account.id)
    assert marked is not None
    assert actor_for(marked).unreachable
    told = await Message.find({"template": "address_bounced"}).to_list()
    assert [mail.to_address for mail in told] == [boss.email]
    assert ADDRESS not in str(told[0].subject) + str(told[0].body)
    items = await InboxItem.find({"kind": "user_unreachable"}).to_list()
    assert [(item.account_id, item.done_at) for item in items] == [(boss.id, None)]
    await note_opened(site, ADDRESS, site.now() + timedelta(seconds=1), None)
    assert await InboxItem.find({"kind": "user_unreachable", "done_at": None}).count() == 0


async def test_the_staff_put_an_address_right_with_a_reason_as_they_saw_it(
    site: Site, reviewer: Actor, hands: Hands
) -> None:
    account = await person(site, ADDRESS, "user", operator=new_id())
    first = await sent(site, "one")
    await back(site, first)
    row = await row_of()
    with pytest.raises(NotAllowed):
        await put_right(site, actor_for(account), row, "heard of it", revision=row.revision)
    with pytest.raises(AnswersInvalid):
        await put_right(site, reviewer, row, " ", revision=row.revision)
    with pytest.raises(AddressMoved):
        await put_right(site, reviewer, row, "heard of it", revision=row.revision - 1)
    assert await dead()
    await put_right(site, reviewer, row, "heard of it", revision=row.revision)
    assert not await dead()
    found = await Account.get(account.id)
    assert found is not None
    assert found.unreachable_since is None
    with pytest.raises(AddressMoved):
        await put_right(site, reviewer, await row_of(), "again", revision=(await row_of()).revision)
    await back(site, first, "qmail")  # a straggler of the mail from before
    assert not await dead()
    hands.forward(minutes=1)
    await back(site, await sent(site, "two"))
    assert await dead()


async def test_its_owner_puts_it_right_by_opening_a_link_mailed_there(site: Site, hands: Hands) -> None:
    account = await person(site, ADDRESS, "administrator", operator=new_id())
    await back(site, await sent(site, "one"))
    hands.forward(minutes=1)
    marked = await Account.get(account.id)
    assert marked is not None
    await ask_address(
        site, actor_for(marked, confirmed_at=site.now()), read_id(account.id), ADDRESS, sure=True
    )
    asked = await Message.find_one({"template": "address_asked"})
    assert asked is not None
    assert asked.withheld_at is None
    assert await Message.find({"template": "account_changed"}).count() == 0
    assert await dead()
    (link,) = asked.links.values()
    await confirm_address(site, token_of(site, link))
    assert not await dead()
    found = await Account.get(account.id)
    assert found is not None
    assert (found.email, found.unreachable_since) == (ADDRESS, None)


async def test_a_link_from_before_it_died_proves_nothing(site: Site, hands: Hands) -> None:
    early = await make_link(site, "set_password", None)
    hands.forward(minutes=1)
    await back(site, await sent(site, "one"))
    assert not await note_opened(site, ADDRESS, early.created_at, None)
    hands.forward(minutes=1)
    late = await make_link(site, "set_password", None)
    assert await note_opened(site, ADDRESS, late.created_at, None)
