"""One-time codes: each opens once, near its time, and only for whom it was made."""

import asyncio
from dataclasses import replace

import pyotp
import pytest

from models.documents.account import Account
from models.documents.code import Authenticator
from models.documents.event import Event
from models.documents.message import Message
from models.documents.session import BrowserSession
from models.errors import (
    AnswersInvalid,
    CodeRefused,
    ConfirmationRequired,
    NotAllowed,
    NotFound,
    SignInFailed,
    SignInRequired,
    TransitionRefused,
)
from models.permissions import SYSTEM, Actor
from models.services import browsers, codes, credentials, proving, signing
from models.services.passwords import hash_password
from models.services.sessions import HELD, Browser
from models.services.signing import FAILURES
from models.services.site import Site
from models.services.stepping_up import RECENT, require_recent
from tests.clock import Hands
from tests.services.conftest import staff

PASSWORD = "a few long words"


async def account_of(actor: Actor) -> Account:
    found = await Account.get(actor.account_id)
    assert found is not None
    return found


async def enrolled(site: Site, actor: Actor) -> tuple[pyotp.TOTP, list[str]]:
    """An app set up for the account, and the recovery codes."""
    account = await account_of(actor)
    await codes.propose(site, account)
    shown = await codes.proposed(site, account)
    assert shown is not None
    app = pyotp.TOTP(shown[0])
    return app, await codes.confirm(site, actor, account, app.at(site.now()))


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_code_is_good_one_step_around_its_time(
    site: Site, hands: Hands, reviewer: Actor, steps: int, good: bool
) -> None:
    app, _ = await enrolled(site, reviewer)
    hands.forward(minutes=10)
    account, code = (
        await account_of(reviewer),
        app.generate_otp(int(site.now().timestamp()) // codes.STEP + steps),
    )
    if good:
        await codes.use_code(site, account, f" {code[:3]} {code[3:]}")
    else:
        with pytest.raises(CodeRefused):
            await codes.use_code(site, account, code)


async def test_a_code_opens_once_even_at_the_same_moment(site: Site, hands: Hands, reviewer: Actor) -> None:
    app, _ = await enrolled(site, reviewer)
    hands.forward(minutes=1)
    account, code = await account_of(reviewer), app.at(site.now())
    uses = (codes.use_code(site, account, code) for _ in range(4))
    done = await asyncio.gather(*uses, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["CodeRefused"] * 3 + ["NoneType"]


async def test_the_code_an_app_was_set_up_with_opens_nothing_more(site: Site, reviewer: Actor) -> None:
    app, _ = await enrolled(site, reviewer)
    with pytest.raises(CodeRefused):
        await codes.use_code(site, await account_of(reviewer), app.at(site.now()))


async def test_digits_typed_wide_are_the_same_code(site: Site, hands: Hands, reviewer: Actor) -> None:
    app, _ = await enrolled(site, reviewer)
    hands.forward(minutes=1)
    wide = app.at(site.now()).translate({ord("0") + digit: chr(ord("\uff10") + digit) for digit in range(10)})
    await codes.use_code(site, await account_of(reviewer), wide)


async def test_a_recovery_code_opens_once_and_its_owner_is_told(site: Site, reviewer: Actor) -> None:
    _, told = await enrolled(site, reviewer)
    account = await account_of(reviewer)
    await codes.use_code(site, account, told[3].lower().replace("-", " "))
    with pytest.raises(CodeRefused):
        await codes.use_code(site, account, told[3])
    assert await codes.recovery_left(account) == len(told) - 1 == 9
    assert await Message.find({"template": "password_changed", "account_id": account.id}).count() == 2


async def test_new_recovery_codes_end_the_old_ones(site: Site, reviewer: Actor) -> None:
    _, old = await enrolled(site, reviewer)
    account = await account_of(reviewer)
    new = await codes.renew_recovery(site, reviewer, account)
    with pytest.raises(CodeRefused):
        await codes.use_code(site, account, old[0])
    await codes.use_code(site, account, new[0])


async def test_nothing_stored_makes_or_opens_anything_by_itself(site: Site, reviewer: Actor) -> None:
    app, told = await enrolled(site, reviewer)
    kept = await Authenticator.get(reviewer.account_id)
    written = str([kept, await account_of(reviewer), await Event.find({}).to_list()])
    for secret in (app.secret, *told, *(code.replace("-", "") for code in told)):
        assert secret not in written


async def test_a_secret_is_only_taken_into_use_by_its_code_and_a_recent_proof(
    site: Site, reviewer: Actor
) -> None:
    account = await account_of(reviewer)
    with pytest.raises(NotFound):
        await codes.confirm(site, reviewer, account, "123456")
    await codes.propose(site, account)
    shown = await codes.proposed(site, account)
    assert shown is not None
    right = pyotp.TOTP(shown[0]).at(site.now())
    with pytest.raises(AnswersInvalid):
        await codes.confirm(site, reviewer, account, f"{(int(right) + 1) % 1_000_000:06}")
    with pytest.raises(ConfirmationRequired):
        await codes.confirm(site, replace(reviewer, confirmed_at=None), account, right)
    assert (await account_of(reviewer)).code_set_at is None
    await codes.confirm(site, reviewer, account, right)
    assert (await account_of(reviewer)).code_set_at == site.now()


async def test_who_knows_the_password_alone_replaces_no_codes(
    site: Site, hands: Hands, reviewer: Actor
) -> None:
    app, _ = await enrolled(site, reviewer)
    account = await account_of(reviewer)
    await codes.propose(site, account)
    shown = await codes.proposed(site, account)
    assert shown is not None
    code = pyotp.TOTP(shown[0]).at(site.now())
    with pytest.raises(NotFound):
        await codes.confirm(site, reviewer, account, code, first=True)
    hands.forward(minutes=1)
    await codes.use_code(site, account, app.at(site.now()))


async def test_codes_are_reset_by_another_with_a_reason_and_every_session_ends(
    site: Site, hands: Hands, reviewer: Actor
) -> None:
    system = await staff(site, "system-9", "system_administrator")
    app, _ = await enrolled(site, reviewer)
    account = await account_of(reviewer)
    await Browser(site, None, "192.0.2.1", "").sign_in(account)
    for actor, reason, refusal in (
        (reviewer, "lost", NotAllowed),
        (replace(system, confirmed_at=None), "lost", ConfirmationRequired),
        (system, " ", AnswersInvalid),
    ):
        with pytest.raises(refusal):
            await codes.reset(site, actor, account.id, reason)  # type: ignore[arg-type]
    with pytest.raises(TransitionRefused):
        await codes.reset(site, system, system.account_id, "lost")  # type: ignore[arg-type]
    await codes.reset(site, system, account.id, "lost the telephone")  # type: ignore[arg-type]
    assert (await account_of(reviewer)).code_set_at is None
    assert await BrowserSession.find({"account_id": account.id}).count() == 0
    hands.forward(minutes=1)
    with pytest.raises(CodeRefused):
        await codes.use_code(site, account, app.at(site.now()))


async def test_where_codes_are_required_staff_do_not_remove_their_own(site: Site, reviewer: Actor) -> None:
    await enrolled(site, reviewer)
    account = await account_of(reviewer)
    with pytest.raises(NotAllowed):
        await codes.remove(replace(site, staff_codes=True), reviewer, account)
    await codes.remove(site, reviewer, account)
    assert (await account_of(reviewer)).code_set_at is None


@pytest.mark.parametrize(
    ("enrols", "required", "step"), [(0, 0, ""), (0, 1, "enrol"), (1, 0, "code"), (1, 1, "code")]
)
async def test_what_comes_after_the_password(
    site: Site, reviewer: Actor, enrols: int, required: int, step: str
) -> None:
    if enrols:
        await enrolled(site, reviewer)
    at = replace(site, staff_codes=bool(required))
    assert signing.next_step(at, await account_of(reviewer)) == step


async def test_a_session_that_waits_for_its_code_acts_for_nobody_and_not_for_long(
    site: Site, reviewer: Actor
) -> None:
    account = await account_of(reviewer)
    await account.set({"password_hash": "-"})
    browser = Browser(site, None, "192.0.2.1", "")
    await browser.hold(account)
    assert browser.session is not None
    assert (browser.session.account_id, browser.session.confirmed_at) == (None, None)
    assert browser.session.ends_at == site.now() + HELD
    assert (await proving.waiting(site, browser.pending, None)).id == account.id
    await account.set({"status": "suspended"})
    with pytest.raises(SignInFailed):
        await proving.waiting(site, browser.pending, None)


async def test_wrong_codes_lock_the_account_whatever_others_guessed_before(
    site: Site, reviewer: Actor
) -> None:
    await enrolled(site, reviewer)
    account = await account_of(reviewer)
    await account.set({"password_hash": "-", "failures": FAILURES})
    for _ in range(FAILURES - 1):
        with pytest.raises(CodeRefused):
            await proving.finish(site, account, "000 000 0", Actor(kind="visitor"))
    with pytest.raises(SignInFailed):
        await proving.finish(site, account, "ABCDE-FGHJK", Actor(kind="visitor", address="192.0.2.5"))
    locked = (await account_of(reviewer)).lock
    assert locked is not None
    assert (locked.reason, locked.address) == ("code", "192.0.2.5")
    with pytest.raises(SignInFailed):
        await proving.waiting(site, account.id, None)


@pytest.mark.parametrize(
    ("after", "good"), [(RECENT.total_seconds() - 1, True), (RECENT.total_seconds(), False)]
)
async def test_proof_counts_until_its_time_is_over_and_not_at_it(
    site: Site, hands: Hands, reviewer: Actor, after: float, good: bool
) -> None:
    hands.forward(seconds=after)
    if good:
        require_recent(site, reviewer)
    else:
        with pytest.raises(ConfirmationRequired):
            require_recent(site, reviewer)


def test_the_program_proves_nothing_and_a_visitor_signs_in(site: Site) -> None:
    require_recent(site, SYSTEM)
    with pytest.raises(SignInRequired):
        require_recent(site, Actor(kind="visitor"))


async def test_who_fails_to_confirm_is_signed_out_everywhere_and_locked(site: Site, reviewer: Actor) -> None:
    account = await account_of(reviewer)
    await account.set({"password_hash": hash_password(PASSWORD)})
    await proving.prove(site, reviewer, PASSWORD)
    await Browser(site, None, "192.0.2.1", "").sign_in(account)
    for _ in range(FAILURES - 1):
        with pytest.raises(AnswersInvalid):
            await proving.prove(site, reviewer, "wrong")
    with pytest.raises(SignInRequired):
        await proving.prove(site, reviewer, "wrong")
    assert await BrowserSession.find({"account_id": account.id}).count() == 0
    with pytest.raises(SignInRequired):
        await proving.prove(site, reviewer, PASSWORD)


async def test_changing_the_password_ends_what_is_signed_in_elsewhere(site: Site, reviewer: Actor) -> None:
    account = await account_of(reviewer)
    await account.set({"password_hash": hash_password(PASSWORD)})
    here, there = Browser(site, None, "192.0.2.1", ""), Browser(site, None, "192.0.2.2", "")
    for browser in (here, there):
        await browser.sign_in(account)
    keep = here.session.id if here.session else None
    for present, password, again, path in (
        ("wrong", "another few words", "another few words", "present"),
        (PASSWORD, "another few words", "another", "again"),
        (PASSWORD, "password2026!", "password2026!", "password"),
    ):
        with pytest.raises(AnswersInvalid) as refused:
            await credentials.change_password(site, reviewer, present, password, again, keep)
        assert [flaw.path for flaw in refused.value.errors] == [path]
    assert len(await browsers.signed_in(site, reviewer, keep)) == 2
    await credentials.change_password(
        site, reviewer, PASSWORD, "another few words", "another few words", keep
    )
    assert [one.id for one in await browsers.signed_in(site, reviewer, keep)] == [keep]
    assert (await signing.sign_in(site, account.login, "another few words", None, "staff")).id == account.id


async def test_people_end_their_own_sessions_and_nobody_elses(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    theirs = Browser(site, None, "192.0.2.9", "")
    await theirs.sign_in(await account_of(approver))
    mine = [Browser(site, None, f"192.0.2.{number}", "Chrome/140 Windows") for number in range(3)]
    for browser in mine:
        await browser.sign_in(await account_of(reviewer))
    ids = [browser.session.id for browser in mine if browser.session]
    assert theirs.session is not None
    with pytest.raises(NotFound):
        await browsers.end_one(site, reviewer, theirs.session.id)  # type: ignore[arg-type]
    await browsers.end_one(site, reviewer, ids[0])  # type: ignore[arg-type]
    assert {one.id for one in await browsers.signed_in(site, reviewer, ids[1])} == set(ids[1:])
    await browsers.end_others(site, reviewer, ids[1])
    left = await browsers.signed_in(site, reviewer, ids[1])
    assert [(one.id, one.here, one.device) for one in left] == [(ids[1], True, "Chrome · Windows")]
    assert len(await browsers.signed_in(site, approver, None)) == 1
