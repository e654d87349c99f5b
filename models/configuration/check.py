"""The linter: what only shows when the files are seen together. All findings at once, each at its line."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from models.configuration.load import Configuration
from models.language import LANGUAGES
from models.schema.compiled import compile_type
from models.schema.conditions import compile_condition, fields_in
from models.schema.definition import RecordType, walk
from models.schema.expressions import Problem, compile_expression, paths_in
from models.schema.fields import BaseField, TableField
from models.schema.fields.choice import ListedField
from models.schema.fields.file import CertificateField, FileField
from models.schema.fields.structure import ComputedField, ReferenceField
from models.schema.fields.text import TextField
from models.schema.finding import Finding
from models.schema.formats import FORMATS
from models.schema.reading import read_data
from models.schema.source import Source
from models.workflow.definition import PEOPLE, Flow, Transition
from models.workflow.effects import EFFECTS

Sources = Mapping[tuple[str, str], Source]
Path = Sequence[str | int]

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def check(configuration: Configuration, sources: Sources) -> Iterator[Finding]:
    """Every finding that needs more than one value to see."""
    for (concept, name), source in sources.items():
        yield from _texts(source, source.value, ())
        if concept == "record_type":
            yield from check_record_type(configuration, configuration.record_types[name], source)
        elif concept == "workflow":
            yield from _check_flow(configuration, configuration.workflows[name], source)
        elif concept == "lifecycle":
            yield from _check_flow(configuration, configuration.lifecycles[name], source)
    operator = configuration.site.operator_type
    if operator not in configuration.record_types:
        yield from _unknown(
            sources["site", "site"], "T-E023", ("site", "operator_type"), operator, configuration.record_types
        )


def check_record_type(configuration: Configuration, kind: RecordType, source: Source) -> Iterator[Finding]:
    """Names, references, conditions, pages, checks and examples of one record type."""
    yield from _names(kind.fields, source, ("fields",))
    for path, field in _places(kind.fields, ("fields",)):
        yield from _check_field(configuration, kind, field, source, path)
    yield from _check_links(configuration, kind, source)
    yield from _check_pages(kind, source)
    problems = [*_check_conditions(kind, source)]
    yield from problems
    if not problems:
        yield from _check_examples(kind, source)


def _unknown(
    source: Source, code: str, path: Path, name: str, known: Iterable[str], **more: str
) -> Iterator[Finding]:
    names = list(known)
    if name not in names:
        yield source.finding(code, path, name=name, known=", ".join(names), **more)


def _texts(source: Source, node: Any, path: tuple[str | int, ...]) -> Iterator[Finding]:
    if isinstance(node, Mapping):
        if "ja" in node and set(node) <= {"ja", "en"} and not node.get("en"):
            yield source.finding("T-W001", path)
        for key, value in node.items():
            yield from _texts(source, value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _texts(source, value, (*path, index))


def _names(fields: Sequence[BaseField], source: Source, path: tuple[str | int, ...]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, field in enumerate(fields):
        if not _NAME.fullmatch(field.name) or len(field.name) > 60:
            yield source.finding("T-E009", (*path, index, "name"), name=field.name)
        if field.name in seen:
            yield source.finding("T-E018", (*path, index, "name"), name=field.name)
        seen.add(field.name)
        if isinstance(field, TableField):
            yield from _names(field.fields, source, (*path, index, "fields"))


def _places(
    fields: Sequence[BaseField], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], BaseField]]:
    """Every field with its place in the file."""
    for index, field in enumerate(fields):
        yield (*path, index), field
        if isinstance(field, TableField):
            yield from _places(field.fields, (*path, index, "fields"))


def _check_field(
    configuration: Configuration,
    kind: RecordType,
    field: BaseField,
    source: Source,
    path: tuple[str | int, ...],
) -> Iterator[Finding]:
    if isinstance(field, ListedField) and field.choices is not None:
        yield from _unknown(source, "T-E010", (*path, "choices"), field.choices, configuration.choices)
    if isinstance(field, TextField) and field.format_name is not None:
        yield from _unknown(source, "T-E012", (*path, "format"), field.format_name, FORMATS)
        for name in field.format_parameters.values():
            yield from _unknown(source, "T-E011", (*path, "format"), str(name), _all_names(kind))
    if isinstance(field, ReferenceField):
        yield from _unknown(source, "T-E023", (*path, "to"), field.to, configuration.record_types)
    if isinstance(field, FileField | CertificateField) and len(path) > 2:
        yield source.finding("T-E030", (*path, "type"), name=field.type)
    if field.stored and field.asked and field.personal is None and not isinstance(field, TableField):
        yield source.finding("T-W002", path, name=field.name)


def _all_names(kind: RecordType) -> list[str]:
    return sorted({path[-1] for path, _ in walk(kind.fields)})


def _check_links(configuration: Configuration, kind: RecordType, source: Source) -> Iterator[Finding]:
    flow = kind.applications.workflow
    yield from _unknown(source, "T-E013", ("applications", "workflow"), flow, configuration.workflows)
    yield from _unknown(source, "T-E014", ("lifecycle",), kind.lifecycle, configuration.lifecycles)
    lifecycle = configuration.lifecycles.get(kind.lifecycle)
    if lifecycle and "delete" in kind.applications.kinds and all(s.live for s in lifecycle.states.values()):
        yield source.finding("T-E031", ("applications",), name=kind.lifecycle)
    if kind.belongs_to is not None:
        yield from _unknown(source, "T-E023", ("belongs_to",), kind.belongs_to, configuration.record_types)
    for key in ("contact", "certificate"):
        name = getattr(kind.applications, key)
        if name is not None:
            yield from _unknown(source, "T-E011", ("applications", key), name, kind.by_name)


def _check_pages(kind: RecordType, source: Source) -> Iterator[Finding]:
    placed = [name for page in kind.laid_out for name in page.fields]
    for number, page in enumerate(kind.pages):
        for index, name in enumerate(page.fields):
            yield from _unknown(source, "T-E011", ("pages", number, "fields", index), name, kind.by_name)
            if placed.count(name) > 1:
                yield source.finding("T-E018", ("pages", number, "fields", index), name=name)
    for index, field in enumerate(kind.fields):
        if field.asked and field.name not in placed:
            yield source.finding("T-E028", ("fields", index), name=field.name)


def _check_conditions(kind: RecordType, source: Source) -> Iterator[Finding]:
    for path, field in _places(kind.fields, ("fields",)):
        for key in ("show_when", "required_when", "read_only_when"):
            yield from _check_query(kind, getattr(field, key), source, (*path, key))
        if isinstance(field, ComputedField):
            yield from _check_formula(kind, field.value, source, (*path, "value"))
    for index, rule in enumerate(kind.checks):
        yield from _check_query(kind, rule.must, source, ("checks", index, "must"))
        yield from _check_query(kind, rule.when, source, ("checks", index, "when"))
        yield from _unknown(source, "T-E011", ("checks", index, "at"), rule.at.split(".")[0], kind.by_name)


def _check_query(kind: RecordType, query: Any, source: Source, path: Path) -> Iterator[Finding]:
    if query is None:
        return
    try:
        compile_condition(query)
    except Problem as problem:
        yield source.finding("T-E019", path, problem=str(problem))
        return
    for name in fields_in(query):
        yield from _unknown(source, "T-E011", path, name.split(".")[0], _all_names(kind))
    yield from _check_options(kind, query, source, path)


def _check_formula(kind: RecordType, formula: Any, source: Source, path: Path) -> Iterator[Finding]:
    try:
        compile_expression(formula)
    except Problem as problem:
        yield source.finding("T-E019", path, problem=str(problem))
        return
    for name in paths_in(formula):
        yield from _unknown(source, "T-E011", path, name.split(".")[0], _all_names(kind))


def _check_options(
    kind: RecordType, query: Mapping[str, Any], source: Source, path: Path
) -> Iterator[Finding]:
    """A condition on an option that is not (or no longer) in its list can never hold."""
    by_name = {place[-1]: field for place, field in walk(kind.fields)}
    for key, value in query.items():
        if key in ("$and", "$or", "$nor"):
            for part in value:
                yield from _check_options(kind, part, source, path)
        field = by_name.get(key.split(".")[-1])
        if isinstance(field, ListedField) and field.options:
            known = [option.code for option in field.options]
            for code in _codes(value):
                yield from _unknown(source, "T-E024", path, code, known, choices=field.choices or field.name)


def _codes(value: Any) -> Iterator[str]:
    if isinstance(value, str) and not value.startswith("$"):
        yield value
    elif isinstance(value, Mapping):
        for operator in ("$eq", "$ne", "$in", "$nin"):
            operand = value.get(operator)
            for item in operand if isinstance(operand, list) else [operand]:
                yield from _codes(item) if isinstance(item, str) else ()


def _check_examples(kind: RecordType, source: Source) -> Iterator[Finding]:
    compiled = compile_type(kind)
    for index, example in enumerate(kind.examples):
        reading = read_data(compiled, example.given, {"TODAY": "2026-04-01", **example.variables})
        found = {error.path: error.key for error in reading.errors}
        expected = {} if example.expect == "valid" else dict(example.expect)
        missed = {path: key for path, key in expected.items() if found.get(path) != key}
        if missed or (example.expect == "valid" and found):
            values = {"expected": _spell(expected), "found": _spell(found)}
            yield source.finding("T-E022", ("examples", index), **values)


def _spell(errors: Mapping[str, str]) -> str:
    return ", ".join(f"{path}: {key}" for path, key in errors.items()) or "valid"


def _check_flow(configuration: Configuration, flow: Flow, source: Source) -> Iterator[Finding]:
    leaving = {state for transition in flow.transitions.values() for state in transition.origins}
    for name, state in flow.states.items():
        if not state.final and state.live and name not in leaving and flow.transitions:
            yield source.finding("T-E021", ("states", name), name=name)
    for name, transition in flow.transitions.items():
        yield from _check_transition(configuration, flow, transition, source, ("transitions", name))


def _check_transition(
    configuration: Configuration, flow: Flow, transition: Transition, source: Source, path: tuple[str, ...]
) -> Iterator[Finding]:
    for state in (*transition.origins, transition.to):
        yield from _unknown(source, "T-E020", (*path, "to"), state, flow.states)
    people = [*PEOPLE, *configuration.site.roles]
    for key, named in (("by", transition.by), ("not_by", transition.not_by)):
        for person in named:
            yield from _unknown(source, "T-E026", (*path, key), person, people)
    for index, call in enumerate(transition.effects):
        yield from _unknown(source, "T-E015", (*path, "effects", index), call.effect, EFFECTS)
    for index, mail in enumerate(transition.mail):
        yield from check_mail(configuration, mail.template, source, (*path, "mail", index))
    yield from _check_when(transition, source, path)


def _check_when(transition: Transition, source: Source, path: tuple[str, ...]) -> Iterator[Finding]:
    for query in (transition.when, *(e.when for e in transition.effects), *(m.when for m in transition.mail)):
        try:
            compile_condition(query)
        except Problem as problem:
            yield source.finding("T-E019", path, problem=str(problem))


def check_mail(configuration: Configuration, template: str, source: Source, path: Path) -> Iterator[Finding]:
    """A template must exist in every language of the site."""
    for language in LANGUAGES:
        if language in configuration.site.languages and (template, language) not in configuration.mail:
            yield source.finding("T-E016", path, name=template, language=language)
