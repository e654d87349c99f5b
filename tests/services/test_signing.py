"""Signing in: what opens an account, what locks it, and what is limited without locking."""

from collections.abc import Iterator
from statistics import median
from time import perf_counter

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from models.documents.account import Account
from models.documents.base import new_id
from models.documents.certificate import Certificate
from models.documents.event import Event
from models.documents.message import Message
from models.errors import AnswersInvalid, SignInFailed, TooManyRequests
from models.permissions import Actor
from models.services import passwords
from models.services.guessing import LIMITS, Attempt, Limit, note_failure, require_patience
from models.services.locking import unlock
from models.services.signing import ATTEMPTS, FAILURES, sign_in
from models.services.site import Site
from tests.clock import Hands
from tests.services.conftest import visitor

GOOD = "a few long words"


@pytest.fixture(scope="module")
def hashed() -> str:
    """The hash of GOOD."""
    return passwords.hash_password(GOOD)


@pytest.fixture
def strong(monkeypatch: pytest.MonkeyPatch, shipped_hasher: PasswordHasher) -> Iterator[None]:
    """Hashing as strong as it is."""
    monkeypatch.setattr(passwords, "_hasher", shipped_hasher)
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


async def operator_account(site: Site, hashed: str) -> tuple[Account, str]:
    """A user of an operator with a password, and its operator's certificate."""
    own, operator_id = await visitor(site, "client-01"), new_id()
    bound = {"state": "bound", "operator_id": operator_id}
    await Certificate.raw().update_one({"fingerprint": own.certificate}, {"$set": bound})
    account = Account(
        id=new_id(),
        login="K0000001",
        kind="operator",
        name="海野 花子",
        email="hanako@example.co.jp",
        roles=["user"],
        operator_id=operator_id,
        password_hash=hashed,
        status="active",
        created_at=site.now(),
    )
    await account.insert()
    return account, own.certificate or ""


async def fail(site: Site, login: str, certificate: str | None, times: int, **given: str) -> None:
    for number in range(times):
        with pytest.raises(SignInFailed):
            await sign_in(site, login, f"wrong {number}", certificate, **given)  # type: ignore[arg-type]


async def state_of(account: Account) -> Account:
    found = await Account.get(account.id)
    assert found is not None
    return found


async def test_the_fifth_failure_over_the_own_certificate_locks_until_somebody_unlocks(
    site: Site, hands: Hands, reviewer: Actor, hashed: str
) -> None:
    account, certificate = await operator_account(site, hashed)
    await fail(site, account.login, certificate, FAILURES - 1)
    assert (await state_of(account)).lock is None
    await fail(site, account.login, certificate, 1, address="192.0.2.7")
    locked = (await state_of(account)).lock
    assert locked is not None
    assert (locked.reason, locked.at, locked.address) == ("password", site.now(), "192.0.2.7")
    assert await Message.find_one({"template": "account_locked", "account_id": account.id}) is not None
    hands.forward(days=30)
    with pytest.raises(SignInFailed):
        await sign_in(site, account.login, GOOD, certificate)
    assert await unlock(site, reviewer, await state_of(account))
    assert (await sign_in(site, account.login, GOOD, certificate)).id == account.id


async def test_a_success_forgets_the_failures_before(site: Site, hashed: str) -> None:
    account, certificate = await operator_account(site, hashed)
    for _ in range(2):
        await fail(site, account.login, certificate, FAILURES - 1)
        await sign_in(site, account.login, GOOD, certificate)
    assert (await state_of(account)).failures == 0


