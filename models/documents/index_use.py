"""Which indexes a collection has, what they weigh and what they serve, as the server tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.errors import OperationFailure

from models.documents.rows import PATIENCE

UNKNOWN_COLLECTION = 26
PAGE = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """An index as it is: its keys, its size in bytes, and how often it was used since the server
    started."""

    name: str
    keys: tuple[tuple[str, int], ...]
    size: int
    uses: int


@dataclass(frozen=True, slots=True)
class Served:
    """How an order is found: the index that is walked ("" for none: everything is read and sorted), and
    whether it has several entries for one record, which stops pages at depth from using it."""

    index: str
    multikey: bool


async def standing(collection: Any) -> dict[str, Standing]:
    """Every index of a collection by name; none where it does not exist."""
    try:
        keys = await collection.index_information()
        stats = await collection.database.command("collStats", collection.name)
        used = await (await collection.aggregate([{"$indexStats": {}}])).to_list(None)
    except OperationFailure as error:
        if error.code != UNKNOWN_COLLECTION:
            raise
        return {}
    sizes, uses = stats.get("indexSizes", {}), {row["name"]: int(row["accesses"]["ops"]) for row in used}
    return {
        name: Standing(name, _keys(facts["key"]), int(sizes.get(name, 0)), uses.get(name, 0))
        for name, facts in keys.items()
    }


def _keys(told: Any) -> tuple[tuple[str, int], ...]:
    pairs = told.items() if isinstance(told, Mapping) else told
    return tuple((str(path), int(way)) for path, way in pairs)


async def served(collection: Any, order: Sequence[tuple[str, int]]) -> Served:
    """How a page in this order is found, as the server explains it."""
    command = {
        "find": collection.name,
        "filter": {},
        "sort": dict(order),
        "limit": PAGE,
        "maxTimeMS": PATIENCE,
    }
    told = await collection.database.command("explain", command, verbosity="queryPlanner")
    stages = list(_stages(told["queryPlanner"]["winningPlan"]))
    scan = next((stage for stage in stages if stage.get("stage") == "IXSCAN"), None)
    if scan is None or any(stage.get("stage") == "SORT" for stage in stages):
        return Served("", multikey=False)
    return Served(str(scan["indexName"]), bool(scan.get("isMultiKey")))


def _stages(plan: Mapping[str, Any]) -> "list[Mapping[str, Any]]":
    inner = [plan["inputStage"]] if "inputStage" in plan else list(plan.get("inputStages", ()))
    inner += [plan["queryPlan"]] if "queryPlan" in plan else []
    return [plan, *(stage for part in inner for stage in _stages(part))]
