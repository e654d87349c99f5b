"""The table of limits tells the truth: links end when it says, and failed sign-ins lock an account."""

from datetime import timedelta

import pytest

from models.documents.account import Account
from models.documents.link import Link, Purpose
from models.errors import LinkRefused, SignInFailed
from models.services.links import LIFETIMES, make_link, peek, token_of, use_link
from models.services.passwords import hash_password
from models.services.signing import ATTEMPTS, sign_in
from models.services.site import Site
from tests.clock import Hands

MOMENT = timedelta(milliseconds=1)


async def made(site: Site, purpose: Purpose) -> Link:
    return await make_link(site, purpose, None)


@pytest.mark.parametrize("purpose", LIFETIMES)
async def test_a_link_opens_until_its_end_and_not_at_it(site: Site, hands: Hands, purpose: Purpose) -> None:
    token = token_of(site, (await made(site, purpose)).id)
    hands.now += LIFETIMES[purpose] - MOMENT
    assert (await peek(site, token)).purpose == purpose
    hands.now += MOMENT
    with pytest.raises(LinkRefused):
        await peek(site, token)


async def test_a_link_to_set_a_password_opens_once(site: Site) -> None:
    token = token_of(site, (await made(site, "set_password")).id)
    await use_link(site, token, "set_password")
    with pytest.raises(LinkRefused):
        await use_link(site, token, "set_password")


@pytest.mark.parametrize(("failures", "locked"), [(ATTEMPTS - 1, False), (ATTEMPTS, True)])
async def test_failed_sign_ins_lock_an_account_at_the_last_of_them(
    site: Site, failures: int, locked: bool
) -> None:
    password = "a few long words"
    account = Account(
        login="reviewer-9",
        kind="staff",
        name="r",
        email="r@example.jp",
        status="active",
        password_hash=hash_password(password),
        failures=failures - 1,
        created_at=site.now(),
    )
    await account.insert()
    with pytest.raises(SignInFailed):
        await sign_in(site, account.login, "wrong", None, "staff")
    if locked:
        with pytest.raises(SignInFailed):
            await sign_in(site, account.login, password, None, "staff")
    else:
        assert (await sign_in(site, account.login, password, None, "staff")).id == account.id
