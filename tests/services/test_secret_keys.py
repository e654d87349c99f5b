"""Secrets are sealed with keys that can be changed: a job carries everything over, beside everybody's work,
and a key something is sealed with is missed at once."""

import asyncio
import hashlib
from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from pydantic import ValidationError

from app.settings import Settings
from models.documents import sealed
from models.documents.application import Application
from models.documents.event import Event
from models.documents.job import Job
from models.documents.record import RecordVersion
from models.errors import ConfigurationError, NotAllowed, NotFound
from models.permissions import SYSTEM, Actor
from models.services import jobs, key_register, resealing, secrets
from models.services.applications import save_page
from models.services.key_register import QUIET, key_uses, register_keys
from models.services.sealing_keys import ring_of
from models.services.site import Site
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.contracts import operator
from tests.services.sealing import NEW, OLD, application_of, code_of, record_of, with_keys

NAMES = ("first", "second", "third", "fourth", "fifth")


def text_of(key: bytes) -> str:
    return urlsafe_b64encode(key).decode()


# --- keys ---------------------------------------------------------------------------------------------------


def test_the_newest_key_seals_and_every_key_opens() -> None:
    derived, old, both = ring_of(b"s" * 32), ring_of(b"s" * 32, (OLD,)), ring_of(b"s" * 32, (NEW, OLD))
    tokens = [ring.seal(b"x") for ring in (derived, old, both)]
    assert [both.key_of(token) for token in tokens] == [both.keys[2], both.keys[1], both.keys[0]]
    assert {both.open(token) for token in tokens} == {b"x"}
    with pytest.raises(InvalidToken):
        old.open(tokens[2])
    assert len({key.name for key in both.keys}) == 3
    assert not any(key.material.hex().startswith(key.name) for key in both.keys)


