"""The automatic checks: what each finds, what it may tell, and that none of them ends the page."""

from dataclasses import replace
from typing import Any

from models.documents.application import Application
from models.documents.certificate import Certificate
from models.permissions import Actor
from models.services.beginning import begin
from models.services.checks import DAMAGED, NOT_MADE, UNSEEN, CheckResult, automatic_checks
from models.services.looking import look_at
from models.services.review import FORCE, bases, chosen
from models.services.site import Site
from models.services.standing import standing_of
from models.services.steps import Given, take_step
from models.services.submitting import submit
from models.services.submitting import withdraw as withdraw_it
from tests.schema.definitions import a_type, field
from tests.services.answers import fill_in, valid_answers
from tests.services.conftest import knowing, visitor
from tests.services.people import register_operator, register_resource
from tests.services.stored import publish, store_application


async def checks_of(site: Site, actor: Actor, application: Application) -> dict[str, CheckResult]:
    return {check.rule: check for check in await automatic_checks(site, actor, application)}


async def apply(site: Site, name: str, **changed: Any) -> tuple[Application, Actor]:
    """An application to become an operator, handed over by somebody with a certificate of their own."""
    somebody = await visitor(site, name)
    application = await begin(site, somebody, "operator", terms_version="1.0")
    somebody = knowing(somebody, application.id)
    answers = {**valid_answers(site.registry.current("operator").definition), **changed}
    application = await fill_in(site, somebody, application, answers)
    return await submit(site, somebody, application, revision=application.revision), somebody


async def test_a_value_in_another_open_application_is_told_while_that_is_open(
    site: Site, reviewer: Actor
) -> None:
    first, somebody = await apply(site, "first-01", operator_code="ZZ01")
    second, _ = await apply(site, "second-01", operator_code="ZZ01")
    told = (await checks_of(site, reviewer, second))["operator_code.open"]
    assert (told.ok, told.path) == (False, "operator_code")
    assert first.reference in told.message("en")
    await withdraw_it(site, somebody, first)
    assert (await checks_of(site, reviewer, second))["operator_code.open"].ok


async def test_formats_that_were_checked_are_named(site: Site, reviewer: Actor) -> None:
    application, _ = await apply(site, "first-01")
    found = await checks_of(site, reviewer, application)
    coded = {rule: check.message("en") for rule, check in found.items() if rule.endswith(".format")}
    assert "corporate_number.format" in coded
    assert all(check.ok for check in found.values())
    wrong = application.model_copy(update={"answers": {**application.answers, "corporate_number": "12"}})
    assert not (await checks_of(site, reviewer, wrong))["corporate_number.format"].ok


async def test_a_reference_that_is_gone_and_an_operator_that_is_not_in_force_are_told(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    record, _ = await register_operator(site, reviewer, approver)
    published = await publish(site, a_type(field("title"), field("ref", "reference", to="operator")))
    picked = {"title": "a", "ref": record.number}
    application = await store_application(site, published, "T-1", picked, picked)
    application = application.model_copy(update={"operator_id": record.id})
    found = await checks_of(site, reviewer, application)
    assert found["references"].ok
    assert found["operator"].ok
    operators = site.records["operator"].collection
    await operators.update_one({"_id": record.id}, {"$set": {"lifecycle": "deleted"}})
    found = await checks_of(site, reviewer, application)
    assert not found["operator"].ok
    assert found["ref.reference"].path == "ref"


async def test_what_is_damaged_beside_an_application_is_told_and_the_rest_still_checked(
    site: Site, reviewer: Actor
) -> None:
    application, _ = await apply(site, "first-01")
    await Certificate.raw().update_one(
        {"fingerprint": application.certificate}, {"$set": {"not_after": "yesterday"}}
    )
    found = await checks_of(site, reviewer, application)
    assert found["certificate"].message.msgid == DAMAGED
    assert found["rules"].ok


async def test_a_check_that_breaks_is_told_and_the_others_are_made(site: Site, reviewer: Actor) -> None:
    """Control: the same application with sound keys has no such line."""
    application, _ = await apply(site, "first-01")
    broken = application.model_copy(update={"keys": [7]})
    found = await checks_of(site, reviewer, broken)
    assert (found["open"].ok, found["open"].message.msgid) == (False, NOT_MADE)
    assert found["rules"].ok
    assert "open" not in await checks_of(site, reviewer, application)


async def test_a_failing_rule_about_what_one_may_not_read_is_told_without_it(
    site: Site, reviewer: Actor
) -> None:
    hidden = field("pin", "integer", access={"read": ["approver"]})
    published = await publish(site, a_type(field("title"), hidden))
    application = await store_application(site, published, "T-1", {"title": "a", "pin": "x"}, {"title": "a"})
    found = await checks_of(site, reviewer, application)
    assert found["rules"].message.msgid == UNSEEN
    assert not [rule for rule in found if rule.startswith("pin")]
    may = replace(reviewer, roles=frozenset({"approver"}))
    assert [rule for rule in await checks_of(site, may, application) if rule.startswith("pin.")]


async def test_any_round_and_the_version_in_force_can_be_compared_with(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    _, operator = await register_operator(site, reviewer, approver)
    record = await register_resource(site, operator, reviewer, approver)
    change = await begin(site, operator, "resource", "change", record_id=record.id)
    change = await submit(site, operator, change, revision=change.revision)
    assert [base.name for base in bases(await look_at(site, reviewer, change))] == [FORCE]
    for _ in range(2):
        change = await take_step(site, reviewer, change, "claim")
        change = await take_step(site, reviewer, change, "return", Given(remarks={"resource_name": "?"}))
        change = await submit(site, operator, change, revision=change.revision)
    look = await look_at(site, reviewer, change)
    assert [base.name for base in bases(look)] == ["round-2", FORCE, "round-1"]
    for asked, found in (("round-1", "round-1"), ("", "round-2"), ("round-9", "round-2"), (FORCE, FORCE)):
        base = chosen(look, asked)
        assert base is not None
        assert base.name == found


async def test_the_applicants_past_is_told_with_outcomes_and_remarks(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    record, operator = await register_operator(site, reviewer, approver)
    assert await standing_of(await look_at(site, reviewer, (await apply(site, "new-01"))[0])) is None
    earlier = await begin(site, operator, "resource")
    earlier = await fill_in(
        site, operator, earlier, valid_answers(site.registry.current("resource").definition)
    )
    earlier = await submit(site, operator, earlier, revision=earlier.revision)
    earlier = await take_step(site, reviewer, earlier, "claim")
    earlier = await take_step(site, reviewer, earlier, "return", Given(remarks={"area": "エリアを確認"}))
    change = await begin(site, operator, "operator", "change", record_id=record.id, terms_version="1.0")
    found = await standing_of(await look_at(site, reviewer, change))
    assert found is not None
    assert (found.number, found.live) == (record.number, True)
    assert {(each.reference, each.count, each.rounds) for each in found.earlier} >= {
        (earlier.reference, 1, 1)
    }
    told = next(each for each in found.earlier if each.reference == earlier.reference)
    assert told.remarks == (("", "エリアを確認"),)
    assert {held.type: held.count for held in found.held}["resource"] == 0
