"""A record type made ready to run: its validator and its conditions, compiled once per version."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from pydantic import TypeAdapter

from models.schema.conditions import Condition, compile_condition, fields_in
from models.schema.definition import Check, RecordType, walk
from models.schema.expressions import Expression, Problem, compile_expression, paths_in
from models.schema.fields import BaseField, shape_of
from models.schema.fields.structure import DEPTH_LIMIT, ComputedField
from models.schema.fields.text import TextField

Rules = Mapping[str, Condition]

Parsers = tuple[tuple[str, Callable[[Any], Any]], ...]
"""How each answer people give is read, by field."""


@dataclass(frozen=True)
class CompiledFields:
    """The rules of one level: the record itself, the rows of one table, or the parts of one group.

    Conditions see their own level and everything around it, the nearest first."""

    fields: Mapping[str, BaseField]
    shown: Rules
    required: Rules
    formulas: Mapping[str, Expression]
    inner: Mapping[str, "CompiledFields"]
    """The levels of the tables and groups of this level, by name."""

    @cached_property
    def tables(self) -> Mapping[str, "CompiledFields"]:
        """Those levels that repeat."""
        return {name: level for name, level in self.inner.items() if self.fields[name].repeats}

    @cached_property
    def groups(self) -> Mapping[str, "CompiledFields"]:
        """Those levels that do not repeat."""
        return {name: level for name, level in self.inner.items() if not self.fields[name].repeats}

    @cached_property
    def parsers(self) -> Parsers:
        """How each answer people give is read, by field."""
        return tuple((name, target.parse) for name, target in self.fields.items() if target.asked)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The fields people answer."""
        return frozenset(name for name, target in self.fields.items() if target.asked)

    @cached_property
    def spoken(self) -> tuple[tuple[str, Condition | None], ...]:
        """The other fields, with the condition under which each is shown."""
        return tuple((name, self.shown.get(name)) for name in self.fields if name not in self.asked)

    @cached_property
    def always(self) -> tuple[str, ...]:
        """The fields that must be answered whenever they are shown."""
        return tuple(name for name, target in self.fields.items() if target.asked and target.required)

    @cached_property
    def sometimes(self) -> Rules:
        """The conditions under which the other fields must be answered."""
        asked = {name: rule for name, rule in self.required.items() if self.fields[name].asked}
        return {name: rule for name, rule in asked.items() if name not in self.always}

    @cached_property
    def hiding(self) -> Mapping[str, "CompiledFields"]:
        """The inner levels where something is shown only under a condition."""
        return {name: level for name, level in self.inner.items() if level.hides}

    @cached_property
    def hides(self) -> bool:
        """Whether anything here or further in is shown only under a condition."""
        return bool(self.shown) or bool(self.hiding)

    @cached_property
    def shaped(self) -> tuple[TextField, ...]:
        """The texts whose format looks at another answer."""
        texts = (target for target in self.fields.values() if isinstance(target, TextField))
        return tuple(text for text in texts if text.format_parameters)

    @cached_property
    def shaping(self) -> Mapping[str, "CompiledFields"]:
        """The inner levels that hold such texts."""
        return {name: level for name, level in self.inner.items() if level.shaped or level.shaping}

    @cached_property
    def distinct(self) -> tuple[tuple[str, ...], ...]:
        """The names whose values together may stand in one row of a table only; the first is blamed."""
        unique = [target for target in self.fields.values() if target.unique]
        rules = ((t, () if isinstance(t.unique, bool) else t.unique.with_fields) for t in unique)
        return tuple((target.name, *others) for target, others in rules)

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """What a form would send for the defaults, by field."""
        starts = {n: t.unparse(t.initial()) for n, t in self.fields.items() if t.asked and t.stored}
        return {name: value for name, value in starts.items() if value is not None}

    @cached_property
    def has_defaults(self) -> bool:
        """Whether anything here or further in has a default."""
        return bool(self.defaults) or any(level.has_defaults for level in self.inner.values())

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The fields that cannot change once they are registered."""
        return tuple(name for name, target in self.fields.items() if target.set_once and target.asked)


@dataclass(frozen=True)
class CompiledFormula:
    """The formula of the field `name` inside the tables and groups `within`."""

    within: tuple[str, ...]
    name: str
    value: Expression
    shown: Condition | None


@dataclass(frozen=True)
class CompiledCheck:
    """A check with its condition compiled and the fields it reads."""

    check: Check
    must: Condition
    when: Condition | None
    reads: frozenset[str]


@dataclass(frozen=True)
class CompiledType:
    """A record type ready to read answers (``models.schema.reading``)."""

    definition: RecordType
    validator: TypeAdapter[dict[str, Any]]
    level: CompiledFields
    formulas: tuple[CompiledFormula, ...]
    """Every formula, each after those it uses."""
    checks: tuple[CompiledCheck, ...]

    @cached_property
    def shows_computed(self) -> bool:
        """Whether a computed value decides what is shown."""
        computed = {formula.name for formula in self.formulas}
        rules = (target.show_when for _, target in walk(self.definition.fields))
        read = (name for rule in rules if rule for path in fields_in(rule) for name in path.split("."))
        return not computed.isdisjoint(read)

    @cached_property
    def outline(self) -> "Outline":
        """What decides how a page of stored answers looks: whatever a rule reads, and what holds others."""
        fields = self.definition.fields
        names = {path.split(".")[0] for path in _paths_read(fields)}
        kept = tuple(f for f in fields if f.name in names or f.parts or f.control in ("picker", "computed"))
        known = {field.name for field in kept}
        return Outline(
            TypeAdapter(shape_of(self.definition.name, kept)),
            tuple((name, parse) for name, parse in self.level.parsers if name in known),
        )


@dataclass(frozen=True, slots=True)
class Outline:
    """How those answers are read that anything else depends on."""

    validator: TypeAdapter[dict[str, Any]]
    parsers: Parsers


def _paths_read(fields: tuple[BaseField, ...]) -> Iterator[str]:
    """What the conditions and formulas of these fields read, and of those inside them."""
    for _, part in walk(fields):
        for query in (part.show_when, part.required_when, part.read_only_when):
            yield from fields_in(query)
        if isinstance(part, ComputedField):
            yield from paths_in(part.value)


@lru_cache(maxsize=256)
def compile_type(definition: RecordType) -> CompiledType:
    """Compile `definition`; cached by its checksum, so each published version is compiled once.

    Raises ``expressions.Problem`` when a condition is outside the language (``check`` reports it first)."""
    level = compile_fields(definition.fields)
    return CompiledType(
        definition,
        TypeAdapter(shape_of(definition.name, definition.fields)),
        level,
        in_order(level),
        tuple(_compile_check(check) for check in definition.checks),
    )


def compile_fields(fields: tuple[BaseField, ...], depth: int = 1) -> CompiledFields:
    """Compile the conditions and formulas of one level and those inside it. Raises Problem."""
    if depth > DEPTH_LIMIT:
        raise Problem(f"tables and groups may be nested to a depth of {DEPTH_LIMIT} names")
    return CompiledFields(
        fields={field.name: field for field in fields},
        shown={f.name: compile_condition(f.show_when) for f in fields if f.show_when is not None},
        required={f.name: compile_condition(f.required_when) for f in fields if f.required_when is not None},
        formulas={f.name: compile_expression(f.value) for f in fields if isinstance(f, ComputedField)},
        inner={f.name: compile_fields(f.parts, depth + 1) for f in fields if f.parts},
    )


def in_order(level: CompiledFields) -> tuple[CompiledFormula, ...]:
    """Every formula of a record type, each after the computed values it uses, wherever they stand; of those
    that use each other in a circle (the linter refuses them) any may come first."""
    places = dict(_formulas(level, ()))
    ordered: dict[tuple[str, ...], CompiledFormula] = {}
    pending: set[tuple[str, ...]] = set()

    def put(path: tuple[str, ...]) -> None:
        if path in ordered or path in pending:
            return
        pending.add(path)
        for used in _uses(level, path, places):
            put(used)
        ordered[path] = places[path]

    for path in sorted(places, key=len, reverse=True):
        put(path)
    return tuple(ordered.values())


def _formulas(
    level: CompiledFields, within: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], CompiledFormula]]:
    for name, inner in level.inner.items():
        yield from _formulas(inner, (*within, name))
    for name, value in level.formulas.items():
        yield (*within, name), CompiledFormula(within, name, value, level.shown.get(name))


def _uses(
    level: CompiledFields, path: tuple[str, ...], places: Iterable[tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    """The computed values the formula at `path` reads: beside it, else around it, or further in."""
    levels = [level]
    for name in path[:-1]:
        levels.append(levels[-1].inner[name])
    target = levels[-1].fields[path[-1]]
    read = [*paths_in(getattr(target, "value", None)), *fields_in(target.show_when or {})]
    for words in (tuple(word for word in text.split(".") if not word.isdigit()) for text in read):
        around = next((n for n in reversed(range(len(levels))) if words[0] in levels[n].fields), None)
        if around is not None:
            named = (*path[:around], *words)
            yield from (p for p in places if p[: len(named)] == named or named[: len(p)] == p)


def _compile_check(check: Check) -> CompiledCheck:
    reads = {path.split(".")[0] for query in (check.must, check.when or {}) for path in fields_in(query)}
    return CompiledCheck(
        check,
        compile_condition(check.must),
        compile_condition(check.when) if check.when is not None else None,
        frozenset(reads | {check.at.split(".")[0]}),
    )
