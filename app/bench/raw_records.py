"""The list of records at the limit: session, account, one projected find, one capped count, one template."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bson.objectid import ObjectId
from starlette.requests import Request
from starlette.responses import Response

from models.configuration.load import Configuration
from models.documents.keyset import beyond
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.search import needles

if TYPE_CHECKING:
    from app.bench.raw import Raw

SIZE = 50
COUNTED = 10_001
Row = dict[str, Any]


class RawRecords:
    """The lists of every record type, each at the address our list has."""

    def __init__(self, configuration: Configuration) -> None:
        self.kinds = configuration.record_types
        self.states = {
            name: {state: found.label("ja") for state, found in life.states.items()}
            for name, life in configuration.lifecycles.items()
        }

    async def page(self, raw: "Raw", request: Request) -> Response:
        """Fifty rows as the address asks: one filter, one order, a place, a search."""
        account = await raw.account(request)
        kind = self.kinds[request.path_params["type"]]
        columns = [(field.name, field.label("ja"), _options(field)) for field in _listed(kind)]
        where, order = _asked(request.query_params)
        paths = ["number", "title", "lifecycle", "updated_at", *(f"data.{name}" for name, _, _ in columns)]
        collection = raw.db[kind.collection]
        if after := request.query_params.get("after"):
            where = await _onward(collection, where, order, after)
        rows, total = await asyncio.gather(
            collection.find(where, dict.fromkeys(paths, 1)).sort(order).limit(SIZE + 1).to_list(None),
            _count(collection, where),
        )
        words: Row = {"kind": kind, "columns": columns, "states": self.states[kind.lifecycle]}
        return raw.draw("records.html", account=account, rows=rows[:SIZE], total=total, **words)


def _listed(kind: RecordType) -> list[BaseField]:
    title = kind.title.strip("{}")
    return [field for field in kind.fields if field.listed and field.name != title][:6]


def _options(field: BaseField) -> dict[str, str]:
    return {option.code: option.label("ja") for option in getattr(field, "options", ())}


def _asked(asked: Mapping[str, str]) -> tuple[Row, list[tuple[str, int]]]:
    where: Row = {}
    for name, value in asked.items():
        path, _, operator = name.rpartition("__")
        if operator == "eq":
            where[path] = value
    if asked.get("q"):
        where["grams"] = {"$all": needles(asked["q"])}
    path, _, way = asked.get("sort", "_id__desc").rpartition("__")
    step = -1 if way == "desc" else 1
    return where, [(path, step)] if path in ("_id", "number") else [(path, step), ("_id", step)]


async def _onward(collection: Any, where: Row, order: list[tuple[str, int]], after: str) -> Row:
    row = await collection.find_one({"_id": ObjectId(after)}, {path: 1 for path, _ in order})
    place = [_dig(row, path) for path, _ in order]
    return {"$and": [where, beyond(order, place)]} if where else dict(beyond(order, place))


def _dig(row: Any, path: str) -> Any:
    for step in path.split("."):
        row = row[step]
    return row


async def _count(collection: Any, where: Row) -> int:
    if not where:
        return int(await collection.estimated_document_count())
    return int(await collection.count_documents(where, limit=COUNTED))
