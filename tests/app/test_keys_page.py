"""The page of sealing keys in the admin: what it counts, before and after a rotation asked for there."""

import re

import pytest_asyncio

from app.demo import PASSWORD
from models.documents.account import Account
from models.services import jobs
from models.services.passwords import hash_password
from models.services.site import Site
from tests.app.conftest import Inside
from tests.app.people import Member
from tests.services.contracts import operator
from tests.services.sealing import NEW, OLD, record_of, with_keys

ADDRESS = "/admin/secrets"


@pytest_asyncio.fixture
async def sealed(inside: Inside) -> Site:
    """A site with answers under its former key, which runs with a newer one."""
    before = with_keys(inside.site, OLD)
    await record_of(before, await operator(before, "U1"), "a", "b", "c", "d", "e")
    inside.site = inside.app.state.site = with_keys(inside.site, NEW, OLD)
    return inside.site


async def test_answers_are_counted_anew_when_a_rotation_has_ended(inside: Inside, sealed: Site) -> None:
    hashed = hash_password(PASSWORD)
    facts = {"login": "chief", "kind": "staff", "name": "Chief", "email": "chief@example.jp"}
    known = {"roles": ["system_administrator"], "status": "active", "password_hash": hashed}
    await Account.model_validate({**facts, **known, "created_at": inside.hands()}).insert()
    chief = await Member(inside.browser()).sign_in("chief")
    assert counted((await chief.client.get(ADDRESS)).text) == [0, 9, 0]
    asked = await chief.post(f"{ADDRESS}/rotate", {"token": "once"})
    assert asked.status_code == 303, asked.text
    under_way = await chief.client.get(ADDRESS)
    assert under_way.headers["Refresh"] == "5"
    while await jobs.run_one(sealed):
        continue
    after = await chief.client.get(ADDRESS)
    assert counted(after.text) == [9, 0, 0]
    assert "Refresh" not in after.headers


def counted(page: str) -> list[int]:
    """How many answers each key seals, the newest first and the derived one last."""
    return [int(found) for found in re.findall(r'<td class="a-number">(\d+)</td>', page)]
