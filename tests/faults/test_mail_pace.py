"""Rates to domains, kept by all workers together, and domains that find us too fast."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from models.configuration.limits import Rate
from models.configuration.outgoing import MailRules
from models.documents.mail_lane import MailLane
from models.services import rates
from models.services.site import Site
from tests.clock import Hands
from tests.faults.mailing import again, drain, mail_to, postman_on
from tests.faults.postbox import Postbox

FIVE = Rate(amount=5, unit="second")


def paced(site: Site, **rules: object) -> Site:
    """The site with these rules for its mails."""
    described = site.configuration.site.model_copy(update={"mail": MailRules.model_validate(rules)})
    return replace(site, configuration=replace(site.configuration, site=described))


async def test_workers_keep_the_rate_of_a_domain_together_and_others_overtake_it(
    site: Site, hands: Hands, postbox: Postbox
) -> None:
    site = paced(site, domains={"docomo.example": FIVE})
    for n in range(8):
        await mail_to(site, f"a{n}@docomo.example")
    await mail_to(site, "b@example.jp")
    postmen = [postman_on(site, postbox.port) for _ in range(2)]
    await asyncio.gather(*(drain(postman) for postman in postmen))
    assert sorted(line for line in postbox.said("RCPT") if "b@" in line) == ["RCPT TO:<b@example.jp>"]
    taken = [len(postbox.mails) - 1]
    for _ in range(8):
        hands.forward(milliseconds=200)
        await asyncio.gather(*(drain(postman) for postman in postmen))
        taken.append(len(postbox.mails) - 1)
    assert taken == [1, 2, 3, 4, 5, 6, 7, 8, 8]


async def test_control_without_a_rate_they_go_at_once(site: Site, postbox: Postbox) -> None:
    for n in range(8):
        await mail_to(site, f"a{n}@docomo.example")
    assert await drain(postman_on(site, postbox.port)) == 8


async def test_waiting_for_its_turn_is_no_attempt_and_no_delay_to_be_alarmed_of(
    site: Site, postbox: Postbox
) -> None:
    site = paced(site, per_domain=Rate(amount=1, unit="minute"))
    await mail_to(site, "a@example.jp")
    second = await mail_to(site, "b@EXAMPLE.jp")
    await drain(postman_on(site, postbox.port))
    found = await again(second)
    assert (found.attempts, found.next_at) == (0, site.now() + timedelta(minutes=1))
    assert found.due_at == found.next_at
    assert found.status(site.now()) == "queued"


@pytest.mark.parametrize(("late", "goes"), [(5, True), (5.001, False)])
async def test_a_slot_that_was_missed_is_asked_for_anew(
    site: Site, hands: Hands, postbox: Postbox, late: float, goes: bool
) -> None:
    """Else everything that waited for workers that were not there would leave at the same moment."""
    site = paced(site, per_domain=Rate(amount=1, unit="minute"))
    await mail_to(site, "a@example.jp")
    second, third = await mail_to(site, "b@example.jp"), await mail_to(site, "c@example.jp")
    await drain(postman_on(site, postbox.port))
    assert (await again(third)).next_at == site.now() + timedelta(minutes=2)
    hands.forward(minutes=1, seconds=late)
    await drain(postman_on(site, postbox.port))
    assert ((await again(second)).status(site.now()) == "sent") is goes


@pytest.mark.parametrize("answer", ["450 4.2.1 receiving too quickly", "421 4.7.28 rate limited"])
async def test_a_domain_that_finds_us_too_fast_goes_slower_alone_until_it_takes_mails_again(
    site: Site, hands: Hands, postbox: Postbox, answer: str
) -> None:
    first = await mail_to(site, "a@slow.example")
    postbox.answers["RCPT TO:<a@slow.example>"] = answer
    postman = postman_on(site, postbox.port)
    await drain(postman)
    assert (await again(first)).deferrals == 1
    slow = [await mail_to(site, f"b{n}@slow.example") for n in range(2)]
    other = await mail_to(site, "c@example.jp")
    await drain(postman)
    assert [(await again(each)).status(site.now()) for each in (*slow, other)] == ["queued", "queued", "sent"]
    hands.forward(seconds=1)
    await drain(postman)
    assert (await again(slow[0])).status(site.now()) == "sent"
    lane = await MailLane.get("slow.example")
    assert lane is not None
    assert lane.strikes == 0


async def test_greylisting_slows_nothing_down(site: Site, postbox: Postbox) -> None:
    """It is each reader's own, and passes only by trying each of them once."""
    for n in range(3):
        await mail_to(site, f"a{n}@grey.example")
    postbox.answers["RCPT"] = "450 4.2.0 Greylisted, try again"
    assert await drain(postman_on(site, postbox.port)) == 3
    assert await MailLane.find_all().count() == 0


def test_domains_are_compared_without_their_case() -> None:
    assert rates.domain_of("A@Docomo.NE.jp. ") == "docomo.ne.jp"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one worker learnt, another one sees at once: clocks stand still in tests."""
    monkeypatch.setattr(rates, "FRESH", timedelta(0))
