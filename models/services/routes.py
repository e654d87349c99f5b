"""The way of a record from the version it was written under to a definition, over the versions between."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from string import Formatter
from typing import Any

from models.documents.conversion import ByServer
from models.schema.compiled import compile_type
from models.schema.definition import RecordType
from models.schema.evolution import Evolution, Steps, completed, pipeline, renaming
from models.schema.evolution.evolve import fields_of, follow
from models.schema.evolution.former import Former
from models.schema.evolution.order import steps_of
from models.schema.fields.structure import ComputedField
from models.schema.levels import compute
from models.services.registry import Published
from models.services.site import Site

HARMLESS = frozenset({"rename", "move"})
"""Steps after which values are the same as before."""


@dataclass(frozen=True)
class Route:
    """The steps from one version to `new`, made ready for many records."""

    steps: tuple[Steps, ...]
    old: RecordType
    new: RecordType
    variables: Mapping[str, Any]

    @cached_property
    def evolution(self) -> Evolution:
        return Evolution(self.steps, self.new, self.old)

    @cached_property
    def update(self) -> ByServer | None:
        """The update that does it on the server; None where Python is needed: for a step, or because
        titles, search grams or computed values change."""
        if self.derives:
            return None
        stages = pipeline(self.steps, self.new, self.old)
        return None if stages is None else ByServer(stages, renaming(self.steps))

    @cached_property
    def former(self) -> Former:
        """How records of the earlier version are asked by the names of the new one."""
        derived = [path for path, _ in _formulas(self.new)] if self._formulas_change else []
        return Former(self._done, self.old, self.new, [*derived, *(["title"] if self._words_change else [])])

    @property
    def derives(self) -> bool:
        """Whether what is worked out of the answers (title, search grams, computed values) changes."""
        return self._words_change or self._formulas_change

    @property
    def is_safe(self) -> bool:
        """Whether no record can fail."""
        return pipeline(self.steps) is not None

    def compute(self, data: dict[str, Any]) -> None:
        """Work out the computed values of `data` where their formulas are not what they were."""
        if self._formulas_change:
            compute(compile_type(self.new).formulas, data, self.variables)

    @cached_property
    def _done(self) -> list[tuple[Steps, Any]]:
        return [(entry, step) for entry in self.steps for step in steps_of(entry)]

    @cached_property
    def _words_change(self) -> bool:
        """Whether a title or search gram can be another one afterwards."""
        title = "".join(self._title())
        before = {str(follow(path, self._done)): kind for path, kind in _searched(self.old).items()}
        read = {*before, *(name for _, name, _, _ in Formatter().parse(self.new.title) if name)}
        touched = {
            here
            for position, (entry, step) in enumerate(self._done)
            if step.name not in HARMLESS
            for path in (*getattr(entry, step.name), *step.targets(entry))
            for here in (path, follow(path, self._done[position + 1 :]))
        }
        return title != self.new.title or before != _searched(self.new) or bool(touched & read)

    def _title(self) -> Iterator[str]:
        """The old title with the names its fields have now."""
        for text, name, form, conversion in Formatter().parse(self.old.title):
            yield text.replace("{", "{{").replace("}", "}}")
            if name is not None:
                here = follow(name, self._done)
                yield f"{{{here}{'!' + conversion if conversion else ''}{':' + form if form else ''}}}"

    @cached_property
    def _formulas_change(self) -> bool:
        before = {
            follow(path, self._done): self._renamed(formula, path) for path, formula in _formulas(self.old)
        }
        after = dict(_formulas(self.new))
        return any(path not in before or before[path] != formula for path, formula in after.items())

    def _renamed(self, formula: Any, at: str) -> Any:
        """A formula with the names its fields have now."""
        if isinstance(formula, Mapping):
            return {key: self._renamed(part, at) for key, part in formula.items()}
        if isinstance(formula, list | tuple):
            return [self._renamed(part, at) for part in formula]
        if isinstance(formula, str) and re.match(r"\$[a-z]", formula):
            around = at.rpartition(".")[0]
            known = fields_of(self.old.fields)
            inner = f"{around}.{formula[1:]}" if around else formula[1:]
            path = inner if inner in known else formula[1:]
            here = follow(path, self._done) or path
            return "$" + (here.removeprefix(f"{around}.") if path == inner and around else here)
        return formula


def _searched(definition: RecordType) -> dict[str, str]:
    """The type of every field that is searched, by its path."""
    return {path: field.type for path, field in fields_of(definition.fields).items() if field.searchable}


def _formulas(definition: RecordType) -> Iterator[tuple[str, Any]]:
    for path, field in fields_of(definition.fields).items():
        if isinstance(field, ComputedField):
            yield path, field.value


def route_to(site: Site, name: str, version: int, base: int, new: RecordType) -> Route:
    """From `version` of the type to `new`, which follows version `base`: the steps each version on the
    way was published with, then those of `new`. A version published without steps for what led to it takes
    those a later definition gives for it."""
    old = site.registry.at(name, version).definition
    steps: list[Steps] = []
    for start in range(version, base):
        steps += _from(site.registry.at(name, start + 1).definition, start) or _from(new, start)
    steps += _from(new, base)
    variables = {"NOW": site.now(), "TODAY": site.today().isoformat()}
    return Route(completed(steps, old, new), old, new, variables)


def _from(definition: RecordType, start: int) -> list[Steps]:
    """The entries of a definition that lead on from one version."""
    return [entry for entry in definition.evolution if entry.start == start]


def earlier(site: Site, name: str, version: int) -> Published:
    """The version whose definition `version` brings back: the newest before it that differs in no more than
    its steps."""
    wanted = _without_steps(site.registry.at(name, version).definition)
    for published in site.registry.versions(name):
        if published.version < version and _without_steps(published.definition) == wanted:
            return published
    return site.registry.at(name, version)


def _without_steps(definition: RecordType) -> dict[str, Any]:
    return {key: value for key, value in definition.published().items() if key != "evolution"}
