"""Administering accounts: stopping, unlocking, reissuing, changing, removing, handing over; and whose."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from models.documents.account import Account, Lock
from models.documents.event import Event
from models.documents.link import Link
from models.documents.session import BrowserSession
from models.errors import (
    AccountGuarded,
    AnswersInvalid,
    ConfirmationRequired,
    LinkRefused,
    NotAllowed,
    NotFound,
    RecordChanged,
    TorokuError,
    WritingStopped,
)
from models.permissions import Actor
from models.services import (
    accounts,
    addresses,
    administration,
    credentials,
    handing_over,
    persons,
    reissuing,
    suspending,
    users,
)
from models.services.identifying import acting
from models.services.links import token_of
from models.services.sessions import Browser
from models.services.site import Site
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.people_of import Company, again, id_of, mails_to, new_company, signed_in, somebody

NAME, EMAIL = "海野 花子", "hanako@example.co.jp"


async def session_of(site: Site, account: Account) -> None:
    browser = Browser(site, None, "192.0.2.1", "a browser")
    await browser.sign_in(account)


async def sessions(account: Account) -> int:
    return await BrowserSession.find({"account_id": account.id}).count()


@pytest_asyncio.fixture
async def company(site: Site) -> Company:
    return await new_company(site)


@pytest_asyncio.fixture
async def root(site: Site) -> Actor:
    return signed_in(site, await somebody(site, None, "system_administrator"))


async def test_a_stopped_account_is_out_at_once_and_goes_on_as_it_was(site: Site, company: Company) -> None:
    await session_of(site, company.user)
    stopped = await suspending.suspend_account(site, company.head, id_of(company.user), "退職のため")
    assert (stopped.status, await sessions(company.user)) == ("suspended", 0)
    assert stopped.halt is not None
    assert (stopped.halt.reason, stopped.halt.by.name) == ("退職のため", company.administrator.name)
    assert "退職のため" in ((await mails_to(company.user.email))[0].body or "")
    resumed = await suspending.resume_account(site, company.head, id_of(company.user), "復職のため")
    assert (resumed.status, resumed.halt) == ("active", None)
    told = await Event.find({"subject.id": company.user.id}).to_list()
    assert {event.action for event in told} == {"account.suspended", "account.resumed"}
    assert all(event.operator_id == company.user.operator_id for event in told)


@pytest.mark.slow
async def test_an_invited_user_that_was_stopped_is_invited_again_afterwards(
    site: Site, company: Company
) -> None:
    invited = await somebody(site, company.user.operator_id, "user", status="invited", password_hash=None)
    await suspending.suspend_account(site, company.head, id_of(invited), "誤登録")
    assert (await suspending.resume_account(site, company.head, id_of(invited), "訂正")).status == "invited"


@pytest.mark.slow
async def test_what_the_desk_stopped_only_the_desk_lets_go_on(
    site: Site, company: Company, root: Actor
) -> None:
    await suspending.suspend_account(site, root, id_of(company.user), "規約違反の疑い")
    with pytest.raises(AccountGuarded):
        await suspending.resume_account(site, company.head, id_of(company.user), "お願いします")
    assert (await suspending.resume_account(site, root, id_of(company.user), "確認済み")).status == "active"


Act = Callable[[Site, Actor, Any], Awaitable[Any]]

ACTS: dict[str, Act] = {
    "suspend": lambda site, who, whom: suspending.suspend_account(site, who, whom, "理由"),
    "resume": lambda site, who, whom: suspending.resume_account(site, who, whom, "理由"),
    "reissue": lambda site, who, whom: reissuing.reissue(site, who, whom, "理由"),
    "unlock": lambda site, who, whom: reissuing.unlock(site, who, whom, "理由"),
    "remove": lambda site, who, whom: users.remove_user(site, who, whom, "理由"),
    "change": lambda site, who, whom: users.change_user(site, who, whom, name=NAME, roles=["user"], mark=""),
    "address": lambda site, who, whom: addresses.ask_address(site, who, whom, "new@example.co.jp", sure=True),
}


async def test_another_operators_users_are_not_there(site: Site, company: Company) -> None:
    other = await new_company(site)
    for act in ACTS.values():
        with pytest.raises(NotFound):
            await act(site, other.head, id_of(company.user))


async def test_a_user_administers_nobody(site: Site, company: Company) -> None:
    other = await somebody(site, company.user.operator_id, "user")
    for act in ACTS.values():
        with pytest.raises(NotAllowed):
            await act(site, signed_in(site, company.user), id_of(other))


async def test_nobody_does_it_to_themselves(site: Site, company: Company, root: Actor) -> None:
    for name in ("suspend", "resume", "reissue", "unlock", "remove"):
        for actor in (company.head, root):
            with pytest.raises(AccountGuarded):
                await ACTS[name](site, actor, actor.account_id)


async def test_a_sensitive_act_asks_for_the_password_again(site: Site, company: Company) -> None:
    tired = replace(company.head, confirmed_at=None)
    for name in ("suspend", "reissue", "remove", "change", "address"):
        with pytest.raises(ConfirmationRequired):
            await ACTS[name](site, tired, id_of(company.user))


async def test_a_reason_is_given(site: Site, company: Company) -> None:
    for reason in ("", "   ", "x" * 501):
        with pytest.raises(AnswersInvalid) as refused:
            await suspending.suspend_account(site, company.head, id_of(company.user), reason)
        assert [error.path for error in refused.value.errors] == ["reason"]


async def test_a_locked_user_is_unlocked_by_the_administrator_who_sees_why(
    site: Site, company: Company
) -> None:
    lock = Lock(reason="password", at=site.now(), address="192.0.2.7")
    locked = await somebody(site, company.user.operator_id, "user", lock=lock.model_dump(), failures=5)
    seen = next(one for one in await accounts.users_of(site, company.head) if one.id == locked.id)
    assert seen.lock is not None
    assert (seen.lock.reason, seen.lock.address) == ("password", "192.0.2.7")
    await reissuing.unlock(site, company.head, id_of(locked), "本人に確認済み")
    assert ((await again(locked)).lock, (await again(locked)).failures) == (None, 0)
    with pytest.raises(AccountGuarded):
        await reissuing.unlock(site, company.head, id_of(locked), "もう一度")


async def test_a_locked_administrator_is_unlocked_by_the_desk(
    site: Site, company: Company, root: Actor
) -> None:
    lock = Lock(reason="password", at=site.now(), address="192.0.2.7").model_dump()
    await Account.raw().update_one({"_id": company.administrator.id}, {"$set": {"lock": lock}})
    await reissuing.unlock(site, root, id_of(company.administrator), "電話で本人を確認")
    assert (await again(company.administrator)).lock is None


async def test_reissuing_ends_the_password_the_sessions_and_the_links_at_once(
    site: Site, company: Company
) -> None:
    await session_of(site, company.user)
    await reissuing.reissue(site, company.head, id_of(company.user), "失念")
    first = await _link(company.user)
    changed = await again(company.user)
    assert (changed.password_hash, await sessions(company.user)) == (None, 0)
    await reissuing.reissue(site, company.head, id_of(company.user), "届かない")
    with pytest.raises(LinkRefused):
        await credentials.set_password(site, token_of(site, first), "a long enough pass phrase")
    latest = await _link(company.user)
    await credentials.set_password(site, token_of(site, latest), "a long enough pass phrase")
    assert (await again(company.user)).password_hash is not None
    assert {mail.template for mail in await mails_to(company.user.email)} >= {"password_reissued"}


async def _link(account: Account) -> str:
    found = await Link.find({"account_id": account.id, "used_at": None}).to_list()
    assert len(found) == 1
    return found[0].id


async def test_a_name_and_a_role_are_changed_and_told(site: Site, company: Company) -> None:
    mark = users.mark_of(company.user)
    changed = await users.change_user(
        site, company.head, id_of(company.user), name=NAME, roles=["viewer"], mark=mark
    )
    assert (changed.name, changed.roles) == (NAME, ["viewer"])
    assert "閲覧ユーザ" in ((await mails_to(company.user.email))[0].body or "")
    with pytest.raises(RecordChanged):
        await users.change_user(
            site, company.head, id_of(company.user), name="別 名", roles=["user"], mark=mark
        )


async def test_only_a_role_of_the_operators_side_is_given(site: Site, company: Company) -> None:
    wrong: list[list[str]] = [[], ["administrator"], ["reviewer"], ["user", "viewer"], ["nobody"]]
    for roles in wrong:
        with pytest.raises(AnswersInvalid):
            await users.change_user(
                site,
                company.head,
                id_of(company.user),
                name=NAME,
                roles=roles,
                mark=users.mark_of(company.user),
            )


async def test_nobody_changes_their_own_roles(site: Site, root: Actor) -> None:
    await somebody(site, None, "system_administrator")
    own = await Account.get(root.account_id)
    assert own is not None
    with pytest.raises(AccountGuarded):
        await users.change_user(
            site, root, id_of(own), name=own.name, roles=["approver"], mark=users.mark_of(own)
        )


async def test_the_last_system_administrator_stays(site: Site, root: Actor) -> None:
    second = await somebody(site, None, "system_administrator")
    own = await Account.get(root.account_id)
    assert own is not None
    one, other = await asyncio.gather(
        suspending.suspend_account(site, root, id_of(second), "異動"),
        suspending.suspend_account(site, signed_in(site, second), id_of(own), "異動"),
        return_exceptions=True,
    )
    assert sum(isinstance(each, AccountGuarded) for each in (one, other)) == 1
    where = {"roles": "system_administrator", "status": "active"}
    assert await Account.find(where).count() == 1


@pytest.mark.slow
async def test_without_the_guard_both_would_be_gone(
    site: Site, root: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = await somebody(site, None, "system_administrator")

    async def nothing(*_given: object) -> None:
        return None

    monkeypatch.setattr(suspending, "require_another", nothing)
    await suspending.suspend_account(site, root, id_of(second), "異動")
    await suspending.stop_account(site, root, await _own(root), "異動")
    assert await Account.find({"roles": "system_administrator", "status": "active"}).count() == 0


async def _own(actor: Actor) -> Account:
    found = await Account.get(actor.account_id)
    assert found is not None
    return found


async def test_a_removed_account_keeps_its_login_for_ever(site: Site, company: Company) -> None:
    await users.remove_user(site, company.head, id_of(company.user), "退職")
    gone = await again(company.user)
    assert (gone.status, gone.password_hash) == ("deleted", None)
    with pytest.raises(Exception, match="duplicate key"):
        await somebody(site, company.user.operator_id, "user", login=gone.login)
    assert (await accounts.users_of(site, company.head))[-1].id == gone.id
    with pytest.raises(AccountGuarded):
        await users.remove_user(site, company.head, id_of(company.user), "もう一度")


async def test_the_administrator_is_neither_stopped_nor_removed_by_its_own(
    site: Site, company: Company, root: Actor
) -> None:
    own = id_of(company.administrator)
    with pytest.raises(AccountGuarded):
        await users.remove_user(site, root, own, "退職")
    await suspending.suspend_account(site, root, own, "紛失の届出")
    assert (await again(company.administrator)).status == "suspended"


async def test_the_administration_passes_on_in_one_move(site: Site, company: Company) -> None:
    await handing_over.hand_over(site, company.head, id_of(company.user))
    assert (await again(company.user)).roles == ["administrator"]
    former = await again(company.administrator)
    assert (former.roles, former.issued_for) == (["user"], company.user.operator_id)
    assert {await _count(company.administrator.email), await _count(company.user.email)} == {1}
    with pytest.raises(NotAllowed):
        await users.remove_user(site, acting(site, former), id_of(company.user), "理由")


async def _count(address: str) -> int:
    return len(await mails_to(address))


async def test_of_two_hand_overs_at_once_one_counts(site: Site, company: Company) -> None:
    other = await somebody(site, company.user.operator_id, "user")
    results = await asyncio.gather(
        handing_over.hand_over(site, company.head, id_of(company.user)),
        handing_over.hand_over(site, company.head, id_of(other)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, AccountGuarded) for each in results) == 1
    where = {"operator_id": company.user.operator_id, "roles": "administrator"}
    assert await Account.find(where).count() == 1


async def test_the_database_lets_no_second_administrator_in(site: Site, company: Company) -> None:
    with pytest.raises(Exception, match="one_administrator_now"):
        await somebody(site, company.user.operator_id, "administrator")
    assert (await new_company(site)).operator != company.operator


@pytest.mark.slow
async def test_only_who_can_sign_in_becomes_the_administrator(site: Site, company: Company) -> None:
    cases: list[dict[str, Any]] = [
        {"status": "suspended"},
        {"status": "invited"},
        {"password_hash": None},
        {"lock": {"reason": "password", "at": "2026-04-01T00:00:00Z"}},
    ]
    for unfit in cases:
        other = await somebody(site, company.user.operator_id, "user", **unfit)
        with pytest.raises(AccountGuarded):
            await handing_over.hand_over(site, company.head, id_of(other))
        assert (await again(company.administrator)).roles == ["administrator"]


async def test_the_desk_names_another_administrator_with_reason_and_evidence(
    site: Site, company: Company, root: Actor
) -> None:
    operator = company.user.operator_id
    assert operator is not None
    where = {"reason": "前任者の死亡", "evidence": "2026-11-01 付 変更届"}
    with pytest.raises(AnswersInvalid):
        await handing_over.appoint(site, root, operator, id_of(company.user), **{**where, "evidence": ""})
    await handing_over.appoint(site, root, operator, id_of(company.user), **where)
    assert (await again(company.user)).roles == ["administrator"]
    event = await Event.find_one({"action": "account.handed_over"})
    assert event is not None
    assert event.details["evidence"] == where["evidence"]
    with pytest.raises(NotAllowed):
        await handing_over.appoint(
            site, await staff(site, "r", "reviewer"), operator, id_of(company.user), **where
        )


@pytest.mark.slow
async def test_another_operators_user_never_becomes_the_administrator(site: Site, company: Company) -> None:
    other = await new_company(site)
    with pytest.raises(NotFound):
        await handing_over.hand_over(site, company.head, id_of(other.user))


async def test_an_address_counts_once_its_owner_confirmed_it(site: Site, company: Company) -> None:
    before, new = company.user.email, "atarashii@example.co.jp"
    await addresses.ask_address(site, company.head, id_of(company.user), new)
    assert (await again(company.user)).email == before
    token = token_of(site, await _link(company.user))
    await addresses.confirm_address(site, token)
    assert (await again(company.user)).email == new
    assert [mail.template for mail in await mails_to(before)] == ["account_changed"] * 2
    assert [mail.template for mail in await mails_to(new)] == ["address_asked"]
    with pytest.raises(LinkRefused):
        await addresses.confirm_address(site, token)


@pytest.mark.slow
async def test_a_second_request_ends_the_link_of_the_first(site: Site, company: Company) -> None:
    await addresses.ask_address(site, company.head, id_of(company.user), "one@example.co.jp", sure=True)
    first = token_of(site, await _link(company.user))
    await addresses.ask_address(site, company.head, id_of(company.user), "two@example.co.jp", sure=True)
    with pytest.raises(LinkRefused):
        await addresses.confirm_address(site, first)
    await addresses.confirm_address(site, token_of(site, await _link(company.user)))
    assert (await again(company.user)).email == "two@example.co.jp"


@pytest.mark.slow
async def test_an_address_is_not_confirmed_after_a_day(site: Site, company: Company, hands: Hands) -> None:
    await addresses.ask_address(site, company.head, id_of(company.user), "one@example.co.jp", sure=True)
    token = token_of(site, await _link(company.user))
    hands.forward(hours=24)
    with pytest.raises(LinkRefused):
        await addresses.confirm_address(site, token)


@pytest.mark.slow
async def test_an_invited_person_is_invited_at_the_new_address(site: Site, company: Company) -> None:
    invited = await accounts.issue_user(site, company.head, name=NAME, email="wrong@example.co.jp")
    first = token_of(site, await _link(invited))
    await addresses.ask_address(site, company.head, id_of(invited), EMAIL)
    assert (await again(invited)).email == EMAIL
    assert [mail.template for mail in await mails_to(EMAIL)] == ["user_issued"]
    with pytest.raises(LinkRefused):
        await credentials.account_of(site, first)


SHARED: list[tuple[str, str, set[str]]] = [
    ("共用アカウント", EMAIL, {"name"}),
    ("電力 総務課", EMAIL, {"name"}),
    ("Trading Desk", EMAIL, {"name"}),
    ("花子", EMAIL, {"name"}),
    (NAME, "info@example.co.jp", {"email"}),
    (NAME, "eigyo-1@example.co.jp", {"email"}),
    ("代表 太郎", "Soumu@example.co.jp", {"name", "email"}),
]


async def test_what_looks_shared_is_doubted_and_can_be_answered_for(site: Site, company: Company) -> None:
    for name, email, places in SHARED:
        with pytest.raises(AnswersInvalid) as refused:
            await accounts.issue_user(site, company.head, name=name, email=email)
        assert {error.path for error in refused.value.errors} == {*places, "natural"}
        issued = await accounts.issue_user(site, company.head, name=name, email=email, sure=True)
        await users.remove_user(site, company.head, id_of(issued), "試験")


def test_ordinary_names_are_not_doubted() -> None:
    for name in ("服部 半蔵", "阿部 係長", "課所 一", "Ada Lovelace", "渡部 共"):
        assert persons.doubts(name, EMAIL) == [], name


@pytest.mark.slow
async def test_an_address_of_somebody_else_is_doubted(site: Site, company: Company) -> None:
    with pytest.raises(AnswersInvalid):
        await accounts.issue_user(site, company.head, name=NAME, email=company.user.email)


async def test_nothing_is_written_for_an_operator_while_writing_is_stopped(
    site: Site, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(*_given: object) -> None:
        raise WritingStopped(ground="保守", text="")

    for module in (users, reissuing, suspending, handing_over, addresses, accounts):
        monkeypatch.setattr(module, "require_writing", stopped)
    for act in ("resume", "reissue", "unlock", "remove", "change", "address"):
        with pytest.raises(WritingStopped):
            await ACTS[act](site, company.head, id_of(company.user))
    stopped = await suspending.suspend_account(site, company.head, id_of(company.user), "紛失")
    assert stopped.status == "suspended"


@pytest.mark.slow
async def test_every_account_of_an_operator_is_stopped_at_once(
    site: Site, company: Company, root: Actor
) -> None:
    operator = company.user.operator_id
    assert operator is not None
    assert await suspending.stop_accounts_of(site, root, operator, "利用終了") == 2
    assert await suspending.stop_accounts_of(site, root, operator, "利用終了") == 0
    assert await Account.find({"operator_id": operator, "status": "suspended"}).count() == 2


@pytest.mark.slow
async def test_an_act_that_fails_half_way_leaves_nothing(
    site: Site, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_given: object, **_named: object) -> None:
        raise TorokuError

    monkeypatch.setattr(suspending, "note", fails)
    with pytest.raises(TorokuError):
        await suspending.suspend_account(site, company.head, id_of(company.user), "理由")
    assert (await again(company.user)).status == "active"
    assert await mails_to(company.user.email) == []


def test_a_reason_is_kept_without_blanks_around() -> None:
    assert administration.read_reason("  理由 ") == "理由"
