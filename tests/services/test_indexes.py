"""Indexes follow the definitions: one whose terms changed is made anew, unless what is stored breaks it."""

from typing import Any

import pytest
from pymongo import ASCENDING, IndexModel

from app.database import Database
from models.documents.indexes import ensure_indexes
from models.errors import ConfigurationError


def unique(among: list[str]) -> list[IndexModel]:
    partial: dict[str, Any] = {"lifecycle": {"$in": among}}
    return [
        IndexModel([("code", ASCENDING)], unique=True, name="unique_code", partialFilterExpression=partial)
    ]


async def test_an_index_whose_terms_changed_is_made_anew(store: Database) -> None:
    things = store.mongo["things"]
    await ensure_indexes(things, unique(["active"]))
    await ensure_indexes(
        things, [*unique(["active", "suspended"]), IndexModel([("other", ASCENDING)], name="o")]
    )
    found = await things.index_information()
    assert found["unique_code"]["partialFilterExpression"] == {"lifecycle": {"$in": ["active", "suspended"]}}
    assert "o" in found


async def test_what_is_stored_and_breaks_a_new_rule_is_told(store: Database) -> None:
    """Control: the narrower rule, which the same records keep, is accepted."""
    things = store.mongo["things"]
    await things.insert_many([{"code": "a", "lifecycle": "suspended"}, {"code": "a", "lifecycle": "active"}])
    await ensure_indexes(things, unique(["active"]))
    with pytest.raises(ConfigurationError, match=r"things\.unique_code"):
        await ensure_indexes(things, unique(["active", "suspended"]))