def test_a_renewed_token_is_a_fernet_token_of_the_new_key_and_equal_tokens_stay_equal() -> None:
    old, both = ring_of(b"s" * 32, (OLD,)), ring_of(b"s" * 32, (NEW, OLD))
    first, second = old.seal("秘密".encode()), old.seal("秘密".encode())
    renewed = both.renew(first)
    assert renewed is not None
    newest = Fernet(urlsafe_b64encode(both.newest.material))
    assert newest.decrypt(renewed.encode()).decode() == "秘密"
    assert newest.extract_timestamp(renewed.encode()) == both.newest.fernet.extract_timestamp(
        renewed.encode()
    )
    assert both.renew(first) == renewed
    assert both.renew(second) != renewed
    assert both.renew(renewed) is None
    with pytest.raises(InvalidToken):
        both.renew("nonsense")


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (text_of(OLD[:31]), "too short"),
        (text_of(b"ab" * 16), "not random"),
        ("!" * 44, "not base64"),
        (f"{text_of(NEW)},{text_of(NEW)}", "there twice"),
    ],
)
def test_a_weak_key_is_refused_by_its_place_and_never_repeated(keys: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        Settings(sealing_keys=keys)
    assert keys.split(",")[0] not in str(refused.value.errors(include_input=False))


def test_keys_come_from_the_setting_or_from_a_file(tmp_path: Path) -> None:
    assert Settings(sealing_keys=f"{text_of(NEW)}, {b64encode(OLD).decode()}").sealing == (NEW, OLD)
    file = tmp_path / "keys"
    file.write_text(f"{text_of(NEW)}\n{text_of(OLD)}\n", encoding="ascii")
    assert Settings(sealing_keys_file=file).sealing == (NEW, OLD)
    with pytest.raises(ValidationError, match="one of them"):
        Settings(sealing_keys=text_of(NEW), sealing_keys_file=file)
    for wrong in ("", text_of(OLD[:31])):
        file.write_text(wrong, encoding="ascii")
        with pytest.raises(ConfigurationError):
            _ = Settings(sealing_keys_file=file).sealing
    with pytest.raises(ConfigurationError):
        _ = Settings(sealing_keys_file=tmp_path / "none").sealing
    assert Settings().sealing == ()


# --- rotation -----------------------------------------------------------------------------------------------


async def rotated(site: Site, actor: Actor = SYSTEM) -> Job:
    job = await resealing.ask_rotation(site, actor)
    while await jobs.run_one(site):
        continue
    return await jobs.find_job(job.id)  # type: ignore[arg-type]


async def everything(site: Site) -> dict[str, list[str]]:
    """Every token that is stored anywhere, by its collection, however it got there."""
    found: dict[str, list[str]] = {}
    for name in await site.store.mongo.list_collection_names():
        async for row in site.store.mongo[name].find():
            found.setdefault(name, []).extend(token for _, token in sealed.tokens(row))
    return {name: tokens for name, tokens in found.items() if tokens}


async def test_a_rotation_carries_everything_over_and_the_old_key_may_go(site: Site, hands: Hands) -> None:
    before = with_keys(site, OLD)
    await register_keys(before)
    mine = await operator(before, "U1")
    record, application = await record_of(before, mine, *NAMES), await application_of(before, mine)
    await code_of(before, mine)
    places = set(await everything(before))
    assert places == {"applications", "authenticators", "bench_devices", "record_versions"}
    after = with_keys(site, NEW, OLD)
    await register_keys(after)
    hands.now += QUIET
    job = await rotated(after)
    assert (job.state, job.counts["unreadable"]) == ("done", 0)
    assert job.counts["passes"] == 2
    alone = with_keys(site, NEW)
    stored = await everything(alone)
    assert set(stored) == places
    assert {alone.ring.key_of(token) for tokens in stored.values() for token in tokens} == {alone.ring.newest}
    assert job.counts["resealed"] == sum(len(tokens) for tokens in stored.values())
    kept = await site.records["bench_device"].get(record.id)
    version = await RecordVersion.find_one({"record_id": record.id})
    assert kept is not None
    assert version is not None
    assert [ring_text(alone, token) for _, token in sealed.tokens(kept.data)] == list(NAMES[:4])
    assert ring_text(alone, kept.attic[0]["value"]["sealed"]) == NAMES[4]
    assert list(sealed.tokens(version.data)) == list(sealed.tokens(kept.data)), "reads as unchanged"
    sent = await Application.get(application.id)
    assert sent is not None
    assert sent.data is not None
    assert secrets.unseal(alone, sent.data["pin"]) == "app-pin"
    assert sent.submissions[0].data["pin"] == sent.data["pin"] == sent.answers["pin"]
    assert sent.revision == application.revision, "nobody is told that it changed"
    await register_keys(alone)


def ring_text(site: Site, token: str) -> str:
    return site.ring.open(token).decode()


async def test_a_key_that_still_seals_something_is_missed_at_the_start(site: Site, hands: Hands) -> None:
    """Control: before the rotation the same start is refused, and it names the key and not the secret."""
    before = with_keys(site, OLD)
    await register_keys(before)
    mine = await operator(before, "U1")
    await application_of(before, mine)
    alone = with_keys(site, NEW)
    with pytest.raises(ConfigurationError) as refused:
        await register_keys(alone)
    assert before.ring.newest.name in str(refused.value)
    hands.now += QUIET
    await register_keys(with_keys(site, NEW, OLD))
    await rotated(with_keys(site, NEW, OLD))
    await register_keys(alone)
    again = with_keys(site, OLD)
    with pytest.raises(ConfigurationError):
        await register_keys(again)


async def test_a_missing_key_that_sealed_nothing_is_written_off_once_nobody_uses_it(
    site: Site, hands: Hands
) -> None:
    """Until then it may seal something any moment: another process runs with it still."""
    await register_keys(with_keys(site, OLD))
    for wait, expected in ((QUIET - timedelta(milliseconds=1), False), (timedelta(milliseconds=1), True)):
        hands.now += wait
        await register_keys(with_keys(site, NEW))
        (row,) = [r for r in await key_register.known_keys() if r.id == ring_of(b"", (OLD,)).newest.name]
        assert (row.emptied_at is not None) is expected


async def test_a_lost_key_is_given_up_by_name(site: Site, hands: Hands) -> None:
    before, alone = with_keys(site, OLD), with_keys(site, NEW)
    hands.now += QUIET
    await register_keys(before)
    application = await application_of(before, await operator(before, "U1"))
    name = before.ring.newest.name
    with pytest.raises(NotAllowed):
        await key_register.forget(alone, await operator(before, "U2"), name)
    for unknown in ("00000000", alone.ring.newest.name):
        with pytest.raises(NotFound):
            await key_register.forget(alone, SYSTEM, unknown)
    await key_register.forget(alone, SYSTEM, name)
    await register_keys(alone)
    assert await Event.find({"action": "secrets.key_forgotten"}).count() == 1
    job = await rotated(alone)
    assert job.counts["unreadable"] == len(list(sealed.tokens(application.model_dump(mode="python"))))
    stored = await Application.get(application.id)
    assert stored is not None
    assert stored.answers == application.answers, "nothing is destroyed: the key may be found again"


async def test_a_key_another_process_still_seals_with_is_not_written_off(site: Site, hands: Hands) -> None:
    """The exact moment: QUIET after it was last said."""
    before, after = with_keys(site, OLD), with_keys(site, NEW, OLD)
    await register_keys(before)
    await register_keys(after)
    for wait, expected in ((QUIET - timedelta(milliseconds=1), False), (timedelta(milliseconds=1), True)):
        hands.now += wait
        await rotated(after)
        (row,) = [r for r in await key_register.known_keys() if r.id == before.ring.newest.name]
        assert (row.emptied_at is not None) is expected


async def test_the_count_tells_keys_apart_and_which_may_go(site: Site, hands: Hands) -> None:
    before, after = with_keys(site, OLD), with_keys(site, NEW, OLD)
    await register_keys(before)
    await record_of(before, await operator(before, "U1"), *NAMES)
    await register_keys(after)
    uses, unreadable = await key_uses(after, SYSTEM)
    told = [(use.answers, use.newest, use.derived, use.removable) for use in uses]
    assert (told, unreadable) == (
        [(0, True, False, False), (9, False, False, False), (0, False, True, False)],
        0,
    )
    _, missing = await key_uses(with_keys(site, NEW), SYSTEM)
    assert missing == 9
    hands.now += QUIET
    await rotated(after)
    uses, _ = await key_uses(after, SYSTEM)
    assert [(use.answers, use.removable) for use in uses] == [(9, False), (0, True), (0, False)]
    with pytest.raises(NotAllowed):
        await key_uses(after, await staff(site, "r", "reviewer"))


# --- beside everybody's work --------------------------------------------------------------------------------


async def test_what_was_changed_meanwhile_is_left_as_it_is(site: Site) -> None:
    """A row was removed, and another secret typed, between the reading and the writing."""
    before, after = with_keys(site, OLD), with_keys(site, NEW, OLD)
    record = await record_of(before, await operator(before, "U1"), *NAMES)
    place = next(each for each in key_register.places(after) if each.collection == "bench_devices")
    ((row,),) = [rows async for rows in sealed.ranges(site.store, place)]
    new = {path: str(after.ring.renew(token)) for path, token in row.tokens.items()}
    collection = site.records["bench_device"].collection
    typed = secrets.seal(before, "typed meanwhile")
    await collection.update_one({"_id": record.id}, {"$set": {"data.pin": typed, "data.title": "neu"}})
    assert await sealed.exchange(site.store, place, [(row, new)]) == 0
    kept = await collection.find_one({"_id": record.id}) or {}
    assert (kept["data"]["pin"], kept["data"]["title"]) == (typed, "neu")
    await rotated(after)
    kept = await collection.find_one({"_id": record.id}) or {}
    assert secrets.unseal(with_keys(site, NEW), kept["data"]["pin"]) == "typed meanwhile"


async def test_what_is_written_back_under_an_old_key_is_found_by_another_pass(site: Site) -> None:
    before, after = with_keys(site, OLD), with_keys(site, NEW, OLD)
    record = await record_of(before, await operator(before, "U1"), *NAMES)
    collection, old = site.records["bench_device"].collection, dict(record.data)
    begun = asyncio.Event()

    async def write_back() -> None:
        await begun.wait()
        await collection.update_one({"_id": record.id}, {"$set": {"data": old}})

    job = await resealing.ask_rotation(after, SYSTEM)
    await asyncio.gather(jobs.run_one(after, lambda _done, _total: begun.set()), write_back())
    done = await jobs.find_job(job.id)  # type: ignore[arg-type]
    assert done.counts["passes"] >= 2
    tokens = [token for found in (await everything(after)).values() for token in found]
    assert {after.ring.key_of(token) for token in tokens} == {after.ring.newest}


async def test_a_rotation_broken_off_goes_on_where_it_stood(
    site: Site, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "RANGE", 1)
    before, after = with_keys(site, OLD), with_keys(site, NEW, OLD)
    mine = await operator(before, "U1")
    for _ in range(3):
        await record_of(before, mine, *NAMES)
    job = await resealing.ask_rotation(after, SYSTEM)

    def die(done: int, total: int) -> None:
        if done == 2:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await jobs.run_one(after, die)
    held = await jobs.find_job(job.id)  # type: ignore[arg-type]
    assert (held.state, held.done) == ("running", 2)
    assert await resealing.ask_rotation(after, SYSTEM) == held, "there is one at a time"
    assert not await jobs.run_one(after), "its lease goes on"
    hands.now += jobs.LEASE
    seen: list[int] = []
    await jobs.run_one(after, lambda done, _total: seen.append(done))
    assert seen[0] == 3, "it did not begin anew"
    tokens = [token for found in (await everything(after)).values() for token in found]
    assert {after.ring.key_of(token) for token in tokens} == {after.ring.newest}


@pytest.mark.parametrize("gone", [False, True])
async def test_a_page_that_was_open_while_keys_changed_keeps_its_secrets(site: Site, gone: bool) -> None:
    """It brings the tokens it was drawn with; with the key gone, what stands in their place is kept."""
    before, after = with_keys(site, OLD), with_keys(site, NEW, OLD)
    mine = await operator(before, "U1")
    application = await application_of(before, mine, sent=False)
    drawn: dict[str, Any] = dict(application.answers)
    await rotated(after)
    now = with_keys(site, NEW) if gone else after
    kept = await Application.get(application.id)
    assert kept is not None
    assert kept.answers["pin"] != drawn["pin"]
    answer = await save_page(now, mine, kept, "all", drawn, revision=kept.revision)
    assert secrets.unseal(now, answer.answers["pin"]) == "app-pin"
    assert secrets.unseal(now, answer.answers["inside"]["word"]) == "app-word"


async def test_only_who_may_asks_for_a_rotation(site: Site) -> None:
    for role in ("reviewer", "steward", "auditor"):
        with pytest.raises(NotAllowed):
            await resealing.ask_rotation(site, await staff(site, role, role))
    administrator = await staff(site, "admin", "system_administrator")
    job = await rotated(with_keys(site, NEW), administrator)
    assert job.requester is not None
    assert job.requester.name == "admin"
    actions = [event.action async for event in Event.find({"action": {"$regex": "^secrets"}}).sort("_id")]
    assert actions == ["secrets.rotation_asked", "secrets.rotated"]


async def test_a_name_tells_nothing_of_its_key(site: Site) -> None:
    await register_keys(with_keys(site, NEW))
    stored = str([row.model_dump() for row in await key_register.known_keys()])
    for secret in (NEW, site.ring.newest.material, hashlib.sha256(NEW).digest()):
        assert secret.hex()[:8] not in stored
