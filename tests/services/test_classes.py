"""Information classes: inherited, held over ``access``, named on what leaves; and the register of what state
bodies were given."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from models import access
from models.documents.application import Application
from models.errors import ConfirmationRequired, NotAllowed
from models.permissions import Actor
from models.schema.classes import CLASSES, strictest
from models.schema.definition import RecordType, walk
from models.schema.fields.base import Classification
from models.services import disclosed, transfers
from models.services.applications import may_type
from models.services.site import Site
from models.services.transfers import Wanted
from tests.clock import Hands
from tests.schema.definitions import a_type, field
from tests.services.conftest import staff
from tests.services.people import register_operator

PLACES = ("top", "inside.part", "rows.cell")

EVERYBODY = {
    "visitor": Actor(kind="visitor"),
    "administrator": Actor(kind="operator", roles=frozenset({"administrator"})),
    "user": Actor(kind="operator", roles=frozenset({"user"})),
    "reviewer": Actor(kind="staff", roles=frozenset({"reviewer"})),
    "nobody of the staff": Actor(kind="staff"),
    "system": Actor(kind="system"),
}


def classified(place: str, written: str, wide: bool) -> RecordType:
    """A type with the class `written` at `place`; with `wide`, ``access`` names everybody there besides."""
    more: dict[str, Any] = {"classification": written}
    if wide:
        more["access"] = {"read": ["applicant", "operator", "staff"], "write": ["operator", "staff"]}
    told = {name: more if name == place else {} for name in PLACES}
    return a_type(
        field("title"),
        field("top", **told["top"]),
        field("inside", "group", fields=[field("part", **told["inside.part"]), field("other")]),
        field("rows", "table", fields=[field("cell", **told["rows.cell"]), field("other")]),
    )


@pytest.mark.parametrize(("place", "written", "wide"), [*product(PLACES, CLASSES, (False, True))])
def test_what_is_confidential_reaches_the_staff_alone(place: str, written: str, wide: bool) -> None:
    """Every class, place and reader, also where ``access`` would let everybody in. The other classes are the
    control: the same doors show them."""
    definition = classified(place, written, wide)
    for who, actor in EVERYBODY.items():
        seen = {".".join(path) for path, _ in walk(access.seen_by(actor, definition).fields)}
        closed = written == "confidential" and actor.kind not in ("staff", "system")
        assert (place in seen) is not closed, who
        target = access.found_at(definition, place)[-1]
        assert access.may_read(actor, target) is not closed, who
        assert not (closed and access.may_answer(actor, target)), who
        answers = {"top": "x", "inside": {"part": "x"}, "rows": [{"cell": "x"}]}
        told = str(access.told(access.seen_by(actor, definition), answers))
        assert told.count("'x'") == 3 - closed, who
    assert access.is_for_all(definition, place) is (written != "confidential" and not wide)


def test_a_class_is_inherited_from_what_is_around_and_the_nearest_counts() -> None:
    definition = a_type(
        field("plain"),
        field("open", classification="public"),
        field("inside", "group", classification="confidential", fields=[field("part"), field("other")]),
        classification="users_only",
    )
    found = {".".join(path): each.classification for path, each in walk(definition.fields)}
    assert found == {
        "plain": "users_only",
        "open": "public",
        "inside": "confidential",
        "inside.part": "confidential",
        "inside.other": "confidential",
    }
    assert strictest(definition.fields) == "confidential"
    assert RecordType.model_validate(definition.published()) == definition


@pytest.mark.parametrize(("before", "now"), [*product(CLASSES, repeat=2)])
def test_an_old_version_is_read_by_the_class_in_force(before: Classification, now: Classification) -> None:
    operator = EVERYBODY["administrator"]
    kinds = [a_type(field("title"), field("top", classification=each)) for each in (before, now)]
    held = access.governed(kinds[0], kinds[1])
    names = {target.name for target in access.seen_by(operator, held).fields}
    assert ("top" in names) is ("confidential" not in (before, now))


def test_what_staff_fill_in_is_not_its_applicants_to_type() -> None:
    kind = a_type(field("title"), field("asked", filled_by="staff"))
    own = Application.model_construct(kind="register", by_staff=False)
    case = own.model_copy(update={"by_staff": True})
    operator, reviewer = EVERYBODY["administrator"], EVERYBODY["reviewer"]
    assert [may_type(operator, target, own) for target in kind.fields] == [True, False]
    assert [may_type(reviewer, target, case) for target in kind.fields] == [True, True]


async def test_a_file_says_its_class_and_one_for_a_state_body_is_in_the_register(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    await register_operator(site, reviewer, approver)
    taker = replace(approver, confirmed_at=site.now())
    body, why = "電力・ガス取引監視等委員会", "法令に定める事務"
    wanted = Wanted(profile="state_bodies", purpose=why, recipient=body)
    job = await transfers.ask_export(site, taker, "operator", wanted)
    assert await transfers.do_small(site, taker, job)
    (entry,) = await disclosed.disclosures(site, taker)
    assert (entry.who, entry.recipient, entry.purpose, entry.type) == (
        approver.name,
        body,
        why,
        "operator",
    )
    _, content = await transfers.take(site, taker, await transfers.find(site, taker, job.id))
    text = b"".join([part async for part in content]).decode("utf-8-sig")
    assert "取扱注意 【利用者限り】" in text.splitlines()[0]
    hands.forward(minutes=15)
    with pytest.raises(ConfirmationRequired):
        await transfers.ask_export(site, taker, "operator", replace(wanted, purpose="二度目"))
    await transfers.ask_export(site, taker, "operator", replace(wanted, profile="all", purpose="控え"))
    assert len(await disclosed.disclosures(site, taker)) == 1
    with pytest.raises(NotAllowed):
        await disclosed.disclosures(site, reviewer)


async def test_the_name_of_a_confidential_file_says_so(site: Site) -> None:
    auditor = await staff(site, "auditor-1", "auditor")
    for kind, begins in (("violation", "confidential-violation-"), ("resource", "resource-")):
        job = await transfers.ask_export(site, auditor, kind, Wanted(purpose="監査"))
        await transfers.do_small(site, auditor, job)
        found = await transfers.find(site, auditor, job.id)
        assert found.result is not None
        assert found.result.filename.startswith(begins)
