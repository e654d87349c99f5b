"""Whom a notice is for: by what accounts are, by what their operators own, as they are now."""

from datetime import timedelta
from typing import Any

import pytest

from models.documents.account import Account
from models.documents.base import Id, new_id
from models.documents.dead_address import DeadAddress, address_key
from models.documents.publication import Audience
from models.errors import NotFound
from models.permissions import Actor
from models.services import audiences
from models.services.notices import VISITOR
from models.services.site import Site
from tests.services.announced import change, publish
from tests.services.people_of import Company, id_of, new_company, signed_in, somebody

IN_TOKYO = {"areas": ["03"]}


async def own(site: Site, operator: Id, area: str, lifecycle: str = "active") -> None:
    """Let an operator own a resource in an area."""
    row = {"_id": new_id(), "type": "resource", "number": str(new_id()), "title": "電源", "schema_version": 1}
    row |= {"operator_id": operator, "lifecycle": lifecycle, "data": {"area": area}, "revision": 1}
    await site.records["resource"].collection.insert_one(row, bypass_document_validation=True)


def owners(site: Site) -> Audience:
    return audiences.audience_of(site, "owners_in_area", IN_TOKYO)


async def names(site: Site, audience: Audience) -> list[Id]:
    return [id_of(account) for account in await audiences.people(site, audience, None, 100)]


@pytest.fixture
async def tokyo(site: Site) -> Company:
    """An operator with a live resource in the area; others own one elsewhere, or owned one."""
    company, elsewhere, former = [await new_company(site) for _ in range(3)]
    await own(site, company.operator, "03")
    await own(site, company.operator, "03")
    await own(site, elsewhere.operator, "09")
    await own(site, former.operator, "03", "ended")
    return company


async def test_an_audience_by_condition_holds_the_people_of_owners_alone(site: Site, tokyo: Company) -> None:
    both = [id_of(tokyo.administrator), id_of(tokyo.user)]
    await somebody(site, tokyo.operator, "user", status="suspended")
    assert await names(site, owners(site)) == both
    found = await audiences.count(site, owners(site))
    assert (found.accounts, found.operators, found.with_mail, found.withheld) == (2, 1, 2, {})
    other = audiences.audience_of(site, "owners_in_area", {"areas": ["01"]})
    assert await names(site, other) == []


async def test_roles_and_openings_choose_accounts(site: Site, tokyo: Company) -> None:
    member = await somebody(site, None, "approver")
    listed = {
        name: await names(site, audiences.audience_of(site, name, {}))
        for name in ("administrators", "staff", "operators")
    }
    kinds = await Account.find({"kind": "operator"}).to_list()
    assert listed["administrators"] == [id_of(a) for a in kinds if "administrator" in a.roles]
    assert listed["staff"] == [id_of(member)]
    assert sorted(listed["operators"]) == sorted(id_of(a) for a in kinds)


def acting_for(site: Site, **changed: Any) -> dict[str, Any]:
    """A delegation that lasts to the end of today."""
    duties = {"version": "1", "text": "", "by": {"kind": "operator"}, "at": site.now()}
    told = {
        "organisation": "受託",
        "begins": "2026-01-01",
        "ends": site.today().isoformat(),
        "duties": duties,
    }
    return {**told, **changed}


@pytest.mark.parametrize(
    ("changed", "is_in"),
    [
        ({}, True),
        ({"ends": "2026-01-02"}, False),
        ({"types": ["operator"]}, False),
        ({"types": ["resource"]}, True),
    ],
)
async def test_a_delegate_is_told_as_long_and_as_far_as_they_act(
    site: Site, tokyo: Company, changed: dict[str, Any], is_in: bool
) -> None:
    delegate = await somebody(site, tokyo.operator, "user", delegation=acting_for(site, **changed))
    assert (id_of(delegate) in await names(site, owners(site))) is is_in
    assert await audiences.belongs(site, owners(site), id_of(delegate)) is is_in


async def test_people_come_in_pages_each_once(
    site: Site, tokyo: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiences, "STRETCH", 2)
    everybody, place, seen = audiences.audience_of(site, "operators", {}), None, []
    while True:
        page = await audiences.listed(site, everybody, place, 4)
        seen += [id_of(account) for account in page.accounts]
        if not page.following:
            break
        place = Id(page.following)
    assert seen == await names(site, everybody)
    assert len(seen) == len(set(seen)) == 6


async def test_what_is_for_an_audience_is_read_by_it_alone_and_by_newcomers_at_once(
    site: Site, tokyo: Company
) -> None:
    notice = await publish(site, "東京", "listed", audience=owners(site))
    newcomer = await new_company(site)
    assert await readers(site, notice, tokyo.head, newcomer.head, VISITOR) == [True, False, False]
    await own(site, newcomer.operator, "03")
    assert await readers(site, notice, tokyo.head, newcomer.head, VISITOR) == [True, True, False]
    await change(notice, shown=False)
    notice.shown = False
    assert await readers(site, notice, newcomer.head) == [False]


async def readers(site: Site, notice: Any, *actors: Actor) -> list[bool]:
    """Who may read a notice; a list of notices says the same."""
    found = []
    for actor in actors:
        may = await audiences.may_read(site, actor, notice)
        where = {"$and": [await audiences.readable(site, actor), {"_id": notice.id}]}
        assert (await type(notice).find(where).count() == 1) is may
        found.append(may)
    return found


async def test_mails_are_withheld_for_a_reason_unless_the_rules_require_them(site: Site) -> None:
    company = await new_company(site)
    unwilling = await somebody(site, company.operator, "user", mail_choices={"notices": "important"})
    dead = await somebody(site, company.operator, "user")
    nowhere = await somebody(site, company.operator, "user", email="")
    key = address_key(dead.email)
    gone = DeadAddress.model_validate(
        {"address": key, "written": dead.email, "dead_at": site.now(), "last_at": site.now()}
    )
    await gone.insert()
    found = [company.administrator, unwilling, dead, nowhere]
    normal = await audiences.why_withheld(found, "normal", required=False)
    assert normal == {
        unwilling.id: audiences.NOT_WANTED,
        dead.id: audiences.DEAD_ADDRESS,
        nowhere.id: audiences.NO_ADDRESS,
    }
    for importance, required in (("urgent", False), ("normal", True)):
        anyway = await audiences.why_withheld(found, importance, required=required)  # type: ignore[arg-type]
        assert set(anyway) == {dead.id, nowhere.id}


async def test_an_audience_the_site_has_no_more_holds_nobody(site: Site) -> None:
    """Fail closed: its notices wait."""
    company = await new_company(site)
    gone = owners(site).model_copy(update={"name": "former"})
    notice = await publish(site, "昔", "listed", audience=gone, ago=timedelta(days=1))
    assert not await audiences.may_read(site, signed_in(site, company.user), notice)
    with pytest.raises(NotFound):
        await audiences.count(site, gone)
