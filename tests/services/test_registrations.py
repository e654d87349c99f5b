"""What is registered: changed and deleted by application, kept in versions, bound to its operator."""

from dataclasses import replace

import pytest

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id
from models.documents.record import RecordVersion
from models.errors import (
    AlreadyOpen,
    DuplicateValue,
    NotAllowed,
    NotFound,
    RecordChanged,
    SignInFailed,
    TransitionRefused,
)
from models.permissions import Actor
from models.services import accounts, listings, records
from models.services.applications import save_page
from models.services.beginning import begin
from models.services.checks import automatic_checks
from models.services.identifying import actor_for
from models.services.invitations import invite_staff
from models.services.passwords import hash_password
from models.services.review import changes
from models.services.signing import sign_in
from models.services.site import Site
from models.services.steps import take_step
from models.services.submitting import submit
from tests.services.answers import fill_in, valid_answers
from tests.services.conftest import visitor
from tests.services.people import decide, register_operator, register_resource


async def change_resource(site: Site, operator: Actor, record_id: Id, name: str) -> Application:
    application = await begin(site, operator, "resource", "change", record_id=record_id)
    page = site.registry.current("resource").definition.laid_out[0]
    typed = {field: application.answers.get(field) for field in page.fields} | {"resource_name": name}
    application = await save_page(site, operator, application, page.name, typed, revision=0)
    return await submit(site, operator, application, revision=application.revision)


