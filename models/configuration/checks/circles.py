"""Fields whose visibility or value depends on itself by way of others."""

from collections.abc import Iterator, Mapping

from models.configuration.checks.place import Place, Scope, Subject
from models.schema.conditions import fields_in
from models.schema.expressions import paths_in
from models.schema.fields.structure import ComputedField
from models.schema.finding import Finding

Names = tuple[str, ...]


def check_circles(subject: Subject) -> Iterator[Finding]:
    """T-E043 once for each circle. What is required is no part of it: that two fields ask for each other is a
    usual way to want one of them."""
    places = {place.names: place for place in subject.places}
    needs = {names: _needs(place, places) for names, place in places.items()}
    for circle in _circles(needs):
        told = " → ".join(".".join(names) for names in (*circle, circle[0]))
        yield subject.source.finding("T-E043", places[circle[0]].path, circle=told)


def _needs(place: Place, places: Mapping[Names, Place]) -> tuple[Names, ...]:
    """The fields whose answers or values decide this one: what it reads, and what holds it."""
    read = [*fields_in(place.field.show_when or {})]
    if isinstance(place.field, ComputedField):
        read += paths_in(place.field.value)
    found = [_target(dotted, place.scope, places) for dotted in read]
    holder = [place.inside] if place.inside else []
    return tuple(dict.fromkeys([names for names in found if names is not None] + holder))


def _target(dotted: str, scope: Scope, places: Mapping[Names, Place]) -> Names | None:
    """The written field a path leads to; the nearest that holds it where nobody wrote it."""
    words = [word for word in dotted.split(".") if not word.isdigit()]
    first = scope.get(words[0]) if words else None
    if first is None:
        return None
    names = first.names
    for word in words[1:]:
        if (*names, word) not in places:
            break
        names = (*names, word)
    return names


def _circles(needs: Mapping[Names, tuple[Names, ...]]) -> Iterator[tuple[Names, ...]]:
    """One circle through each field that closes one, found without recursion."""
    done: set[Names] = set()
    for start in needs:
        trail: list[Names] = []
        waiting: list[tuple[Names, int]] = [(start, 0)]
        while waiting:
            names, depth = waiting.pop()
            del trail[depth:]
            if names in trail:
                yield tuple(trail[trail.index(names) :])
            elif names not in done:
                trail.append(names)
                done.add(names)
                waiting += [(needed, depth + 1) for needed in needs.get(names, ())]
