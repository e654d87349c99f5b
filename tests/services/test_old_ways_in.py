"""Ways in that were opened earlier end with what they rested on: links mailed before, stops of one side, a
password that was right a moment ago."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio

from models.documents.account import Account
from models.documents.link import Link
from models.errors import AccountGuarded, LinkRefused, SignInFailed
from models.permissions import Actor
from models.services import addresses, credentials, reissuing, signing, suspending
from models.services.links import make_link, peek, token_of
from models.services.site import Site
from tests.services.people_of import Company, again, id_of, new_company, signed_in, somebody

NEW = "atarashii@example.co.jp"
PHRASE = "a long enough pass phrase"


@pytest_asyncio.fixture
async def company(site: Site) -> Company:
    return await new_company(site)


@pytest_asyncio.fixture
async def root(site: Site) -> Actor:
    return signed_in(site, await somebody(site, None, "system_administrator"))


async def confirmation(site: Site, company: Company) -> str:
    """The link that makes another address the user's."""
    await addresses.ask_address(site, company.head, id_of(company.user), NEW, sure=True)
    where = {"account_id": company.user.id, "purpose": "confirm_address", "used_at": None}
    found = await Link.find_one(where)
    assert found is not None
    return token_of(site, found.id)


async def test_an_address_asked_for_before_is_not_taken_by_an_account_that_was_reissued_or_stopped(
    site: Site, company: Company
) -> None:
    who = id_of(company.user)
    first = await confirmation(site, company)
    await reissuing.reissue(site, company.head, who, "不審な操作")
    with pytest.raises(LinkRefused):
        await addresses.confirm_address(site, first)
    second = await confirmation(site, company)
    await suspending.suspend_account(site, company.head, who, "確認中")
    await suspending.resume_account(site, company.head, who, "確認済み")
    with pytest.raises(LinkRefused):
        await addresses.confirm_address(site, second)
    assert (await again(company.user)).email == company.user.email
    await addresses.confirm_address(site, await confirmation(site, company))  # control: nothing in between
    assert (await again(company.user)).email == NEW


async def test_a_link_in_the_mailbox_left_behind_sets_no_password_any_more(
    site: Site, company: Company
) -> None:
    token = await confirmation(site, company)
    old = await make_link(site, "set_password", None, account_id=id_of(company.user))
    await credentials.account_of(site, token_of(site, old.id))  # control: until then it would
    await addresses.confirm_address(site, token)
    with pytest.raises(LinkRefused):
        await credentials.set_password(site, token_of(site, old.id), PHRASE)


async def test_who_only_asks_for_a_password_ends_no_confirmation_of_an_address(
    site: Site, company: Company
) -> None:
    token = await confirmation(site, company)
    await credentials.ask_link(
        site, Actor(kind="visitor", address="192.0.2.9"), company.user.login, company.user.email
    )
    assert (await peek(site, token)).purpose == "confirm_address"


async def test_what_both_sides_stopped_the_operator_does_not_let_go_on(
    site: Site, company: Company, root: Actor
) -> None:
    who = id_of(company.user)
    await suspending.suspend_account(site, company.head, who, "休職")
    stopped = await suspending.suspend_account(site, root, who, "規約違反の疑い")
    assert stopped.halt is not None
    assert (stopped.halt.by.kind, stopped.halt.reason, stopped.halt.was) == (
        "staff",
        "規約違反の疑い",
        "active",
    )
    with pytest.raises(AccountGuarded):
        await suspending.resume_account(site, company.head, who, "復職")
    assert (await suspending.resume_account(site, root, who, "確認済み")).status == "active"


async def test_ending_every_account_takes_those_along_the_operator_had_stopped(
    site: Site, company: Company, root: Actor
) -> None:
    who = id_of(company.user)
    await suspending.suspend_account(site, company.head, who, "休職")
    assert await suspending.stop_accounts_of(site, root, company.operator, "契約の終了") == 2
    with pytest.raises(AccountGuarded):
        await suspending.resume_account(site, company.head, who, "復職")
    assert await suspending.stop_accounts_of(site, root, company.operator, "もう一度") == 0


async def test_the_operators_stop_changes_nothing_of_the_desks(
    site: Site, company: Company, root: Actor
) -> None:
    who = id_of(company.user)
    await suspending.suspend_account(site, root, who, "規約違反の疑い")
    stopped = await suspending.suspend_account(site, company.head, who, "休職")
    assert stopped.halt is not None
    assert stopped.halt.by.kind == "staff"


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"status": "suspended"},
        {"password_hash": None},
        {"lock": {"reason": "password", "at": datetime(2026, 11, 1, tzinfo=UTC), "address": ""}},
    ],
    ids=["stopped", "reissued", "locked"],
)
async def test_a_password_that_was_right_a_moment_ago_signs_nobody_in(
    site: Site, company: Company, meanwhile: dict[str, object]
) -> None:
    seen = await again(company.user)
    await signing.note_success(site, seen, "192.0.2.7", None)  # control: as it was seen
    await Account.raw().update_one({"_id": company.user.id}, {"$set": meanwhile})
    with pytest.raises(SignInFailed):
        await signing.note_success(site, seen, "192.0.2.7", None)