async def test_failures_without_the_own_certificate_never_lock_but_are_limited(
    site: Site, hands: Hands, hashed: str
) -> None:
    account, certificate = await operator_account(site, hashed)
    other = await visitor(site, "stranger-01")
    wrong = (None, other.certificate)
    for number in range(LIMITS["login"].failures):
        with pytest.raises(SignInFailed):
            await sign_in(site, account.login, f"wrong {number}", wrong[number % 2], address="192.0.2.9")
    with pytest.raises(TooManyRequests):
        await sign_in(site, account.login, GOOD, certificate, address="192.0.2.9")
    kept = await state_of(account)
    assert (kept.lock, kept.failures) == (None, 0)
    elsewhere = await sign_in(site, account.login, GOOD, certificate, address="198.51.100.1")
    assert elsewhere.id == account.id
    hands.forward(hours=1)
    assert (await sign_in(site, account.login, GOOD, certificate, address="192.0.2.9")).id == account.id


async def test_control_over_the_own_certificate_the_same_failures_lock(site: Site, hashed: str) -> None:
    account, certificate = await operator_account(site, hashed)
    await fail(site, account.login, certificate, FAILURES)
    assert (await state_of(account)).lock is not None


async def test_the_right_password_over_another_certificate_is_refused_alike_and_told_to_the_log(
    site: Site, hashed: str
) -> None:
    account, _ = await operator_account(site, hashed)
    other = await visitor(site, "stranger-01")
    said = set()
    for login, password in ((account.login, GOOD), (account.login, "wrong"), ("K9999999", GOOD)):
        with pytest.raises(SignInFailed) as refused:
            await sign_in(site, login, password, other.certificate)
        said.add((refused.value.code, str(refused.value)))
    assert len(said) == 1
    events = await Event.find({"action": "account.sign_in_failed"}).sort("_id").to_list()
    assert [event.details for event in events] == [{"certificate": "other"}, {}, {}]


async def test_known_and_unknown_ids_cost_the_same_work(
    site: Site, monkeypatch: pytest.MonkeyPatch, hashed: str
) -> None:
    """Counted, not timed: as many hashes computed and as many commands sent to the database."""
    account, certificate = await operator_account(site, hashed)
    hashes: list[str] = []
    real = passwords._matches

    def noting(stored: str, password: str) -> bool:
        hashes.append(stored)
        return real(stored, password)

    monkeypatch.setattr(passwords, "_matches", noting)
    await fail(site, account.login, certificate, 1)
    await fail(site, "K9999999", certificate, 1)
    assert len(hashes) == 2
    assert hashes[0].rpartition("$")[0].rpartition("$")[0] == hashes[1].rpartition("$")[0].rpartition("$")[0]


@pytest.mark.parametrize("failures", [FAILURES, ATTEMPTS - 1])
async def test_staff_are_not_locked_out_by_whoever_knows_their_id(
    site: Site, failures: int, reviewer: Actor, hashed: str
) -> None:
    account = await Account.get(reviewer.account_id)
    assert account is not None
    await account.set({"password_hash": hashed, "failures": failures - 1})
    await fail(site, account.login, None, 1, kind="staff")
    assert (await state_of(account)).lock is None
    assert (await sign_in(site, account.login, GOOD, None, "staff")).id == account.id


