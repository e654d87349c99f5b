"""Asking data of an earlier version what is asked by the names of today.

Only names are led back. What a step made of a value (a conversion, another code, a default) cannot be told of
the value there was, and a question that reads it has no form for the earlier version."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from models.schema.conditions import compile_condition
from models.schema.evolution.entry import FIRST, Steps, plain
from models.schema.evolution.evolve import fields_of, follow, spread
from models.schema.evolution.places import inside
from models.schema.evolution.step import Step
from models.schema.expressions import Problem

if TYPE_CHECKING:
    from models.schema.definition import RecordType

Query = dict[str, Any]
Done = Sequence[tuple[Steps, Step]]

DATA = "data."
NOWHERE = "nowhere."
"""Where nothing is: what the earlier version has under a name of today is another thing."""

LOGIC = frozenset({"$and", "$or", "$nor"})


class _Untold(Exception):
    """What is asked cannot be told of the earlier form."""


class Former:
    """The way back from the names `new` has to those of `old`, where the steps `done` lead from `old` to
    `new`. `derived` are the paths of `new`, and ``title``, that are worked out anew on the way."""

    def __init__(self, done: Done, old: "RecordType", new: "RecordType", derived: Iterable[str] = ()) -> None:
        then, now = fields_of(old.fields), fields_of(new.fields)
        self._now, self._then = now, then
        self._ahead = {path: follow(path, done) for path in then}
        self.places_now = tuple((path, spread(path, done)) for path in then)
        self._back = {here: path for path, here in self._ahead.items() if here is not None}
        lead = Counter(self._ahead.values())
        shared = (here for here in self._back if lead[here] > 1)
        self._untold = frozenset([*_changed(done), *derived, *shared])
        self._loose = frozenset(_loose(done))
        if old.number.field != new.number.field:
            self._untold |= {new.number.field}

    @property
    def is_same(self) -> bool:
        """Whether every question is asked of the earlier version as it stands."""
        same = all(self._place(path) == path for path in self._now)
        return same and not self._untold and not self._loose

    def keeps(self, name: str) -> bool:
        """Whether what is at the top of the data under this name is what it was."""
        return name in self._now and self._place(name) == name and self._is_whole(name, name)

    def query(self, query: Mapping[str, Any]) -> Query | None:
        """`query`, as ``for_database`` makes it of a condition, by the earlier names; None where it cannot be
        told of the earlier version."""
        try:
            return self._clauses(query)
        except _Untold:
            return None

    def _clauses(self, query: Mapping[str, Any], around: str = "") -> Query:
        return dict(self._clause(key, value, around) for key, value in query.items())

    def _clause(self, key: str, value: Any, around: str) -> tuple[str, Any]:
        if key in LOGIC:
            return key, [self._clauses(part, around) for part in value]
        if key == "$expr":
            return key, self._expression(value)
        if around:
            return self._within(around, key, value), self._operators(f"{around}.{key}", value)
        if not key.startswith(DATA):
            return self._fact(key), value
        path = key.removeprefix(DATA)
        there = self._place_asked(path, value)
        return self._stored(there), self._operators(path, value)

    def _fact(self, name: str) -> str:
        """Something a record holds besides its answers."""
        if name in self._untold or name == "data":
            raise _Untold
        return name

    def _within(self, around: str, key: str, value: Any) -> str:
        """A name inside a row, of a condition on single rows."""
        there, row = self._place_asked(f"{around}.{key}", value), self._place(around)
        if there.startswith(NOWHERE):
            return f"{NOWHERE}{key}"
        if not there.startswith(f"{row}."):
            raise _Untold
        return there.removeprefix(f"{row}.")

    def _operators(self, path: str, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: self._operand(path, name, operand) for name, operand in value.items()}

    def _operand(self, path: str, name: str, operand: Any) -> Any:
        if name == "$not":
            return self._operators(path, operand)
        if name == "$elemMatch" and not _by_value(operand):
            return self._clauses(operand, path)
        return operand

    def _expression(self, node: Any) -> Any:
        if isinstance(node, str) and node.startswith("$") and not node.startswith("$$"):
            return f"${self._read(node[1:])}"
        if isinstance(node, list):
            return [self._expression(part) for part in node]
        if isinstance(node, Mapping) and "$literal" not in node:
            return {name: self._expression(part) for name, part in node.items()}
        return node

    def _read(self, path: str) -> str:
        """A value an expression reads; to expressions null and nothing are not the same."""
        if not path.startswith(DATA):
            return self._fact(path)
        asked = path.removeprefix(DATA)
        if self._is_loose(asked):
            raise _Untold
        return self._stored(self._place_asked(asked, {}))

    def _stored(self, there: str) -> str:
        return there if there.startswith(NOWHERE) else f"{DATA}{there}"

    def _place_asked(self, path: str, value: Any) -> str:
        """Where what is asked stood. Raises _Untold."""
        bare = ".".join(name for name in path.split(".") if not name.isdecimal())
        by_row = _is_by_row(value)
        if any(inside(bare, each) or (not by_row and inside(each, bare)) for each in self._untold):
            raise _Untold
        if self._is_loose(bare) and not _is_blind(value, bool(self._parts(bare))):
            raise _Untold
        there = self._place(bare)
        if not by_row and not self._is_whole(bare, there):
            raise _Untold
        if bare != path and there != bare:
            raise _Untold
        return path if there == bare else there

    def _place(self, path: str) -> str:
        """The earlier path of a path of today: of the innermost field it leads to, with what is behind it."""
        known = self._known(path)
        there = self._back.get(known)
        if there is None:
            return f"{NOWHERE}{path}" if known in self._then else path
        return there + path[len(known) :]

    def _known(self, path: str) -> str:
        here = path
        while here not in self._now and "." in here:
            here = here.rpartition(".")[0]
        return here

    def _parts(self, path: str) -> list[str]:
        return [each for each in self._now if each.startswith(f"{path}.")]

    def _is_whole(self, path: str, there: str) -> bool:
        """Whether all that is in a table or group was in it, under the same names."""
        came = (self._back.get(part) for part in self._parts(path))
        went = (each for each in self._then if each.startswith(f"{there}."))
        return all(each is None or each.startswith(f"{there}.") for each in came) and all(
            self._ahead[each] == path + each[len(there) :] for each in went
        )

    def _is_loose(self, path: str) -> bool:
        return any(inside(path, each) or inside(each, path) for each in self._loose)


def _changed(done: Done) -> Iterator[str]:
    """The paths of today whose values steps made or changed."""
    for position, (entry, step) in enumerate(done):
        rest = done[position + 1 :]
        if step.name == "move":
            changed: Iterable[str] = _by_rows(entry)
        elif step.name in ("rename", "drop"):
            changed = ()
        else:
            changed = (*getattr(entry, step.name), *step.targets(entry))
        for path in changed:
            if (here := follow(path, rest)) is not None:
                yield here


def _by_rows(entry: Steps) -> Iterator[str]:
    """The tables and groups that moves into and out of first rows change, and whatever moves back: more than
    the value may come with it."""
    for pair in entry.move.items():
        if entry.backwards or any(FIRST in path.split(".") for path in pair):
            yield from (plain(path).split(".")[0] for path in pair)


def _loose(done: Done) -> Iterator[str]:
    """The paths of today where a move leaves nothing of an empty value, and of the groups it empties."""
    for position, (entry, step) in enumerate(done):
        if step.name != "move":
            continue
        for old, new in entry.move.items():
            for path in (plain(new), plain(old).split(".")[0]):
                if (here := follow(path, done[position + 1 :])) is not None:
                    yield here


def _is_blind(value: Any, parted: bool) -> bool:
    """Whether operators answer alike for nothing and for an empty value: null, as doors store it, and no rows
    or parts of what has some."""
    asked = {"$eq": value} if not isinstance(value, Mapping) else value
    try:
        test = compile_condition({"at": asked})
    except Problem:
        return False
    empty: list[Any] = [None, [], {}] if parted else [None]
    return all(test({"at": value}, {}) == test({}, {}) for value in empty)


def _is_by_row(value: Any) -> bool:
    """Whether operators ask for single rows only, so that each name they read is led back by itself."""
    if not isinstance(value, Mapping) or not value:
        return False
    by_row = {"$elemMatch": lambda operand: not _by_value(operand), "$not": _is_by_row}
    return all(name in by_row and by_row[name](operand) for name, operand in value.items())


def _by_value(operand: Any) -> bool:
    """Whether a condition on elements is one of values, not of rows."""
    return bool(operand) and all(name.startswith("$") and name not in LOGIC for name in operand)
