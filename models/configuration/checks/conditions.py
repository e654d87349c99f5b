"""Conditions and formulas: in the language, and of fields and options that exist."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.configuration.checks.place import Path, Place, Scope, Subject, known_in, listed, unknown
from models.schema.conditions import compile_condition, fields_in
from models.schema.expressions import Problem, compile_expression, paths_in
from models.schema.fields.base import UniqueRule
from models.schema.fields.choice import ListedField
from models.schema.fields.structure import ComputedField, ReferenceField
from models.schema.finding import Finding
from models.schema.source import Source

RULES = ("show_when", "required_when", "read_only_when")
"""The keys of a field that hold a condition over answers."""


def check_conditions(subject: Subject) -> Iterator[Finding]:
    """T-E011, T-E019 and T-E024 of every condition and formula of one record type."""
    for place in subject.places:
        yield from _check_field(subject.source, place)
    for index, rule in enumerate(subject.kind.checks):
        for key, query in (("must", rule.must), ("when", rule.when)):
            yield from _check_query(subject.source, query, subject.top, ("checks", index, key))
        if not known_in(subject.top, rule.at):
            known = listed(subject.top)
            yield subject.source.finding("T-E011", ("checks", index, "at"), name=rule.at, known=known)
    needs = subject.kind.applications.needs
    yield from check_compiles(subject.source, needs, ("applications", "needs"))


def _check_field(source: Source, place: Place) -> Iterator[Finding]:
    field = place.field
    for key in RULES:
        yield from _check_query(source, getattr(field, key), place.scope, (*place.path, key))
    if isinstance(field, ComputedField):
        yield from _check_formula(source, field.value, place.scope, (*place.path, "value"))
    if isinstance(field, ReferenceField):
        yield from check_compiles(source, field.where, (*place.path, "where"))
    if isinstance(field.unique, UniqueRule):
        yield from check_compiles(source, field.unique.among, (*place.path, "unique"))


def check_compiles(source: Source, query: Any, path: Path) -> Iterator[Finding]:
    """T-E019 unless `query` is in the language; nothing is said of the names it reads."""
    try:
        compile_condition(query or {})
    except Problem as problem:
        yield source.finding("T-E019", path, problem=str(problem))


def _check_query(source: Source, query: Any, scope: Scope, path: Path) -> Iterator[Finding]:
    problems = list(check_compiles(source, query, path))
    yield from problems
    if problems or query is None:
        return
    yield from _check_paths(source, fields_in(query), scope, path)
    yield from _check_options(source, query, scope, path)


def _check_formula(source: Source, formula: Any, scope: Scope, path: Path) -> Iterator[Finding]:
    try:
        compile_expression(formula)
    except Problem as problem:
        yield source.finding("T-E019", path, problem=str(problem))
        return
    yield from _check_paths(source, paths_in(formula), scope, path)


def _check_paths(source: Source, paths: Iterator[str], scope: Scope, path: Path) -> Iterator[Finding]:
    for dotted in dict.fromkeys(paths):
        if not known_in(scope, dotted):
            yield source.finding("T-E011", path, name=dotted, known=listed(scope))


def _check_options(source: Source, query: Mapping[str, Any], scope: Scope, path: Path) -> Iterator[Finding]:
    """A condition on an option that is not (or no longer) in its list can never hold."""
    for key, value in query.items():
        if key in ("$and", "$or", "$nor"):
            for part in value:
                yield from _check_options(source, part, scope, path)
        elif not key.startswith("$"):
            yield from _check_codes(source, key, value, scope, path)


def _check_codes(source: Source, key: str, value: Any, scope: Scope, path: Path) -> Iterator[Finding]:
    inner = _reached(scope, key)
    if isinstance(inner, ListedField) and inner.options:
        known = [option.code for option in inner.options]
        for code in dict.fromkeys(_codes(value)):
            yield from unknown(source, "T-E024", path, code, known, choices=inner.choices or inner.name)


def _reached(scope: Scope, dotted: str) -> Any:
    words = [word for word in dotted.split(".") if not word.isdigit()]
    place = scope.get(words[0]) if words else None
    field = place.field if place else None
    for word in words[1:]:
        field = next((part for part in field.parts if part.name == word), None) if field else None
    return field


_EQUALITIES = ("$eq", "$ne", "$in", "$nin", "$all", "$not")


def _codes(value: Any) -> Iterator[str]:
    """The options a test of one field names."""
    if isinstance(value, str) and not value.startswith("$"):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _codes(item)
    elif isinstance(value, Mapping):
        for operator in _EQUALITIES:
            yield from _codes(value.get(operator))
