"""Risk signs: what follows from a row, from other applications and records, and from handing answers over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from models.configuration.business_days import BusinessDays
from models.documents.application import Application
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import queue
from models.services.registry import Published, Registry
from models.services.signs import keys_of, others_with, signs_of
from models.services.site import Site
from models.services.submitting import submit
from tests.clock import Hands
from tests.services.answers import fill_in, valid_answers
from tests.services.changing import change_under_review, move_on
from tests.services.queued import ago, charge, stored, wait
from tests.services.test_journey import begun


async def signs(site: Site, actor: Actor) -> dict[str, dict[str, str]]:
    """The signs of every application in the queue: name and rule, by its reference."""
    rows = await Application.raw().find({}, queue.COLUMNS).to_list(None)
    found = await signs_of(site, actor, rows, BusinessDays(site.calendar, site.today()))
    return {str(row["reference"]): {sign.name: sign.rule for sign in found[row["_id"]]} for row in rows}


async def test_what_follows_from_the_row_alone(site: Site, reviewer: Actor, approver: Actor) -> None:
    """The day is a Friday: the next business day but one is Wednesday, as Monday is a holiday."""
    now = site.now()
    told: Mapping[str, Mapping[str, Any]] = {
        "calm": {"due": now + timedelta(days=7)},
        "soon": {"due": now + timedelta(days=1)},
        "late": {"due": now},
        "closed": {"due": now, "open": False, "submitted_at": ago(site, days=99)},
        "again": {"submissions": [{"at": now}] * 3},
        "alone": {"submissions": [{"at": ago(site, days=6)}]},
        "given": {"assignee": charge(reviewer), "handovers": [handed(site, approver, reviewer)]},
        "elsewhere": {"assignee": charge(approver), "handovers": [handed(site, approver, reviewer)]},
    }
    await wait([stored(site, "under_review", reference=name, **facts) for name, facts in told.items()])
    assert await signs(site, reviewer) == {
        "calm": {},
        "soon": {"due_soon": "under_review.due"},
        "late": {"overdue": "under_review.due"},
        "closed": {},
        "again": {"resubmitted": "submissions"},
        "alone": {"unassigned": "assignee"},
        "given": {"handed": "assignee"},
        "elsewhere": {},
    }


def handed(site: Site, by: Actor, to: Actor) -> dict[str, Any]:
    return {"by": charge(by), "origin": charge(by), "to": charge(to), "at": site.now(), "note": "急ぎ"}


async def test_a_damaged_row_disturbs_no_other(site: Site, reviewer: Actor) -> None:
    broken: list[Any] = ["text", 7, {}, [], [1], None, True]
    columns = ("submissions", "handovers", "signs", "keys", "type", "base_revision", "schema_version")
    indexed = ("due", "assignee", "record_id")  # a list in two keys of one index is not stored at all
    rows = [
        stored(site, reference=str(number), **dict.fromkeys(columns, value), **dict.fromkeys(more, value))
        for number, value in enumerate(broken)
        for more in [() if isinstance(value, list) else indexed]
    ]
    await wait([*rows, stored(site, reference="whole", due=site.now())])
    found = await signs(site, reviewer)
    assert len(found) == len(broken) + 1
    assert found["whole"] == {"overdue": "submitted.due"}


async def submitted(site: Site, code: str) -> Application:
    """A first registration under an operator code."""
    actor, application = await begun(site)
    answers = {**valid_answers(site.registry.current("operator").definition), "operator_code": code}
    application = await fill_in(site, actor, application, answers)
    return await submit(site, actor, application, revision=application.revision)


async def test_the_same_value_in_another_open_application_is_a_sign(site: Site, reviewer: Actor) -> None:
    first, second, other = [await submitted(site, code) for code in ("9B01", "9B01", "9B02")]
    found = await signs(site, reviewer)
    assert found[first.reference] == found[second.reference] == {"duplicate": "operator_code.unique"}
    assert found[other.reference] == {}
    assert await others_with(first) == {"operator_code": [second.reference]}
    assert await others_with(other) == {}
    await Application.raw().update_one({"_id": second.id}, {"$set": {"open": False}})
    assert (await signs(site, reviewer))[first.reference] == {}


async def test_keys_tell_nothing_of_the_value_and_differ_by_site(site: Site) -> None:
    definition = site.registry.current("operator").definition
    data = {"operator_code": "9B01"}
    (key,) = keys_of(site, definition, data)
    assert "9B01" not in key
    assert keys_of(replace(site, secret=b"another" * 5), definition, data) != [key]
    assert keys_of(site, definition, {"operator_code": None}) == []


async def test_what_checks_find_when_answers_are_handed_over_is_kept(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    """A code that is registered already; the reviewer who may not read the field is not told of it."""
    await change_under_review(site, reviewer, approver, code="9B03")
    application = await submitted(site, "9B03")
    assert application.signs == ["operator_code.unique"]
    found = await signs(site, reviewer)
    assert found[application.reference]["check"] == "operator_code.unique"
    kept = await signs(without_reading(site, "operator_code"), reviewer)
    assert kept[application.reference] == {}


def without_reading(site: Site, name: str) -> Site:
    """The site, where only approvers read one field of operators."""
    current = site.registry.current("operator")
    described = current.definition.published()
    next(field for field in described["fields"] if field["name"] == name)["access"] = {"read": ["approver"]}
    version = Published(current.version + 1, RecordType.model_validate(described))
    return replace(site, registry=Registry([current, version, site.registry.current("resource")]))


async def test_a_record_that_moved_on_meanwhile_is_a_sign(
    site: Site, reviewer: Actor, approver: Actor, hands: Hands
) -> None:
    case = await change_under_review(site, reviewer, approver)
    assert "stale" not in (await signs(site, reviewer))[case.application.reference]
    await move_on(site, case.record, operator_name="別の名前")
    assert (await signs(site, reviewer))[case.application.reference]["stale"] == "record.revision"


async def test_search_entries_are_kept_when_answers_are_handed_over(site: Site) -> None:
    application = await submitted(site, "9B04")
    assert {"みな", "なと"} & set(application.grams) or application.title
    assert application.reference[:4].lower() in application.grams
