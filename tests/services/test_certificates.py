"""The register of client certificates: registering, using, stopping them, and being reminded of their end."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from models.documents.application import Application
from models.documents.event import Event
from models.documents.message import Message
from models.documents.session import BrowserSession
from models.errors import (
    AnswersInvalid,
    CertificateMoved,
    CertificateNeeded,
    CertificateRefused,
    ConfirmationRequired,
    NotAllowed,
    NotFound,
)
from models.permissions import Actor
from models.services import certificates, registering, reminders, stopping, using
from models.services.registering import Told
from models.services.site import Site
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.credentials import bound, founded, over, pem, person, registered, stored


async def actions(site: Site) -> list[str]:
    """What the log tells of certificates."""
    rows = await Event.find({"subject.kind": "certificate"}).sort("_id").to_list()
    return [row.action for row in rows]


async def mails(template: str) -> int:
    return await Message.find({"template": template}).count()


async def session_over(site: Site, actor: Actor) -> None:
    """A session of somebody signed in over the certificate they are connected with."""
    now = site.now()
    await BrowserSession(
        token_hash=site.entropy(8).hex(),
        account_id=actor.account_id,
        certificate=actor.certificate,
        created_at=now,
        seen_at=now,
        ends_at=now + timedelta(hours=1),
    ).insert()


async def recent_staff(site: Site) -> Actor:
    """A system administrator who proved a moment ago who they are."""
    return replace(await staff(site, "root", "system_administrator"), confirmed_at=site.now())


async def test_a_certificate_registered_beforehand_is_bound_by_its_first_use(site: Site) -> None:
    firm = await founded(site)
    second = await registered(site, firm)
    assert (second.state, second.operator_id, second.label) == ("registered", firm.id, "second")
    assert certificates.opens(second.state, second.operator_id, firm.id)
    await using.note_use(site, over(firm.administrator, second))
    used = await stored(second)
    assert used.state == "bound"
    assert used.used_by == firm.administrator.account_id
    assert (await actions(site))[:2] == ["certificate.registered", "certificate.bound"]


@pytest.mark.slow
async def test_the_file_may_be_in_der_form_but_never_hold_a_key(site: Site) -> None:
    firm, told = await founded(site), Told("notebook 2")
    der = x509.load_pem_x509_certificate(pem(site)).public_bytes(Encoding.DER)
    assert (await registering.register(site, firm.administrator, der, told)).state == "registered"
    for content in (b"", b"nonsense", b"-----BEGIN EC PRIVATE KEY-----\n", b"x" * 40_000):
        with pytest.raises(CertificateRefused):
            await registering.register(site, firm.administrator, content, told)


@pytest.mark.slow
async def test_label_and_holder_are_refused_at_their_fields(site: Site) -> None:
    firm, other = await founded(site), await founded(site)
    for told, path in (
        (Told(" "), "label"),
        (Told("x" * 61), "label"),
        (Told("a", holder=other.administrator.login), "holder"),
        (Told("a", replaces=str(other.certificate.id)), "replaces"),
        (Told("a", replaces="nonsense"), "replaces"),
    ):
        with pytest.raises(AnswersInvalid) as refused:
            await registering.register(site, firm.administrator, pem(site), told)
        assert [error.path for error in refused.value.errors] == [path]
    mate = await person(site, firm.id)
    assert (await registering.register(site, firm.administrator, pem(site), Told("a", mate.login))).holder_id


async def test_only_the_administrator_registers_and_only_after_proving_who_they_are(site: Site) -> None:
    firm = await founded(site)
    with pytest.raises(NotAllowed):
        await registering.register(site, await person(site, firm.id), pem(site), Told("a"))
    for confirmed in (None, site.now() - timedelta(minutes=15)):
        with pytest.raises(ConfirmationRequired):
            await registering.register(
                site, replace(firm.administrator, confirmed_at=confirmed), pem(site), Told("a")
            )


async def test_nothing_is_told_of_a_certificate_of_another_operator(site: Site) -> None:
    firm, other = await founded(site), await founded(site)
    name = pem(site)
    await registering.register(site, other.administrator, name, Told("theirs"))
    with pytest.raises(CertificateRefused, match="belongs to another operator or has been stopped"):
        await registering.register(site, firm.administrator, name, Told("mine"))
    with pytest.raises(CertificateRefused, match="registered already"):
        await registering.register(site, other.administrator, name, Told("again"))
    for act in (
        registering.describe(site, firm.administrator, other.certificate.id, Told("a"), revision=0),  # type: ignore[arg-type]
        stopping.retire(site, firm.administrator, other.certificate.id, "x", revision=0),  # type: ignore[arg-type]
    ):
        with pytest.raises(NotFound):
            await act


async def test_registering_what_belongs_to_others_does_not_keep_them_from_using_it(site: Site) -> None:
    firm, other = await founded(site), await founded(site)
    claimed = await registered(site, firm)
    assert certificates.is_free_for(claimed, None)
    assert certificates.is_free_for(claimed, other.id)
    await using.note_use(site, over(firm.administrator, claimed))
    assert not certificates.is_free_for(await stored(claimed), other.id)


async def test_a_use_is_written_down_once_a_minute(site: Site, hands: Hands) -> None:
    firm = await founded(site)
    await using.note_use(site, firm.administrator)
    first = (await stored(firm.certificate)).used_at
    for seconds, moved in ((59, False), (60, True)):
        assert first is not None
        hands.now = first + timedelta(seconds=seconds)
        await using.note_use(site, firm.administrator)
        used = await stored(firm.certificate)
        assert (used.used_at != first) is moved
    assert len(used.uses) == 1


async def test_a_certificate_several_people_use_is_warned_of_and_logged_once(site: Site) -> None:
    firm = await founded(site)
    mate = over(await person(site, firm.id), firm.certificate)
    await using.note_use(site, firm.administrator)
    assert await using.warnings_of(site, [await stored(firm.certificate)]) == []
    await asyncio.gather(using.note_use(site, mate), using.note_use(site, mate))
    await using.note_use(site, over(await person(site, firm.id), firm.certificate))
    assert (await actions(site)).count("certificate.shared") == 1
    (warned,) = await using.warnings_of(site, [await stored(firm.certificate)])
    assert (warned.sort, len(warned.people)) == ("shared", 3)


async def test_one_person_at_several_certificates_is_warned_of_until_one_is_replaced(site: Site) -> None:
    firm = await founded(site)
    second = await bound(site, firm.id, "second")
    await using.note_use(site, firm.administrator)
    await using.note_use(site, over(firm.administrator, second))
    found = [await stored(each) for each in (firm.certificate, second)]
    (warned,) = await using.warnings_of(site, found)
    assert (warned.sort, len(warned.certificates)) == ("several", 2)
    assert (await actions(site)).count("certificate.several") == 1
    third = await registered(site, firm, "third", replaces=str(firm.certificate.id))
    await using.note_use(site, over(firm.administrator, third))
    kept = [await stored(each) for each in (firm.certificate, third)]
    assert kept[0].replaced_at is not None
    assert await using.warnings_of(site, kept) == []


async def test_a_suspended_certificate_ends_its_sessions_and_is_told_to_the_administrators(
    site: Site,
) -> None:
    firm, root = await founded(site), await recent_staff(site)
    mate = await person(site, firm.id, certificate="another")
    for actor in (firm.administrator, mate):
        await session_over(site, actor)
    identifier, revision = firm.certificate.id, firm.certificate.revision
    assert identifier is not None
    await stopping.stop(site, root, identifier, "suspend", "a virus", revision=revision)
    assert [each.account_id for each in await BrowserSession.find_all().to_list()] == [mate.account_id]
    assert await certificates.find(site, firm.certificate.fingerprint) is None
    assert await mails("certificate_changed") == 1
    kept = await stored(firm.certificate)
    await stopping.restore(site, root, identifier, "cleaned", revision=kept.revision)
    restored = await stored(firm.certificate)
    assert (restored.state, restored.stopped) == ("bound", None)
    assert await actions(site) == ["certificate.suspended", "certificate.restored"]


async def test_of_two_at_the_same_moment_one_stops_a_certificate(site: Site) -> None:
    firm, root = await founded(site), await recent_staff(site)
    identifier = firm.certificate.id
    assert identifier is not None
    acts = [
        stopping.stop(site, root, identifier, deed, "x", revision=firm.certificate.revision)
        for deed in ("suspend", "revoke")
    ]
    came = await asyncio.gather(*acts, return_exceptions=True)
    assert sorted(type(each).__name__ for each in came) == ["Certificate", "CertificateMoved"]


@pytest.mark.slow
async def test_a_revoked_certificate_never_comes_back(site: Site) -> None:
    firm, root = await founded(site), await recent_staff(site)
    identifier = firm.certificate.id
    assert identifier is not None
    gone = await stopping.stop(site, root, identifier, "revoke", "lost", revision=firm.certificate.revision)
    with pytest.raises(CertificateMoved):
        await stopping.restore(site, root, identifier, "found", revision=gone.revision)


async def test_an_administrator_retires_a_certificate_but_not_the_last_nor_the_one_in_use(site: Site) -> None:
    firm = await founded(site)
    identifier, revision = firm.certificate.id, firm.certificate.revision
    assert identifier is not None
    with pytest.raises(CertificateNeeded, match="connected with"):
        await stopping.retire(site, firm.administrator, identifier, "old", revision=revision)
    second = await registered(site, firm)
    elsewhere = over(firm.administrator, second)
    with pytest.raises(CertificateNeeded):
        await stopping.retire(site, elsewhere, identifier, "old", revision=revision)
    await using.note_use(site, elsewhere)
    with pytest.raises(AnswersInvalid):
        await stopping.retire(site, elsewhere, identifier, " ", revision=revision)
    retired = await stopping.retire(site, elsewhere, identifier, "old", revision=revision)
    assert retired.state == "retired"
    assert retired.stopped is not None
    assert retired.stopped.reason == "old"


@pytest.mark.slow
async def test_all_certificates_of_an_operator_are_stopped_together(site: Site) -> None:
    firm, other, root = await founded(site), await founded(site), await recent_staff(site)
    await bound(site, firm.id, "second")
    assert await stopping.stop_certificates_of(site, root, firm.id, "the end") == 2
    assert (await stored(other.certificate)).state == "bound"


async def test_staff_without_the_permission_change_nothing(site: Site, reviewer: Actor) -> None:
    firm = await founded(site)
    identifier = firm.certificate.id
    assert identifier is not None
    with pytest.raises(NotAllowed):
        await stopping.stop(site, reviewer, identifier, "suspend", "x", revision=0)
    with pytest.raises(NotAllowed):
        await registering.register(site, reviewer, pem(site), Told("a"), firm.id)


async def test_a_certificate_approved_with_a_change_takes_the_place_of_the_one_before(site: Site) -> None:
    firm = await founded(site)
    presented = await certificates.present(site, pem(site, "renewed"))
    application = Application.model_construct(certificate=presented.fingerprint)
    await certificates.bind(site, application, firm.id, None, firm.certificate.fingerprint)
    before = await stored(firm.certificate)
    assert (before.state, before.replaced_by, before.replaced_at) == ("bound", presented.id, site.now())
    assert (await stored(presented)).replaced_at is None


async def test_administrators_are_reminded_from_the_first_moment_of_each_day(
    site: Site, hands: Hands
) -> None:
    firm = await founded(site)
    last = site.calendar.due_day(firm.certificate.not_after)
    for told, days in enumerate(site.configuration.site.certificates.remind):
        begins = site.calendar.midnight(last - timedelta(days=days))
        hands.now = begins - timedelta(seconds=1)
        assert not await reminders.remind_one(site)
        hands.now = begins
        assert await reminders.remind_one(site)
        assert not await reminders.remind_one(site)
        assert await mails("certificate_expiring") == told + 1
    assert told == 4


@pytest.mark.slow
async def test_only_the_nearest_of_the_days_that_passed_is_told_and_nothing_after_the_end(
    site: Site, hands: Hands
) -> None:
    firm = await founded(site)
    hands.now = firm.certificate.not_after - timedelta(days=10)
    came = await asyncio.gather(*(reminders.remind_one(site) for _ in range(3)))
    assert any(came)
    assert await mails("certificate_expiring") == 1
    assert (await stored(firm.certificate)).reminded == 14
    hands.now = firm.certificate.not_after
    assert not await reminders.remind_one(site)


async def test_certificates_that_were_replaced_or_stopped_are_left_in_peace(site: Site, hands: Hands) -> None:
    firm = await founded(site)
    second = await registered(site, firm, replaces=str(firm.certificate.id))
    hands.now = firm.certificate.not_after - timedelta(days=59)
    await second.set({"not_after": hands.now + timedelta(days=700)})
    await using.note_use(site, over(firm.administrator, second))
    assert not await reminders.remind_one(site)
    await firm.certificate.set({"replaced_at": None, "state": "retired"})
    assert not await reminders.remind_one(site)
    await firm.certificate.set({"state": "bound"})
    assert await reminders.remind_one(site)  # the control: it was these two alone
