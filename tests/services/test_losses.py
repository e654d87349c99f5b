"""Reports of loss and theft: who may report what, what is stopped with it, how the staff answer."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from models.documents.account import Account
from models.documents.event import Event
from models.documents.link import Link
from models.documents.loss import LossReport
from models.documents.message import Message
from models.documents.record import Record
from models.errors import (
    AlreadyDone,
    AnswersInvalid,
    ConfirmationRequired,
    LinkRefused,
    LossMoved,
    NotAllowed,
    NotFound,
    TooManyRequests,
)
from models.permissions import Actor
from models.services import agenda, loss_answers, loss_outside, losses
from models.services.links import token_of
from models.services.losses import Typed
from models.services.site import Site
from models.services.stops import set_stop
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.credentials import Firm, bound, founded, person, stored

STRANGER = Actor(kind="visitor", address="192.0.2.80")


def typed(site: Site, *items: str, kind: str = "certificate", **others: object) -> Typed:
    """A report noticed an hour ago."""
    noticed = (site.now() - timedelta(hours=1)).astimezone(site.calendar.zone)
    told = Typed(kind, f"{noticed:%Y-%m-%dT%H:%M}", "left in a train", items)
    return replace(told, **others)  # type: ignore[arg-type]


def name_of(firm: Firm) -> str:
    return f"certificate:{firm.certificate.id}"


async def desk(site: Site) -> Actor:
    """A member of staff who handles reports, and proved a moment ago who they are."""
    return replace(await staff(site, "desk", "system_administrator"), confirmed_at=site.now())


async def mails(template: str) -> list[Message]:
    return await Message.find({"template": template}).to_list()


async def status_of(actor: Actor) -> str:
    account = await Account.get(actor.account_id)
    assert account is not None
    return account.status


async def test_a_report_stops_the_certificate_and_tells_both_sides_in_one_act(site: Site) -> None:
    firm, _ = await founded(site), await desk(site)
    made = await losses.report(site, firm.administrator, typed(site, name_of(firm)))
    assert (made.number[:6], made.state, made.waits_for) == (f"L{site.today().year}-", "received", "staff")
    assert made.due == site.now() + timedelta(hours=4)
    assert made.items[0].stopped_at == site.now()
    assert (await stored(firm.certificate)).state == "suspended"
    assert [len(await mails(name)) for name in ("loss_reported", "loss_received")] == [1, 1]
    theirs = Event.find({"operator_id": firm.id}).sort("_id")
    actions = [event.action for event in await theirs.to_list()]
    assert actions == ["certificate.suspended", "loss.reported"]


async def test_nothing_is_stopped_where_the_reporter_says_so(site: Site) -> None:
    firm = await founded(site)
    made = await losses.report(site, firm.administrator, typed(site, name_of(firm), stop=False))
    assert made.items[0].stopped_at is None
    assert (await stored(firm.certificate)).state == "bound"


async def test_reports_are_taken_while_everything_else_is_stopped(site: Site) -> None:
    firm = await founded(site)
    root = await desk(site)
    await set_stop(site, root, None, level="closed", code=3, text="an earthquake")
    closed = replace(site, always_open=False)
    assert (await losses.report(closed, firm.administrator, typed(site, name_of(firm)))).number


async def test_ids_are_the_administrators_to_report(site: Site) -> None:
    firm = await founded(site)
    mate, other = await person(site, firm.id), await person(site, firm.id)
    for kind in ("administrator_id", "user_id"):
        with pytest.raises(AnswersInvalid):
            await losses.report(site, mate, typed(site, f"account:{mate.account_id}", kind=kind))
    with pytest.raises(AnswersInvalid):  # of passwords, their own alone
        await losses.report(site, mate, typed(site, f"account:{other.account_id}", kind="password"))
    with pytest.raises(AnswersInvalid):  # nor their own as something else
        await losses.report(site, mate, typed(site, f"account:{mate.account_id}", kind="medium"))
    await losses.report(site, mate, typed(site, f"account:{mate.account_id}", kind="password"))
    assert await status_of(mate) == "suspended"
    wanted = typed(site, f"account:{other.account_id}", kind="user_id")
    await losses.report(site, firm.administrator, wanted)
    assert await status_of(other) == "suspended"


@pytest.mark.slow
async def test_an_administrator_reports_the_loss_of_the_administrator_id_itself(site: Site) -> None:
    firm = await founded(site)
    own = typed(site, f"account:{firm.administrator.account_id}", kind="administrator_id")
    await losses.report(site, firm.administrator, own)
    assert await status_of(firm.administrator) == "suspended"


@pytest.mark.slow
async def test_users_name_only_the_certificates_they_use_or_look_after(site: Site) -> None:
    firm = await founded(site)
    second = await bound(site, firm.id, "second")
    mate = await person(site, firm.id, certificate=second.fingerprint)
    named = {each.name for each in await losses.choices(site, mate) if each.kind == "certificate"}
    assert named == {f"certificate:{second.id}"}
    await firm.certificate.set({"holder_id": mate.account_id})
    named = {each.name for each in await losses.choices(site, mate) if each.kind == "certificate"}
    assert named == {f"certificate:{second.id}", name_of(firm)}


async def test_nothing_of_another_operator_can_be_named_or_read(site: Site) -> None:
    firm, other = await founded(site), await founded(site)
    with pytest.raises(AnswersInvalid):
        await losses.report(site, firm.administrator, typed(site, name_of(other)))
    made = await losses.report(site, other.administrator, typed(site, name_of(other)))
    for act in (
        losses.own_report(site, firm.administrator, made.number),
        loss_answers.answer(site, firm.administrator, made.number, "hello"),
    ):
        with pytest.raises(NotFound):
            await act
    mate = await person(site, other.id)
    with pytest.raises(NotFound):  # a colleague's is the administrator's to see
        await losses.own_report(site, mate, made.number)
    assert (await losses.own_report(site, other.administrator, made.number)).number == made.number


@pytest.mark.slow
async def test_what_is_missing_is_told_at_its_field(site: Site) -> None:
    firm = await founded(site)
    later = (site.now() + timedelta(minutes=1)).astimezone(site.calendar.zone)
    wrong = Typed("nonsense", f"{later:%Y-%m-%dT%H:%M}", " ", ("certificate:x",), contact="x" * 201)
    with pytest.raises(AnswersInvalid) as refused:
        await losses.report(site, firm.administrator, wrong)
    assert {error.path for error in refused.value.errors} == {"kind", "items", "noticed", "what", "contact"}


async def test_a_form_sent_twice_is_one_report(site: Site) -> None:
    firm = await founded(site)
    wanted = typed(site, name_of(firm), key="a" * 32)
    came = await asyncio.gather(*(losses.report(site, firm.administrator, wanted) for _ in range(2)))
    assert came[0].number == came[1].number
    assert await LossReport.find_all().count() == 1


async def test_instructions_and_answers_take_turns_and_are_mailed_each_time(site: Site, hands: Hands) -> None:
    firm, root = await founded(site), await desk(site)
    made = await losses.report(site, firm.administrator, typed(site, name_of(firm)))
    await loss_answers.instruct(site, root, made.number, "Hand in the police report.", "b" * 32)
    with pytest.raises(AlreadyDone):
        await loss_answers.instruct(site, root, made.number, "Hand in the police report.", "b" * 32)
    told = await losses.own_report(site, firm.administrator, made.number)
    assert (told.state, told.waits_for, told.due) == ("instructed", "operator", None)
    hands.now += timedelta(hours=1)
    await loss_answers.answer(site, firm.administrator, made.number, "It is attached.")
    told = await losses.own_report(site, firm.administrator, made.number)
    assert (told.waits_for, told.due) == ("staff", site.now() + timedelta(hours=4))
    said = await loss_answers.thread(site, firm.administrator, made)
    assert [(each.from_staff, each.by is None) for each in said] == [(True, True), (False, False)]
    assert len(await mails("thread_message")) == 2
    assert "police" not in "".join(str(mail.body) for mail in await mails("thread_message"))


async def test_instructions_wait_first_on_the_first_page_until_they_are_answered(site: Site) -> None:
    """Control: while the report is with the staff, and for another operator, it waits for nobody there."""
    firm, other, root = await founded(site), await founded(site), await desk(site)

    async def waiting(actor: Actor) -> list[str]:
        return [each.loss.number for each in await agenda.agenda(site, actor) if each.loss and each.is_urgent]

    made = await losses.report(site, firm.administrator, typed(site, name_of(firm)))
    assert await waiting(firm.administrator) == []
    await loss_answers.instruct(site, root, made.number, "Hand in the police report.")
    assert (await waiting(firm.administrator), await waiting(other.administrator)) == ([made.number], [])
    await loss_answers.answer(site, firm.administrator, made.number, "It is attached.")
    assert await waiting(firm.administrator) == []


async def test_a_report_is_closed_and_opened_again_with_reasons(site: Site) -> None:
    firm, root = await founded(site), await desk(site)
    made = await losses.report(site, firm.administrator, typed(site, name_of(firm)))
    with pytest.raises(LossMoved):
        await loss_answers.reopen(site, root, made.number, "why", revision=made.revision)
    with pytest.raises(AnswersInvalid):
        await loss_answers.close(site, root, made.number, " ", revision=made.revision)
    acts = [loss_answers.close(site, root, made.number, "found", revision=made.revision) for _ in range(2)]
    came = await asyncio.gather(*acts, return_exceptions=True)
    assert sorted(type(each).__name__ for each in came) == ["LossMoved", "NoneType"]
    with pytest.raises(LossMoved):
        await loss_answers.answer(site, firm.administrator, made.number, "more")
    closed = await losses.own_report(site, firm.administrator, made.number)
    await loss_answers.reopen(site, root, made.number, "lost again", revision=closed.revision)
    again = await losses.own_report(site, firm.administrator, made.number)
    assert (again.state, again.waits_for, again.closed) == ("received", "staff", None)
    assert len(await mails("loss_closed")) == 2


async def test_only_staff_who_may_handle_reports(site: Site, reviewer: Actor) -> None:
    firm = await founded(site)
    made = await losses.report(site, firm.administrator, typed(site, name_of(firm)))
    auditor = await staff(site, "auditor", "auditor")
    assert await loss_answers.reports(auditor, "staff") == [made]
    with pytest.raises(NotAllowed):
        await loss_answers.reports(reviewer, "staff")
    with pytest.raises(NotAllowed):
        await loss_answers.close(site, auditor, made.number, "x", revision=0)
    with pytest.raises(NotAllowed):
        await loss_answers.instruct(site, auditor, made.number, "x")


async def test_the_staff_stop_what_was_not_stopped_after_proving_who_they_are(site: Site) -> None:
    firm, root = await founded(site), await desk(site)
    made = await losses.report(site, firm.administrator, typed(site, name_of(firm), stop=False))
    names = [name_of(firm), f"account:{firm.administrator.account_id}"]
    with pytest.raises(ConfirmationRequired):
        await loss_answers.stop_now(site, replace(root, confirmed_at=None), made.number, names)
    changed = await loss_answers.stop_now(site, root, made.number, names)
    assert len(changed.items) == 2
    assert all(item.stopped_at for item in changed.items)
    assert (await stored(firm.certificate)).state == "suspended"
    assert await status_of(firm.administrator) == "suspended"


async def known(site: Site) -> Firm:
    """An operator with a registration in force, by whose code strangers name it."""
    firm = await founded(site)
    record = Record(
        _id=firm.id,
        type="operator",
        number="OP-1",
        title="Known Ltd",
        schema_version=1,
        operator_id=firm.id,
        lifecycle="active",
        data={"operator_code": "Z001"},
        created_at=site.now(),
        updated_at=site.now(),
    )
    await site.records["operator"].insert(record, None)
    return firm


def words(site: Site, key: str = "") -> Typed:
    return typed(site, words="a notebook", contact="03-0000-0000", key=key)


async def test_a_stranger_is_answered_the_same_and_stops_nothing(site: Site) -> None:
    firm, _ = await known(site), await desk(site)
    for code in ("Z001", "nobody"):
        await loss_outside.report_outside(site, STRANGER, words(site), code, "Hanako")
    made = await LossReport.find_all().sort("_id").to_list()
    assert [each.operator_id for each in made] == [firm.id, None]
    assert len(await mails("loss_reported")) == 2
    assert [mail.operator_id for mail in await mails("loss_confirm")] == [firm.id]
    assert (await stored(firm.certificate)).state == "bound"


async def test_the_link_of_the_administrators_stops_what_they_choose_once(site: Site) -> None:
    firm, _ = await known(site), await desk(site)
    await loss_outside.report_outside(site, STRANGER, words(site), "Z001", "Hanako")
    (link,) = await Link.find({"purpose": "confirm_loss"}).to_list()
    token = token_of(site, link.id)
    made, offered = await loss_outside.asked_by(site, token)
    assert {each.kind for each in offered} == {"certificate", "account"}
    with pytest.raises(AnswersInvalid):
        await loss_outside.confirm(site, STRANGER, token, ["certificate:other"])
    acts = [loss_outside.confirm(site, STRANGER, token, [name_of(firm)]) for _ in range(2)]
    came = await asyncio.gather(*acts, return_exceptions=True)
    assert sum(isinstance(each, LossReport) for each in came) == 1
    assert (await stored(firm.certificate)).state == "suspended"
    for act in (loss_outside.deny(site, STRANGER, token), loss_outside.asked_by(site, token)):
        with pytest.raises(LinkRefused):
            await act
    assert made.confirmed_at is None


@pytest.mark.slow
async def test_a_report_that_is_wrong_is_denied_and_links_of_other_kinds_open_nothing(
    site: Site, hands: Hands
) -> None:
    firm, _ = await known(site), await desk(site)
    await loss_outside.report_outside(site, STRANGER, words(site), "Z001", "Hanako")
    (link,) = await Link.find({"purpose": "confirm_loss"}).to_list()
    token = token_of(site, link.id)
    await link.set({"purpose": "set_password"})
    with pytest.raises(LinkRefused):
        await loss_outside.deny(site, STRANGER, token)
    await link.set({"purpose": "confirm_loss"})
    hands.now = link.ends_at
    with pytest.raises(LinkRefused):
        await loss_outside.deny(site, STRANGER, token)
    hands.now -= timedelta(seconds=1)
    assert (await loss_outside.deny(site, STRANGER, token)).denied_at == site.now()
    assert (await stored(firm.certificate)).state == "bound"


@pytest.mark.slow
async def test_strangers_neither_flood_the_desk_nor_the_administrators(site: Site) -> None:
    await known(site)
    asked = loss_outside.LINKS_AN_HOUR + 1
    for _ in range(asked):
        await loss_outside.report_outside(site, STRANGER, words(site), "Z001", "Hanako")
    assert len(await mails("loss_confirm")) == loss_outside.LINKS_AN_HOUR
    rest = range(loss_outside.FROM_ONE_NETWORK - asked)
    await asyncio.gather(*(loss_outside.report_outside(site, STRANGER, words(site), "?", "X") for _ in rest))
    with pytest.raises(TooManyRequests):
        await loss_outside.report_outside(site, STRANGER, words(site), "Z001", "Hanako")
