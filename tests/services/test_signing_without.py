"""Signing in where the site asks operators for no client certificate."""

from dataclasses import replace

import pytest

from models.configuration.site import Certificates
from models.errors import SignInFailed
from models.services.identifying import identify
from models.services.losses import kinds_of
from models.services.sessions import Browser
from models.services.signing import FAILURES, sign_in
from models.services.site import Site
from tests.services.test_signing import GOOD, hashed, operator_account, state_of

__all__ = ["hashed"]


def open_to_all(site: Site) -> Site:
    """The site with no certificate asked for."""
    configuration = site.configuration
    rules = configuration.site.model_copy(update={"certificates": Certificates(needed=False)})
    return replace(site, configuration=replace(configuration, site=rules))


async def test_the_password_is_enough_where_no_certificate_is_asked_for(site: Site, hashed: str) -> None:
    account, _ = await operator_account(site, hashed)
    plain = open_to_all(site)
    assert (await sign_in(plain, account.login, GOOD, None)).id == account.id
    with pytest.raises(SignInFailed):
        await sign_in(site, account.login, GOOD, None)  # control


async def test_a_few_failures_lock_nobody_out_where_everybody_may_try(site: Site, hashed: str) -> None:
    account, certificate = await operator_account(site, hashed)
    for number in range(FAILURES):
        with pytest.raises(SignInFailed):
            await sign_in(open_to_all(site), account.login, f"wrong {number}", None)
    assert (await state_of(account)).lock is None
    with pytest.raises(SignInFailed):
        await sign_in(site, account.login, "wrong", certificate)
    assert (await state_of(account)).lock is not None  # control


async def test_a_session_lives_without_a_certificate_where_none_is_asked_for(site: Site, hashed: str) -> None:
    account, _ = await operator_account(site, hashed)
    plain = open_to_all(site)
    browser = Browser(plain, None, "192.0.2.1", "")
    await browser.sign_in(account)
    assert (await identify(plain, browser.token or "", "192.0.2.1"))[1].account_id == account.id
    assert (await identify(site, browser.token or "", "192.0.2.1"))[1].kind == "visitor"  # control


async def test_no_certificate_is_lost_where_nobody_has_one(site: Site) -> None:
    assert kinds_of(open_to_all(site)) == ["administrator_id", "user_id", "password"]
    assert "certificate" in kinds_of(site)  # control