async def test_a_resource_is_registered_changed_and_deleted(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    _, operator = await register_operator(site, reviewer, approver)
    record = await register_resource(site, operator, reviewer, approver)
    assert (record.number, record.revision, record.lifecycle) == ("0000000001", 1, "active")

    application = await change_resource(site, operator, record.id, "改称した発電所")
    before = await site.records["resource"].get(record.id)
    assert before is not None
    assert before.title != "改称した発電所"
    found = await changes(site, reviewer, application, "ja")
    assert [(change.path, change.after) for change in found] == [("resource_name", "改称した発電所")]
    await decide(site, reviewer, approver, application)
    changed = await site.records["resource"].get(record.id)
    assert changed is not None
    assert (changed.title, changed.revision) == ("改称した発電所", 2)

    deletion = await begin(site, operator, "resource", "delete", record_id=record.id)
    deletion = await submit(site, operator, deletion, revision=deletion.revision)
    await decide(site, reviewer, approver, deletion)
    deleted = await site.records["resource"].get(record.id)
    assert deleted is not None
    assert deleted.lifecycle == "deleted"
    kept = await RecordVersion.find({"record_id": record.id}).sort("revision").to_list()
    assert [(v.revision, v.lifecycle) for v in kept] == [(1, "active"), (2, "active"), (3, "deleted")]


async def test_an_operators_information_is_changed_and_looked_up(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    record, operator = await register_operator(site, reviewer, approver)
    application = await begin(site, operator, "operator", "change", record_id=record.id, terms_version="1.0")
    page = next(p for p in site.registry.current("operator").definition.laid_out if "address" in p.fields)
    typed = {name: application.answers.get(name) for name in page.fields} | {"address": "丸の内9-9-9"}
    application = await save_page(site, operator, application, page.name, typed, revision=0)
    application = await submit(site, operator, application, revision=application.revision)
    await decide(site, reviewer, approver, application)
    changed = await records.find_own(site, operator, "operator", record.number)
    assert (changed.data["address"], changed.revision) == ("丸の内9-9-9", 2)
    assert changed.stamps == record.stamps
    assert await Account.find({"issued_for": record.id}).count() == 1


async def test_only_one_application_on_a_record_is_open(site: Site, reviewer: Actor, approver: Actor) -> None:
    record, operator = await register_operator(site, reviewer, approver)
    await begin(site, operator, "operator", "change", record_id=record.id, terms_version="1.0")
    with pytest.raises(AlreadyOpen):
        await begin(site, operator, "operator", "change", record_id=record.id, terms_version="1.0")


async def test_a_change_begun_on_an_older_version_is_not_put_over_a_newer(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    _, operator = await register_operator(site, reviewer, approver)
    record = await register_resource(site, operator, reviewer, approver)
    application = await change_resource(site, operator, record.id, "古い版への変更")
    newer = record.model_copy(update={"revision": 2})
    await site.store.transaction(lambda session: site.records["resource"].replace(newer, 1, session))
    failing = [check.rule for check in await automatic_checks(site, reviewer, application) if not check.ok]
    assert failing == ["record.revision"]
    with pytest.raises(RecordChanged):
        await decide(site, reviewer, approver, application)
    kept = await site.records["resource"].get(record.id)
    assert kept is not None
    assert kept.title == record.title


async def test_an_operator_with_live_resources_cannot_be_deleted(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    record, operator = await register_operator(site, reviewer, approver)
    await register_resource(site, operator, reviewer, approver)
    deletion = await begin(site, operator, "operator", "delete", record_id=record.id, terms_version="1.0")
    deletion = await submit(site, operator, deletion, revision=deletion.revision)
    with pytest.raises(TransitionRefused):
        await decide(site, reviewer, approver, deletion)


async def test_a_grid_code_is_registered_once_a_delivery_year(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    """The index refuses it even where two reviews go on at once; another year is free."""
    _, operator = await register_operator(site, reviewer, approver)
    await register_resource(site, operator, reviewer, approver)
    answers = valid_answers(site.registry.current("resource").definition)
    same = await begin(site, operator, "resource")
    same = await fill_in(site, operator, same, answers)
    same = await submit(site, operator, same, revision=same.revision)
    assert "grid_code.unique" in [
        check.rule for check in await automatic_checks(site, reviewer, same) if not check.ok
    ]
    with pytest.raises(DuplicateValue) as refused:
        await decide(site, reviewer, approver, same)
    assert refused.value.field == "grid_code"
    year = str(int(answers["delivery_fiscal_year"]) + 1)
    again = await register_resource(site, operator, reviewer, approver, delivery_fiscal_year=year)
    assert again.number == "0000000002"


async def test_declarations_are_kept_with_their_time_and_the_version_of_their_words(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    record, _ = await register_operator(site, reviewer, approver)
    for name in ("eligibility_declaration", "antisocial_declaration"):
        declared = record.data[name]
        assert declared["affirmed"] is True
        assert declared["at"] == site.now().isoformat()
        assert declared["text_version"] == "1"


async def test_an_operator_sees_its_own_records_only(site: Site, reviewer: Actor, approver: Actor) -> None:
    _, first = await register_operator(site, reviewer, approver)
    record = await register_resource(site, first, reviewer, approver)
    other = replace(first, operator_id=reviewer.account_id)
    listed = await listings.page(site, first, "resource", listings.Asked())
    assert [found["number"] for found in listed.rows] == [record.number]
    assert (await listings.page(site, other, "resource", listings.Asked())).rows == []
    with pytest.raises(NotFound):
        await records.find_own(site, other, "resource", record.number)
    with pytest.raises(NotAllowed):
        await listings.page(site, Actor(kind="visitor"), "resource", listings.Asked())


async def test_signing_in_takes_the_operators_own_certificate(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    """Control: the same ID and password with the right certificate open the account."""
    _, operator = await register_operator(site, reviewer, approver)
    account = await Account.get(operator.account_id)
    assert account is not None
    await account.set({"password_hash": hash_password("a long enough one"), "status": "active"})
    somebody = await visitor(site, "stranger-01")
    for wrong in (None, somebody.certificate):
        with pytest.raises(SignInFailed):
            await sign_in(site, account.login, "a long enough one", wrong)
    opened = await sign_in(site, account.login, "a long enough one", operator.certificate)
    assert opened.login == account.login


async def test_a_user_is_issued_by_the_administrator_only(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    _, administrator = await register_operator(site, reviewer, approver)
    issued = await accounts.issue_user(site, administrator, name="電力 次郎", email="jiro@example.co.jp")
    assert (issued.login, issued.operator_id) == ("U0000001", administrator.operator_id)
    user = actor_for(issued)
    with pytest.raises(NotAllowed):
        await accounts.issue_user(site, user, name="電力 三郎", email="saburo@example.co.jp")


async def test_staff_are_invited_with_roles_of_the_site(site: Site) -> None:
    invited = await invite_staff(site, login="mori", name="森", email="mori@example.jp", roles=("reviewer",))
    assert (invited.password_hash, invited.roles) == (None, ["reviewer"])
    with pytest.raises(TransitionRefused):
        await invite_staff(site, login="hayashi", name="林", email="h@example.jp", roles=("owner",))
    with pytest.raises(DuplicateValue):
        await invite_staff(site, login="mori", name="森", email="mori@example.jp", roles=("reviewer",))


async def test_a_visitor_may_only_apply_to_become_an_operator(site: Site) -> None:
    somebody = await visitor(site)
    with pytest.raises(NotAllowed):
        await begin(site, somebody, "resource")


async def test_nobody_withdraws_anothers_application(site: Site) -> None:
    owner, somebody = await visitor(site, "owner-01"), await visitor(site, "other-01")
    application = await begin(site, owner, "operator", terms_version="1.0")
    with pytest.raises(NotFound):
        await take_step(site, somebody, application, "withdraw")
