"""Connections with their agreement, contacts and equipment (R91 to R94, R103, R104)."""

from collections.abc import Mapping
from typing import Any

import pytest

from models.documents.publication import Publication
from models.documents.record import Record
from models.errors import AnswersInvalid, NotAllowed
from models.permissions import Actor
from models.schema.fields.choice import ListedField
from models.services import applications, consents
from models.services.around import Centre
from models.services.audiences import people
from models.services.beginning import begin
from models.services.beside import panels_of
from models.services.correcting import begin_correction
from models.services.drawings import drawings_of
from models.services.lifecycle_mails import recipients_of
from models.services.steps import take_step
from models.services.submitting import submit
from tests.services.answers import fill_in
from tests.smart_meter.desk import CONTACT, Desk

GRID = "desk@grid.example.jp"
ITEMS = ("contact_system", "cutting_and_restoring", "reporting", "demarcation", "maintenance")
NIGHT = {**CONTACT, "contact_kind": "security", "email": "soc@mirai.example.jp", "round_the_clock": "yes"}


def terms(desk: Desk, version: str, **more: Any) -> Mapping[str, Any]:
    """The answers of an agreement with every item affirmed."""
    affirmed = dict.fromkeys(ITEMS, "yes")
    named = {"connection": desk.connection.number, "version_label": version, "dated_on": "2026-11-20"}
    return {**named, **affirmed, **more}


async def agree(desk: Desk, who: str, record: Record, party: str) -> Record:
    """A party consents to the agreement."""
    now = await desk.again(record)
    return await consents.give(desk.site, desk.people[who], now, "agree", party, revision=now.revision)


async def test_an_agreement_stands_once_both_have_consented_and_until_the_next_does(desk: Desk) -> None:
    first = await desk.file("mirai", "agreement", terms(desk, "第1版"))
    assert first.lifecycle == "proposed"
    await agree(desk, "mirai", first, "operator")
    assert (await desk.again(first)).lifecycle == "proposed"
    await agree(desk, "approver", first, "approver")
    agreed = await desk.again(first)
    assert (agreed.lifecycle, agreed.data["version_label"]) == ("agreed", "第1版")
    given = [(v.party, v.by.name) for v in await desk.versions(first) if v.consent == "given"]
    assert given == [("operator", "mirai"), ("approver", "approver")]

    second = await desk.file("mirai", "agreement", terms(desk, "第2版", replaces=first.number))
    await agree(desk, "approver", second, "approver")
    assert (await desk.again(first)).lifecycle == "agreed"
    await agree(desk, "mirai", second, "operator")
    assert [(await desk.again(each)).lifecycle for each in (first, second)] == ["superseded", "agreed"]


@pytest.mark.parametrize("item", ITEMS)
async def test_every_item_of_the_agreement_has_to_be_affirmed(desk: Desk, item: str) -> None:
    with pytest.raises(AnswersInvalid) as refused:
        await desk.file("mirai", "agreement", terms(desk, "第1版", **{item: ""}))
    assert [error.path for error in refused.value.errors] == [item]


async def test_nobody_consents_for_the_other_side(desk: Desk) -> None:
    record = await desk.file("mirai", "agreement", terms(desk, "第1版"))
    for who, party in (("mirai", "approver"), ("reviewer", "operator"), ("reviewer", "approver")):
        with pytest.raises(NotAllowed):
            await agree(desk, who, record, party)


async def test_the_desk_of_the_grid_company_stands_beside_every_form(desk: Desk) -> None:
    site = desk.site
    forms = [each for each in site.configuration.enabled_types if not each.is_ours]
    assert len(forms) > 8
    for actor in (desk.people["mirai"], Actor(kind="visitor")):
        for form in forms:
            centre = Centre(form.name, desk.mirai.id, {})
            panel, *_ = await panels_of(site, actor, centre, "ja")
            told = [line.value for line in panel.records[0].lines]
            assert told[:3] == ["ネットワークサービスセンター託送運営グループ", "052-000-0100", GRID]


async def test_contacts_are_chosen_by_the_event_and_stand_in_for_each_other(desk: Desk) -> None:
    async def found(to: str) -> list[str]:
        return [person.address for person in await recipients_of(desk.site, desk.meter, to)]

    security, applicant = "security@mirai.example.jp", "applicant@mirai.example.jp"
    assert (await found("security_desk"), await found("applicant_desk")) == ([security], [applicant])
    contacts = desk.site.records["contact"].collection
    gone = {"data.connection": desk.connection.number, "data.contact_kind": "security"}
    await contacts.update_many(gone, {"$set": {"lifecycle": "ended"}})
    assert (await found("security_desk"), await found("applicant_desk")) == ([applicant], [applicant])
    await contacts.update_many({"data.connection": desk.connection.number}, {"$set": {"lifecycle": "ended"}})
    assert await found("security_desk") == ["mirai@example.jp"]
    assert await found("grid_desk") == [GRID]


