"""Mails find their way by what is registered at that moment; operators see the masters open to them."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import new_id
from models.errors import AnswersInvalid, NotAllowed, NotFound
from models.language import Text
from models.schema.fields.structure import AccountField
from models.services import around
from models.services.around import around_record
from models.services.beginning import begin
from models.services.beside import panels_of
from models.services.lifecycle_mails import recipients_of
from models.services.lifecycles import act, outcome_of
from models.services.mailed import mails_to_operator
from models.services.messages import Letter, Recipient, queue_letter
from models.services.naming import with_titles
from models.services.picking import pickers, picks
from models.services.records import find_own
from models.services.routing import MOST_FOUND, addressed
from models.services.seeing import is_in_reach
from models.services.site import Site
from models.services.variables import compiled, judge, variables_of, variables_with
from tests.services.behind import behind, written_before
from tests.services.harbour import Port, harbour, mailed, port
from tests.services.stored import store_records
from tests.services.two_sides import delegate, filed, officer, registered

__all__ = ["harbour"]


async def found(place: Port, to: str = "night_watch") -> list[str]:
    spill = await place.keep("spill", what="油")
    return [person.address for person in await recipients_of(place.site, spill, to)]


async def test_a_route_takes_the_first_step_that_finds_anybody(harbour: Site) -> None:
    place = await port(harbour)
    assert await found(place) == [place.firm.admin.email]
    await place.watch("day", "day@berth.example.jp")
    assert await found(place) == ["day@berth.example.jp"]
    await place.watch("night", "night@berth.example.jp")
    assert await found(place) == ["night@berth.example.jp"]


async def test_everybody_a_step_finds_is_written_to_once(harbour: Site) -> None:
    place = await port(harbour)
    for email in ("a@berth.example.jp", "A@berth.example.jp", "b@berth.example.jp"):
        await place.watch("night", email)
    assert sorted(await found(place)) == ["a@berth.example.jp", "b@berth.example.jp"]
    spill = await place.keep("spill", what="油")
    names = [person.name for person in await recipients_of(harbour, spill, "night_watch")]
    assert names == ["当番 a", "当番 b"]


async def test_neither_somebody_else_s_nor_what_ended_nor_an_empty_address_is_found(harbour: Site) -> None:
    place, other = await port(harbour), await port(harbour)
    await registered(
        harbour,
        "watch",
        {"berth": place.berth.number, "hours": "night", "email": "other@berth.example.jp"},
        other.firm.record.id,
    )
    ended = await place.watch("night", "gone@berth.example.jp")
    await harbour.records["watch"].collection.update_one({"_id": ended.id}, {"$set": {"lifecycle": "ended"}})
    await place.keep("watch", hours="night", called="無し")
    assert await found(place) == [place.firm.admin.email]


async def test_no_route_finds_more_than_its_limit(harbour: Site) -> None:
    place = await port(harbour)
    rows = [
        {"berth": place.berth.number, "hours": "night", "email": f"n{n}@berth.example.jp"}
        for n in range(MOST_FOUND + 1)
    ]
    watches = harbour.registry.current("watch")
    await store_records(harbour, watches, *rows, operator_id=place.firm.record.id)
    assert len(await found(place)) == MOST_FOUND


async def test_references_lead_to_the_desk_of_the_moment_else_to_the_staff(harbour: Site) -> None:
    place, reviewer = await port(harbour), await officer(harbour, "reviewer")
    assert await found(place, "pilots") == ["pilots@harbour.example.jp"]
    await harbour.records["station"].collection.update_one(
        {"_id": place.station.id}, {"$set": {"data.email": "new@harbour.example.jp"}}
    )
    assert await found(place, "pilots") == ["new@harbour.example.jp"]
    await harbour.records["berth"].collection.update_one(
        {"_id": place.berth.id}, {"$unset": {"data.station": ""}}
    )
    assert reviewer.email in await found(place, "pilots")


async def test_mails_of_applications_and_of_steps_go_by_routes(harbour: Site) -> None:
    place, reviewer = await port(harbour), await officer(harbour, "reviewer")
    await place.watch("night", "night@berth.example.jp")
    answers = {"berth": place.berth.number, "what": "油"}
    application = await filed(harbour, place.firm.user, "spill", answers)
    spill = await harbour.records["spill"].get(application.record_id)
    assert spill is not None
    assert await mailed(place.firm.record.id, "application_received") == ["pilots@harbour.example.jp"]
    told = await outcome_of(harbour, reviewer, spill, "close")
    assert [mail.recipient.address for mail in told.mails] == ["night@berth.example.jp"]
    await act(harbour, reviewer, spill, "close", revision=spill.revision)
    assert await mailed(place.firm.record.id, "record_state_changed") == ["night@berth.example.jp"]
    for word in ("staff", "operator"):
        letter = Letter(
            "record_due_soon", Recipient(f"{word}@x.jp"), word, word, operator_id=spill.operator_id
        )
        await harbour.store.transaction(partial(queue_letter, harbour, letter))
    listed, _ = await mails_to_operator(harbour, place.firm.admin)
    assert {mail.to for mail in listed} == {"night@berth.example.jp", "operator@x.jp"}, "nothing to our side"


async def test_a_name_that_is_no_route_means_the_operator_or_a_role(harbour: Site) -> None:
    place, approver = await port(harbour), await officer(harbour, "approver")
    centre = around_record(place.site, place.berth)
    people = await addressed(harbour, "operator", centre)
    assert [person.address for person in people] == [place.firm.admin.email]
    assert approver.email in [person.address for person in await addressed(harbour, "approver", centre)]


# --- masters ---------------------------------------------------------------------------------------------


async def test_operators_see_what_the_organisation_opens_to_them_and_nothing_else_of_it(
    harbour: Site,
) -> None:
    place = await port(harbour)
    shut = await registered(harbour, "station", {"name": "休止中", "closed": True}, None)
    tariff = await registered(harbour, "tariff", {"name": "甲"}, None)
    user, helper = place.firm.user, await delegate(harbour, place.firm, "berth")
    for actor in (user, helper):
        assert (await find_own(harbour, actor, "station", place.station.number)).id == place.station.id
        for hidden in (shut, tariff):
            with pytest.raises(NotFound):
                await find_own(harbour, actor, hidden.type, hidden.number)
    visitor = replace(user, kind="visitor", operator_id=None, account_id=None)
    with pytest.raises(NotAllowed):
        await find_own(harbour, visitor, "station", place.station.number)


async def test_masters_open_to_operators_are_picked_and_others_refused(harbour: Site) -> None:
    place = await port(harbour)
    user = place.firm.user
    shut = await registered(harbour, "station", {"name": "休止中", "closed": True}, None)
    application = await begin(harbour, user, "berth")
    form = compiled(harbour, application)
    assert [path for path, _ in pickers(form.definition)] == ["station"]
    reading = judge(form, {}, await variables_of(harbour, application)).reading
    offered = {number for number, _ in (await picks(harbour, user, application, reading))["station"]}
    assert place.station.number in offered
    assert shut.number not in offered
    with pytest.raises(AnswersInvalid) as refused:
        await filed(harbour, user, "berth", {"name": "第二", "station": shut.number})
    assert [error.path for error in refused.value.errors] == ["station"]
    taken = await filed(harbour, user, "berth", {"name": "第三", "station": place.station.number})
    assert taken.number


async def test_panels_show_what_references_lead_to_as_far_as_one_may_read_it(harbour: Site) -> None:
    place, reviewer = await port(harbour, remark="内部"), await officer(harbour, "reviewer")
    centre = around_record(place.site, place.berth)
    for actor, told in ((place.firm.user, 3), (reviewer, 4)):
        (panel,) = await panels_of(harbour, actor, centre, "ja")
        (shown,) = panel.records
        assert (shown.type, len(shown.lines)) == ("station", told)
    assert [line.href for line in shown.lines][1:3] == ["tel:0450000001", "mailto:pilots@harbour.example.jp"]


async def test_a_panel_names_the_live_records_until_a_reference_is_answered(harbour: Site) -> None:
    place = await port(harbour)
    unanswered = replace(around_record(place.site, place.berth), answers={})
    (panel,) = await panels_of(harbour, place.firm.user, unanswered, "ja")
    names = [shown.title for shown in panel.records]
    assert len(names) == 5
    assert "休止中" not in names


async def test_references_are_told_with_titles_one_may_see_and_nothing_is_changed(harbour: Site) -> None:
    place, stranger = await port(harbour), await port(harbour)
    fields = harbour.registry.current("berth").definition.fields
    shut = await registered(harbour, "station", {"name": "休止中", "closed": True}, None)
    own = {"name": "第一", "station": place.station.number}
    told = await with_titles(harbour, place.firm.user, fields, own)
    assert told["station"] == f"{place.station.number} {place.station.title}"
    assert own["station"] == place.station.number
    hidden = await with_titles(harbour, place.firm.user, fields, {"station": shut.number})
    assert hidden["station"] == shut.number
    watch = harbour.registry.current("watch").definition.fields
    foreign = await with_titles(harbour, stranger.firm.user, watch, {"berth": place.berth.number})
    assert foreign["berth"] == place.berth.number


async def test_accounts_are_told_with_the_names_of_ones_own_people(harbour: Site) -> None:
    place, stranger = await port(harbour), await port(harbour)
    login, now = f"harbour-{new_id()}", harbour.now()
    keys: dict[str, Any] = {"operator_id": place.firm.record.id, "status": "active", "created_at": now}
    await Account(login=login, name="浜 一郎", kind="operator", email="h@example.jp", **keys).insert()
    clerk = AccountField(name="clerk", type="account", label=Text(ja="担当", en="Clerk"), personal="yes")
    told = [
        await with_titles(harbour, reader, (clerk,), {"clerk": login})
        for reader in (place.firm.user, stranger.firm.user)
    ]
    assert told == [{"clerk": f"{login} 浜 一郎"}, {"clerk": login}]


# --- while records follow a version ----------------------------------------------------------------------


async def test_a_route_finds_people_whose_records_are_yet_to_follow(harbour: Site) -> None:
    place = await port(harbour)
    former = {"hours": "shift", "email": "mail", "berth": "quay"}
    await written_before(harbour, former, await place.watch("night", "night@berth.example.jp"))
    assert await found(place) == [place.firm.admin.email], "asked by the names of today alone"
    assert await found(replace(place, site=behind(harbour, "watch", former))) == ["night@berth.example.jp"]


async def test_a_route_finds_people_by_answers_that_are_yet_to_be_made_others(harbour: Site) -> None:
    place = await port(harbour)
    await place.watch("day", "day@berth.example.jp")
    await place.watch("day", "evening@berth.example.jp")
    late = behind(harbour, "watch", {}, map={"hours": {"day": "night"}})
    for site, most, led in ((harbour, 9, 0), (late, 9, 2), (late, 1, 1)):
        centre = around_record(site, place.berth)
        people = await around.found(site, centre, "watch", {"data.hours": "night"}, {}, most)
        assert [row["data"]["hours"] for row in people] == ["night"] * led


async def test_references_lead_on_from_records_that_are_yet_to_follow(harbour: Site) -> None:
    place = await port(harbour)
    former = {"email": "mail", "phone": "call"}
    await written_before(harbour, former, place.station)
    assert await found(place, "pilots") != ["pilots@harbour.example.jp"]
    late = replace(place, site=behind(harbour, "station", former))
    assert await found(late, "pilots") == ["pilots@harbour.example.jp"]
    centre = around_record(late.site, place.berth)
    (panel,) = await panels_of(late.site, place.firm.user, centre, "ja")
    assert len(panel.records[0].lines) == 3


async def test_row_rules_hold_for_records_that_are_yet_to_follow(harbour: Site) -> None:
    """The control: by the name of today alone a master that is shut would be open to operators."""
    place = await port(harbour)
    shut = await registered(harbour, "station", {"name": "休止中", "closed": True}, None)
    former = {"closed": "shut"}
    await written_before(harbour, former, shut, place.station)
    assert (await find_own(harbour, place.firm.user, "station", shut.number)).id == shut.id
    late = behind(harbour, "station", former)
    with pytest.raises(NotFound):
        await find_own(late, place.firm.user, "station", shut.number)
    there = await find_own(late, place.firm.user, "station", place.station.number)
    assert there.id == place.station.id


async def test_row_rules_keep_back_what_cannot_be_told_of_records_yet(harbour: Site) -> None:
    place = await port(harbour)
    late = behind(harbour, "station", {}, convert={"closed": {"otherwise": "attic"}})
    with pytest.raises(NotFound):
        await find_own(late, place.firm.user, "station", place.station.number)
    assert await is_in_reach(late, await officer(harbour, "reviewer"), "station", place.station.id)


async def test_row_rules_keep_back_records_of_a_version_that_is_not_known_here_yet(harbour: Site) -> None:
    place = await port(harbour)
    stations = harbour.records["station"].collection
    await stations.update_one(
        {"_id": place.station.id}, {"$set": {"schema_version": 2}}, bypass_document_validation=True
    )
    with pytest.raises(NotFound):
        await find_own(harbour, place.firm.user, "station", place.station.number)
    there = await find_own(behind(harbour, "station", {}), place.firm.user, "station", place.station.number)
    assert there.id == place.station.id


async def test_rules_know_what_was_answered_before_where_that_is_yet_to_follow(harbour: Site) -> None:
    """Or an answer that may be given once could be given anew."""
    place = await port(harbour)
    late = behind(harbour, "berth", {"name": "called"})
    await written_before(harbour, {"name": "called"}, place.berth)
    record = await late.records["berth"].get(place.berth.id)
    for version, told in ((2, {"name": "第一"}), (1, {"called": "第一"})):
        about = Application.model_construct(type="berth", schema_version=version, terms=None, by_staff=False)
        before = variables_with(late, about, None, record)["BEFORE"]
        assert {name: before[name] for name in told} == told
