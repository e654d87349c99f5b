"""Cases: begun by staff about an operator, reviewed by others, kept from the operator."""

from typing import Any

import pytest

from models.documents.application import Application
from models.documents.base import new_id
from models.documents.event import Event
from models.documents.record import Record
from models.errors import NotAllowed, NotFound, TransitionRefused
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import correcting, requesting
from models.services.applications import find, may_begin
from models.services.beginning import begin
from models.services.records import find_own
from models.services.site import Site
from models.services.steps import Given, possible_steps, take_step
from models.services.submitting import submit
from tests.schema.definitions import a_type, field
from tests.services.answers import fill_in
from tests.services.conftest import staff
from tests.services.people import decide, register_operator
from tests.services.stored import publish


def case_type(**applications: Any) -> RecordType:
    """A type only the staff begin, whose records operators do not see."""
    named = {"workflow": "registration", "begun_by": ["reviewer"], **applications}
    return a_type(
        field("facts", required=True),
        field("kind", default="warning"),
        record_type="bench_case",
        collection="bench_cases",
        belongs_to="operator",
        title="{facts}",
        applications=named,
        access=[{"by": ["staff"]}],
    )


async def begun(site: Site, actor: Actor, operator: Record, **answers: str) -> Application:
    if "bench_case" not in site.registry.all_current():
        await publish(site, case_type())
    return await requesting.begin_case(site, actor, "bench_case", operator.id, answers, ground="通報による")


async def test_a_case_becomes_a_record_of_the_operator_that_the_operator_does_not_see(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    operator, own = await register_operator(site, reviewer, approver)
    clerk = await staff(site, "clerk", "reviewer")
    case = await begun(site, clerk, operator, facts="約款違反")
    assert (case.operator_id, case.by_staff, case.ground) == (operator.id, True, "通報による")
    assert case.answers == {"facts": "約款違反", "kind": "warning"}
    assert await Event.find_one({"action": "case.begun", "subject.id": case.id}) is not None
    case = await fill_in(site, clerk, case, {"facts": "約款違反", "kind": "warning"})
    case = await submit(site, clerk, case, revision=case.revision)
    with pytest.raises(NotFound):
        await find(site, own, case.reference)
    case = await decide(site, reviewer, approver, case)
    record = await site.records["bench_case"].get(case.record_id)
    assert record is not None
    assert record.operator_id == operator.id
    assert (await find_own(site, reviewer, "bench_case", record.number)).id == record.id
    with pytest.raises(NotFound):
        await find_own(site, own, "bench_case", record.number)


async def test_who_began_a_case_decides_nothing_of_it(site: Site, reviewer: Actor, approver: Actor) -> None:
    operator, _ = await register_operator(site, reviewer, approver)
    both = await staff(site, "both", "reviewer", "approver")
    case = await begun(site, both, operator)
    case = await fill_in(site, both, case, {"facts": "約款違反"})
    case = await submit(site, both, case, revision=case.revision)
    assert {name for name, _ in possible_steps(site, both, case)} == {"withdraw"}
    with pytest.raises(NotAllowed):
        await take_step(site, both, case, "claim", Given())
    assert (await take_step(site, reviewer, case, "claim", Given())).assignee is not None


async def test_only_who_is_named_begins_a_case(site: Site, reviewer: Actor, approver: Actor) -> None:
    operator, own = await register_operator(site, reviewer, approver)
    await begun(site, reviewer, operator)
    mine = {each.name for each in requesting.beginnable(site, reviewer)}
    assert mine == {"bench_case", "cancellation", "notice", "violation"}
    assert "bench_case" not in {each.name for each in requesting.beginnable(site, approver)}
    for actor in (approver, own, await staff(site, "nobody")):
        with pytest.raises(NotAllowed):
            await requesting.begin_case(site, actor, "bench_case", operator.id)
    definition = site.registry.current("bench_case").definition
    assert not may_begin(site, own, definition, "register")
    with pytest.raises(NotAllowed):
        await begin(site, own, "bench_case")
    with pytest.raises(NotAllowed):
        await requesting.begin_case(site, reviewer, "resource", operator.id)


async def test_a_case_is_about_an_operator_there_is(site: Site, reviewer: Actor) -> None:
    await publish(site, case_type())
    with pytest.raises(NotFound):
        await requesting.begin_case(site, reviewer, "bench_case", new_id())


@pytest.mark.slow
async def test_a_case_asks_what_its_type_needs_of_the_operator(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    operator, _ = await register_operator(site, reviewer, approver)
    await publish(site, case_type(needs={"operator.lifecycle": "suspended"}))
    with pytest.raises(TransitionRefused):
        await requesting.begin_case(site, reviewer, "bench_case", operator.id)


@pytest.mark.slow
async def test_cases_and_corrections_are_kept_apart(site: Site, reviewer: Actor, approver: Actor) -> None:
    operator, _ = await register_operator(site, reviewer, approver)
    case = await begun(site, reviewer, operator)
    correction = await correcting.begin_correction(site, reviewer, operator, "誤記")
    assert [each.reference for each in await requesting.my_cases(site, reviewer)] == [case.reference]
    assert [e.reference for e in await correcting.my_corrections(site, reviewer)] == [correction.reference]
    assert (await requesting.find_case(site, reviewer, case.reference)).id == case.id
    for look, other in ((requesting.find_case, correction), (correcting.find_correction, case)):
        with pytest.raises(NotFound):
            await look(site, reviewer, other.reference)
    with pytest.raises(NotFound):
        await requesting.find_case(site, approver, case.reference)
