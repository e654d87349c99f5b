"""The documents rows of a file become: what can be worked out before their transaction, then the rest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.documents.base import new_id
from models.errors import TransferRefused
from models.permissions import Actor
from models.schema.search import GRAM_LIMIT, entries, grams_of
from models.services.incoming import Incoming, Rows
from models.services.site import Site

_REPEATED = ("type", "revision", "schema_version", "lifecycle", "data")
"""What a version repeats of its record; the answers themselves, which both are to have under the number."""


class Documents:
    """Makes the documents of the rows of one import, with its purpose as the ground of every change."""

    def __init__(self, site: Site, actor: Actor, rows: Rows, purpose: str) -> None:
        self.rows, self.definition = rows, rows.definition
        self.field = self.definition.number.field
        self._told = {"application_id": None, "reason": purpose, "by": actor.person.model_dump()}
        self._new: dict[str, Any] = {
            "_id": None,
            "type": self.definition.name,
            "number": "",
            "title": "",
            "schema_version": rows.current.version,
            "operator_id": None,
            "lifecycle": site.lifecycles[self.definition.lifecycle].first,
            "data": {},
            "attic": [],
            "revision": 1,
            "grams": [],
            "stamps": {},
        }

    def prepare(self, row: Incoming, now: datetime) -> None:
        """Put the documents of a row together; those of a new one are without its number."""
        row.document = self._begun(row, now) if row.kind == "new" else self._changed(row, now)
        row.version = self._version(row.document)

    def number(self, row: Incoming, number: str) -> None:
        """Put the number of a new row into its documents, in place of one a transaction that was not
        committed has drawn. Raises TransferRefused without an operator."""
        document, data = row.document, row.document["data"]
        if document["operator_id"] is None and not self.definition.is_ours:
            raise TransferRefused
        data[self.field] = number
        document["number"], document["title"] = number, self.definition.title_of(data) or number
        document["grams"] = list(dict.fromkeys([*entries(number), *row.grams]))[:GRAM_LIMIT]

    def _begun(self, row: Incoming, now: datetime) -> dict[str, Any]:
        identity = new_id()
        row.grams = grams_of(self.definition, "", row.data)
        own = {
            "_id": identity,
            "operator_id": identity if self.rows.is_operator else row.operator_id,
            "data": dict(row.data),
            "created_at": now,
            "updated_at": now,
        }
        return {**self._new, **own}

    def _changed(self, row: Incoming, now: datetime) -> dict[str, Any]:
        record = dict(row.record or {})
        number = record["number"]
        data = {**row.data, self.field: number}
        attic = list(row.carried.attic) if row.carried else []
        kept = list(record.get("attic") or [])
        return {
            **record,
            "data": data,
            "attic": [*kept, *(entry for entry in attic if entry not in kept)],
            "title": self.definition.title_of(data) or number,
            "schema_version": self.rows.current.version,
            "revision": record["revision"] + 1,
            "grams": grams_of(self.definition, number, data),
            "updated_at": now,
        }

    def _version(self, document: Mapping[str, Any]) -> dict[str, Any]:
        own = {"_id": new_id(), "record_id": document["_id"], "at": document["updated_at"]}
        return {**own, **{name: document[name] for name in _REPEATED}, **self._told}