async def test_many_ids_from_one_place_are_stopped_and_told_once(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(LIMITS, "address", Limit(100, 3))
    for number in range(4):
        await note_failure(site, Attempt(f"K{number}", f"word {number}", None, "192.0.2.1"))
    with pytest.raises(TooManyRequests) as refused:
        await require_patience(site, Attempt("K7", "a word", None, "192.0.2.1"))
    assert refused.value.values["time"] == "11:00"
    await note_failure(site, Attempt("K8", "word 8", None, "192.0.2.1"))
    events = await Event.find({"action": "sign_in.guessing"}).to_list()
    assert [(event.details["source"], event.details["logins"]) for event in events] == [("address", 4)]
    assert caplog.text.count("passwords are being guessed: source=address") == 1
    await require_patience(site, Attempt("K7", "a word", None, "192.0.2.2"))


async def test_one_password_tried_with_many_ids_is_stopped_from_everywhere(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "password", Limit(100, 3))
    for number in range(4):
        await note_failure(site, Attempt(f"K{number}", "spring 2026!", None, f"192.0.2.{number}"))
    with pytest.raises(TooManyRequests):
        await require_patience(site, Attempt("K9", "spring 2026!", None, "198.51.100.1"))
    await require_patience(site, Attempt("K9", "another one", None, "198.51.100.1"))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
async def test_an_address_is_what_one_subscriber_has(
    site: Site, monkeypatch: pytest.MonkeyPatch, first: str, second: str, same: bool
) -> None:
    monkeypatch.setitem(LIMITS, "address", Limit(1, 9))
    await note_failure(site, Attempt("K1", "one", None, first))
    if same:
        with pytest.raises(TooManyRequests):
            await require_patience(site, Attempt("K2", "two", None, second))
    else:
        await require_patience(site, Attempt("K2", "two", None, second))


async def test_nothing_kept_of_guesses_says_who_or_what(site: Site) -> None:
    await note_failure(site, Attempt("K1234567", "a secret word", "ab" * 32, "192.0.2.1"))
    kept = str(await site.store.mongo["guesses"].find().to_list())
    for told in ("K1234567", "secret", "192.0.2", "ab" * 32):
        assert told not in kept


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("abc" * 4, False),
        ("elevenchars", False),
        ("twelve chars", True),
        ("x7 " * 43, False),
        ("password2026!", False),
        ("P@ssw0rd2026", False),
        ("passwordpassword", False),
        ("qwertyuiopas", False),
        ("123456789012", False),
        ("K0000001-2026", False),
        ("hanako.umino.", False),
        ("海野花子海野花子海野花子", False),
        ("correct horse battery", True),
        ("毎朝コーヒーを二杯飲みます", True),
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str, good: bool) -> None:
    around = ["K0000001", "海野 花子", "hanako.umino"]
    if good:
        passwords.check_password(password, around)
    else:
        with pytest.raises(AnswersInvalid):
            passwords.check_password(password, around)


def test_the_list_of_known_passwords_is_a_real_one() -> None:
    assert len(passwords.common_passwords()) >= 30_000


@pytest.mark.usefixtures("strong")
async def test_a_hash_of_weaker_parameters_is_made_anew_at_the_next_sign_in(
    site: Site, reviewer: Actor, hashed: str
) -> None:
    account = await Account.get(reviewer.account_id)
    assert account is not None
    await account.set({"password_hash": hashed})
    await sign_in(site, account.login, GOOD, None, "staff")
    anew = (await state_of(account)).password_hash
    assert anew is not None
    assert anew != hashed
    assert not passwords.is_outdated(anew)
    assert await passwords.verify(anew, GOOD)


def test_passwords_are_hashed_with_what_the_standard_asks_for_at_least(
    shipped_hasher: PasswordHasher, hashed: str
) -> None:
    """ASVS 11.4.2 and the OWASP cheat sheet: argon2id, 19 MiB with two passes, or more."""
    known = extract_parameters(shipped_hasher.hash(GOOD))
    assert (known.type, known.memory_cost >= 19_456, known.time_cost >= 2) == (Type.ID, True, True)
    assert extract_parameters(hashed).memory_cost < 19_456  # control: that of the other tests would not do


@pytest.mark.slow
@pytest.mark.usefixtures("strong")
async def test_known_and_unknown_ids_take_as_long(site: Site) -> None:
    """Medians of interleaved tries, with hashing as strong as it is: a difference that could be seen over a
    network would be several times this."""
    account, certificate = await operator_account(site, passwords.hash_password(GOOD))
    taken: dict[str, list[float]] = {account.login: [], "K9999999": []}
    for number in range(FAILURES - 1):
        for login, times in taken.items():
            begun = perf_counter()
            with pytest.raises(SignInFailed):
                await sign_in(site, login, f"wrong {number}", certificate)
            times.append(perf_counter() - begun)
    known, unknown = (median(times) for times in taken.values())
    assert 0.5 < known / unknown < 2