async def test_a_contact_is_told_at_once_and_waits_to_be_acknowledged_after_every_change(desk: Desk) -> None:
    filed = await desk.file("mirai", "contact", {**NIGHT, "connection": desk.connection.number})
    assert filed.lifecycle == "told"
    assert filed.due is not None
    assert await desk.mailed("contact_told") == [GRID]
    with pytest.raises(NotAllowed):
        await desk.take("mirai", filed, "acknowledge")
    assert (await desk.take("reviewer", filed, "acknowledge")).lifecycle == "confirmed"
    assert await desk.mailed("contact_acknowledged") == ["mirai@example.jp"]
    assert (await desk.again(filed)).due is None

    change = await begin(desk.site, desk.people["mirai"], "contact", kind="change", record_id=filed.id)
    changed = await desk.send("mirai", change, {"phone": "052-000-0999"})
    assert (changed.lifecycle, changed.data["phone"]) == ("told", "052-000-0999")
    assert changed.due is not None
    assert await desk.mailed("contact_told") == [GRID, GRID]


async def test_a_changed_desk_is_published_anew_to_be_acknowledged_by_those_connected(desk: Desk) -> None:
    site, reviewer, approver = desk.site, desk.people["reviewer"], desk.people["approver"]
    told = await desk.take("reviewer", desk.grid, "tell")
    change = await begin_correction(site, reviewer, told, "担当の変更")
    with pytest.raises(AnswersInvalid) as refusal:
        await fill_in(site, reviewer, change, {**change.answers, "desk_phone": "052-000-0111"})
    assert [error.path for error in refusal.value.errors] == ["desk_notice"]
    change = await applications.find(site, reviewer, change.reference)
    fresh = {"desk_phone": "052-000-0111", "desk_notice": "電話番号が変わりました。"}
    change = await fill_in(site, reviewer, change, {**change.answers, **fresh})
    change = await submit(site, reviewer, change, revision=change.revision)
    await take_step(site, approver, change, "approve")
    editions = await Publication.find({"record_id": told.id}).sort("edition").to_list()
    assert [each.edition for each in editions] == [1, 2]
    assert [(each.audience.name, each.acknowledge) for each in editions] == [
        ("connected_operators", True)
    ] * 2
    listed = await people(site, editions[1].audience, None, 50)
    assert {account.login for account in listed} == {"mirai", "mirai-user"}


KINDS = {
    "operator": ["特例計量器等", "無線端末", "IoTルート", "外部サーバ"],
    "grid": ["電力SM", "SM通信NW", "HES", "MDMS", "託送業務システム", "公開サーバ"],
}


async def test_the_kinds_of_equipment_stand_on_the_sides_the_agreement_lists(desk: Desk) -> None:
    field = desk.site.registry.current("equipment").definition.by_name["equipment_kind"]
    assert isinstance(field, ListedField)
    listed = {
        side: [option.label.ja for option in field.options if option.attributes["side"] == side]
        for side in KINDS
    }
    assert listed == KINDS


@pytest.mark.parametrize("who", ["mirai", "reviewer"])
async def test_the_demarcation_is_drawn_for_both_sides_with_what_is_registered(desk: Desk, who: str) -> None:
    await desk.keep(
        "equipment",
        {
            "connection": desk.connection.number,
            "equipment_kind": "iot_route",
            "equipment_name": "IoT 1",
            "connects_to_kind": "power_sm",
        },
        desk.mirai,
    )
    (drawn,) = await drawings_of(desk.site, desk.people[who], desk.connection, "ja", lambda *_: "/x")
    bands = {line["band"] for line in drawn.lines}
    assert bands == {"利用事業者側の責任範囲", "一般送配電事業者側の責任範囲"}
    told = {line["box"].title: line["to"] for line in drawn.lines}
    assert told["IoT 1"] == ["電力SM"]
    assert told["電力SM"] == ["SM通信NW"]
    assert "責任分界点" in drawn.svg
    assert [line["box"].title for line in drawn.lines if line["band"].startswith("一般")] == KINDS["grid"]
