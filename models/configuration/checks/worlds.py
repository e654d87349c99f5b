"""The combinations of answers that decide some conditions. What they leave open counts as unknown, so that
only what is certain is reported."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from models.configuration.checks.decided import Judgement, World, judgement
from models.configuration.checks.domain import answers_worth_trying, uses
from models.configuration.checks.place import Place, Scope
from models.schema.conditions import fields_in
from models.schema.values import MISSING

MOST_WORLDS = 5_000
"""Combinations tried for one question; where there are more, some fields are left unknown."""

MOST_WORK = 500_000
"""Comparisons made for one record type; after that nothing more is asked."""

Query = Mapping[str, Any]


class Worlds:
    """Makes combinations of answers for the questions asked of one record type, and counts them."""

    def __init__(self) -> None:
        self.left = MOST_WORK
        self._rules: dict[int, Judgement] = {}

    def around(self, queries: Sequence[Query], scope: Scope) -> Iterator[World]:
        """Every combination of the answers `queries` read, and of those that decide whether these are shown.
        A hidden field has no answer."""
        names = _closure(queries, scope)
        cost = _cost(queries) + _cost(_conditions(names, scope))
        rules = {name: self._rule(scope[name]) for name in names if scope[name].field.show_when}
        domains = _domains(names, [*queries, *_conditions(names, scope)], scope)
        for picked in product(*domains.values()):
            if self.left <= 0:
                return
            self.left -= cost
            answers = dict(zip(domains, picked, strict=True))
            given = {name: value for name, value in answers.items() if value is not MISSING}
            world = _shown(World(given, set(answers)), rules)
            if world is not None:
                yield world

    def _rule(self, place: Place) -> Judgement:
        rule = self._rules.get(id(place))
        if rule is None:
            rule = self._rules[id(place)] = judgement(place.field.show_when or {})
        return rule


def _cost(node: Any) -> int:
    """How many comparisons a condition is made of, about."""
    if isinstance(node, Mapping):
        return sum(map(_cost, node.values()), 1)
    return sum(map(_cost, node)) if isinstance(node, list | tuple) else 1


def _shown(world: World, rules: Mapping[str, Judgement]) -> World | None:
    """`world` with every hidden field known to have no answer; None where a hidden field has one."""
    known = set(world.known)
    while True:
        now = World(world.answers, known)
        hidden = {name for name, rule in rules.items() if rule(now) is False}
        if hidden & world.answers.keys():
            return None
        if hidden <= known:
            return now
        known |= hidden


def _closure(queries: Iterable[Query], scope: Scope) -> list[str]:
    """The names `queries` read, and those that the conditions under which these are shown read, and so on;
    names that mean something else where the condition stands are left out."""
    waiting = [name for query in queries for name in _heads(query)]
    found: dict[str, None] = {}
    while waiting:
        name = waiting.pop()
        place = scope.get(name)
        if name not in found and place is not None:
            found[name] = None
            read = _heads(place.field.show_when or {})
            waiting += [other for other in read if place.scope.get(other) is scope.get(other)]
    return list(found)


def _heads(query: Query) -> list[str]:
    return [path.split(".")[0] for path in fields_in(query)]


def _conditions(names: Iterable[str], scope: Scope) -> list[Query]:
    rules = (scope[name].field.show_when for name in names)
    return [rule for rule in rules if rule is not None]


def _domains(names: Iterable[str], queries: Sequence[Query], scope: Scope) -> dict[str, list[Any]]:
    """The answers to try by field; the fields with most are left out until few enough combinations remain."""
    used = uses(queries)
    listed = {name: answers_worth_trying(scope[name].field, used[name]) for name in names if name in used}
    domains = {name: answers for name, answers in listed.items() if answers is not None}
    while prod(len(answers) for answers in domains.values()) > MOST_WORLDS:
        del domains[max(domains, key=lambda name: len(domains[name]))]
    return domains
