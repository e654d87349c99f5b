"""``memory://`` is for trials: the journey runs there too, without what only a real server can give."""

from pathlib import Path

import pytest

from app.database import open_database
from app.opening import build_site
from app.settings import Settings
from models.clock import system_entropy
from models.configuration.load import Configuration
from models.documents.account import Account
from models.services.sealing import seal, verify
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.people import register_operator, register_resource


async def test_an_operator_and_its_resource_are_registered_in_memory(
    tmp_path: Path, settings: Settings, configuration: Configuration, hands: Hands
) -> None:
    async with open_database("memory://", data_dir=tmp_path, owner=True) as store:
        site = await build_site(settings, configuration, store, hands, system_entropy)
        reviewer, approver = (
            await staff(site, "reviewer", "reviewer"),
            await staff(site, "approver", "approver"),
        )
        record, operator = await register_operator(site, reviewer, approver)
        resource = await register_resource(site, operator, reviewer, approver)
        assert (record.number, resource.number) == ("00000001", "0000000001")
        assert await Account.find({"issued_for": record.id}).count() == 1
        assert await seal(site) > 0
        assert (await verify()).count > 0


async def test_partial_unique_indexes_hold_in_memory(
    tmp_path: Path, settings: Settings, configuration: Configuration, hands: Hands
) -> None:
    """Control: accounts that were issued for nobody do not collide."""
    async with open_database("memory://", data_dir=tmp_path, owner=True) as store:
        site = await build_site(settings, configuration, store, hands, system_entropy)
        reviewer, approver = (
            await staff(site, "reviewer", "reviewer"),
            await staff(site, "approver", "approver"),
        )
        record, _ = await register_operator(site, reviewer, approver)
        second = Account(
            login="second",
            kind="operator",
            name="n",
            email="n@example.jp",
            issued_for=record.id,
            created_at=hands(),
        )
        with pytest.raises(Exception, match="E11000"):
            await second.insert()
