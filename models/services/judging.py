"""Judging rows that come in: by the rules of their type, against each other, and against what is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.documents.transfer import Transfer
from models.language import Message
from models.schema.fault import say
from models.schema.fields import BaseField
from models.schema.fields.base import UniqueRule
from models.schema.values import MISSING, value_at
from models.services.incoming import PIECE, Incoming, RowError, Rows
from models.services.picking import pickable, picked_in, pickers, refused
from models.services.spanning import led_on, otherwise_called, spanned
from models.workflow.engine import holds


@dataclass
class Judge:
    """Says of rows what becomes of them. Values that must be unique are remembered from row to row."""

    rows: Rows
    drafts: bool = False
    taken: dict[str, dict[tuple[Any, ...], int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows, definition = self.rows, self.rows.definition
        self.transfer = Transfer(rows.site.store, definition.collection)
        self.unique = [each for each in definition.fields if each.unique and each.stored]
        self.lifecycle = rows.site.lifecycles[definition.lifecycle]
        self.picks = any(True for _ in pickers(definition))
        self.within: dict[str, Any] = {}

    async def judge(self, incoming: Sequence[Incoming]) -> None:
        """Give every row its kind and its errors."""
        for place, row in enumerate(incoming):
            await self._judge(row)
            if not place % PIECE:
                await self.rows.breath()
        going = [row for row in incoming if row.kind in ("new", "changed") and not row.errors]
        if not self.drafts:
            await self._check_picks(going if self.picks else ())
            await self._check_unique(going)
        for row in going:
            row.kind = "refused" if row.errors else row.kind

    def tell(self, row: Incoming, error: RowError) -> None:
        """Note what speaks against a row besides its own answers."""
        row.errors.append(error)

    async def _judge(self, row: Incoming) -> None:
        if row.errors:
            return
        changed = self.rows.changes(row)
        if row.record is not None and not changed:
            row.kind = "same"
            return
        row.changed = frozenset(self.rows.columns[name].path[0] for name in changed)
        row.errors += self.rows.refusals(row, changed)
        if self.drafts and row.record is not None:
            message = Message("Drafts are for new records; leave the number empty.")
            row.errors.append(self.rows.error(row, "_number", message))
        if row.errors:
            return
        data = await self.rows.with_copies(row, self.rows.merged(row, changed))
        errors = self.rows.read_row(row, data)
        row.kind, row.incomplete = "new" if row.record is None else "changed", bool(errors)
        if self.drafts:
            row.data = data
        elif errors:
            row.errors += [self.rows.error(row, error.path, error.message) for error in errors]
            row.kind = "refused"

    async def _check_picks(self, going: Sequence[Incoming]) -> None:
        """References and accounts name what the operator may pick; one question for each field and
        operator."""
        asked: dict[tuple[str, Any], list[tuple[Incoming, Any]]] = {}
        for row in going:
            for pick in picked_in(self.rows.definition, row.data):
                if row.record is not None and pick.where.split(".")[0] not in row.changed:
                    continue
                asked.setdefault((pick.where, row.operator_id), []).append((row, pick))
        for (_, operator_id), found in asked.items():
            codes = {pick.value for _, pick in found}
            row, pick = found[0]
            variables, site, actor = self.rows.variables(row), self.rows.site, self.rows.actor
            known = await pickable(site, actor, operator_id, pick.field, codes, variables)
            for row, pick in found:
                if pick.value not in known:
                    error = refused(pick)
                    self.tell(row, self.rows.error(row, error.path, error.message))

    async def _check_unique(self, going: Sequence[Incoming]) -> None:
        for target in self.unique:
            await self._check_one(target, going)

    async def _check_one(self, target: BaseField, going: Sequence[Incoming]) -> None:
        """A value of `target` stands once in the file, and in no other record of those it counts among."""
        rule = target.unique if isinstance(target.unique, UniqueRule) else UniqueRule()
        names = (target.name, *rule.with_fields)
        keys = {id(row): _key(row.data, names) for row in going if row.data.get(target.name) is not None}
        if not keys:
            return
        among = {"$in": [key[0] for key in keys.values()]}
        site, type_name = self.rows.site, self.rows.definition.name
        where = {**self.within, **spanned(site, type_name, {f"data.{target.name}": among})}
        if rule.among is not None:
            states = [name for name in self.lifecycle.states if holds(rule.among, {"lifecycle": name})]
            where["lifecycle"] = {"$in": states}
        whole = otherwise_called(site, type_name, names)
        read = ["schema_version", *(["data"] if whole else [f"data.{name}" for name in names])]
        stored = self._stored(await self.transfer.find(where, dict.fromkeys(read, 1)), names)
        seen = self.taken.setdefault(target.name, {})
        for row in going:
            if id(row) in keys:
                self._compare(row, target, keys[id(row)], stored, seen)

    def _stored(
        self, found: Iterable[Mapping[str, Any]], names: Sequence[str]
    ) -> dict[tuple[Any, ...], set[Any]]:
        """The ids of records by the values they have under these names."""
        stored: dict[tuple[Any, ...], set[Any]] = {}
        for record in found:
            data = led_on(self.rows.site, self.rows.definition.name, record)["data"]
            stored.setdefault(_key(data, names), set()).add(record["_id"])
        return stored

    def _compare(
        self,
        row: Incoming,
        target: BaseField,
        key: tuple[Any, ...],
        stored: Mapping[tuple[Any, ...], set[Any]],
        seen: dict[tuple[Any, ...], int],
    ) -> None:
        own = {row.record["_id"]} if row.record else set()
        if stored.get(key, set()) - own:
            message = say("{label}: the same value is already registered.", target)
            self.tell(row, self.rows.error(row, target.name, message))
        elif key in seen and seen[key] != row.row:
            message = say("{label}: row {other} of the file has the same value.", target, other=seen[key])
            self.tell(row, self.rows.error(row, target.name, message))
        seen.setdefault(key, row.row)


def _key(data: Mapping[str, Any], names: Sequence[str]) -> tuple[Any, ...]:
    """Values that are unique together, as they can be compared."""
    found = (value_at(data, name.split(".")) for name in names)
    return tuple(None if value is MISSING else _hashable(value) for value in found)


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, list | dict) else value
