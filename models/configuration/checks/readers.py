"""What only some may read must not be told by something that more people see."""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from models.configuration.checks.access import OPERATORS, STAFF
from models.configuration.checks.place import Path, Place, Scope, Subject, fields_to
from models.configuration.checks.privacy import is_for_staff
from models.schema.conditions import fields_in
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.fields.structure import ComputedField, ReferenceField
from models.schema.finding import Finding

Readers = tuple[frozenset[str], ...]
"""Who may read a field: somebody in every one of these sets; () for everybody."""


def check_readers(subject: Subject) -> Iterator[Finding]:
    """T-E058 wherever an answer restricted by ``access: {read: …}`` is told to more people, and T-E061 of
    what references take over."""
    for place in subject.places:
        if isinstance(place.field, ReferenceField):
            yield from _check_copies(subject, place, place.field)
    if any(place.field.access and place.field.access.read is not None for place in subject.places):
        yield from _check_envelope(subject)
        yield from _check_rules(subject)
        for path, name, answers in _carrying(subject):
            yield from _check_carried(subject, path, name, answers)


def readers_of(fields: tuple[BaseField, ...]) -> Readers:
    """Who may read the last of `fields`, each of which stands in the one before."""
    rules = (field.access.read for field in fields if field.access)
    return tuple(frozenset(rule) for rule in rules if rule is not None)


def tells_more(kind: RecordType, value: Any, there: RecordType, name: str, roles: frozenset[str]) -> bool:
    """Whether `value`, carried from a record of `kind` to the field `name` of one that is `there`, is an
    answer (``$field``) that comes to people there who may not read it here."""
    target = there.by_name.get(name)
    if target is None or not isinstance(value, str) or not value.startswith("$"):
        return False
    shown = (*seen_by(there), *readers_of((target,)))
    return not all(_reach(shown, readers_of(fields), roles) for fields in _read_there(kind, value[1:]))


def seen_by(kind: RecordType) -> Readers:
    """Who comes to the records of a type at all, where only staff begin and see them; () for everybody."""
    if not is_for_staff(kind):
        return ()
    return (frozenset(word for rule in kind.access for word in rule.by),)


def _roles(subject: Subject) -> frozenset[str]:
    return frozenset(subject.configuration.site.roles)


def _reach(shown: Readers, read: Readers, roles: frozenset[str]) -> bool:
    """Whether all who see what is `shown` may read what is `read`."""
    return all(any(_is_within(few, many, roles) for few in shown) for many in read)


def _is_within(few: frozenset[str], many: frozenset[str], roles: frozenset[str]) -> bool:
    kinds = {"staff": frozenset(STAFF) | roles, "operator": frozenset(OPERATORS)}
    return all(word in many or any(word in kinds[kind] for kind in kinds if kind in many) for word in few)


def _finding(subject: Subject, path: Path, name: str) -> Finding:
    return subject.source.finding("T-E058", path, name=name)


def _check_envelope(subject: Subject) -> Iterator[Finding]:
    """What is shown with every record, whatever its fields ask for."""
    for path, name in _told_to_all(subject):
        place = subject.top.get(name.split(".")[0])
        for field in _inside(subject, place) if place else ():
            if not _reach(seen_by(subject.kind), readers_of(field), _roles(subject)):
                yield _finding(subject, path, name)
                break
    for place in subject.places:
        roles, shown = _roles(subject), seen_by(subject.kind)
        inside = (readers_of(field) for field in _inside(subject, place))
        if place.field.searchable and not all(_reach(shown, read, roles) for read in inside):
            yield _finding(subject, (*place.path, "search"), place.field.name)


def _told_to_all(subject: Subject) -> Iterator[tuple[Path, str]]:
    """Fields whose answers leave the record: its title, its number, the address mails go to."""
    kind = subject.kind
    for _text, name, _form, _how in Formatter().parse(kind.title):
        if name:
            yield ("title",), name
    yield ("number",), kind.number.field
    if kind.applications.contact:
        yield ("applications",), kind.applications.contact
    workflow = subject.configuration.workflows.get(kind.applications.workflow)
    for transition in workflow.transitions.values() if workflow else ():
        for mail in transition.mail:
            yield ("applications",), mail.to
        for call in transition.effects:
            yield from ((("applications",), str(name)) for name in call.parameters.values())


def _inside(subject: Subject, place: Place) -> Iterator[tuple[BaseField, ...]]:
    """The field with what it stands in, and everything in it the same way."""
    return _below((*fields_to(subject.kind, place.inside), place.field))


def _below(fields: tuple[BaseField, ...]) -> Iterator[tuple[BaseField, ...]]:
    yield fields
    for part in fields[-1].parts:
        yield from _below((*fields, part))


def _check_rules(subject: Subject) -> Iterator[Finding]:
    """Conditions and formulas: who sees what they decide learns what they read."""
    for place in subject.places:
        shown = readers_of(next(_inside(subject, place)))
        for key, rule in _rules_of(place.field):
            yield from _check_rule(subject, (*place.path, key), rule, place.scope, shown)
    for index, check in enumerate(subject.kind.checks):
        at = subject.top.get(check.at.split(".")[0])
        shown = readers_of(next(_inside(subject, at))) if at else ()
        for key, rule in (("must", check.must), ("when", check.when)):
            yield from _check_rule(subject, ("checks", index, key), rule, subject.top, shown)


def _rules_of(field: BaseField) -> Iterator[tuple[str, Any]]:
    yield "show_when", field.show_when
    yield "required_when", field.required_when
    yield "read_only_when", field.read_only_when
    if isinstance(field, ComputedField):
        yield "value", {"$expr": field.value}


def _check_rule(subject: Subject, path: Path, rule: Any, scope: Scope, shown: Readers) -> Iterator[Finding]:
    roles = frozenset(subject.configuration.site.roles)
    for dotted in dict.fromkeys([*fields_in(rule), *_before(rule)]):
        words = [word for word in dotted.split(".") if not word.isdigit()]
        place = scope.get(words[0]) if words else None
        read = _followed(next(_inside(subject, place)), words[1:]) if place else ()
        if not all(_reach(shown, readers_of(fields), roles) for fields in read):
            yield _finding(subject, path, dotted)


def _followed(fields: tuple[BaseField, ...], words: list[str]) -> Iterator[tuple[BaseField, ...]]:
    """Every field a path reads that goes on from the last of `fields`."""
    for word in words:
        part = next((part for part in fields[-1].parts if part.name == word), None)
        if part is None:
            break
        fields = (*fields, part)
    return _below(fields)


def _before(node: Any) -> Iterator[str]:
    """The answers of the version in force (``$$BEFORE``) a rule reads."""
    if isinstance(node, str) and node.startswith("$$BEFORE."):
        yield node.removeprefix("$$BEFORE.")
    for part in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        yield from _before(part)


def _carrying(subject: Subject) -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
    """What gives answers of this type to another: where it says so, the other type, and the answers."""
    for index, lead in enumerate(subject.kind.leads_to):
        yield ("leads_to", index, "answers"), lead.type, lead.answers
    flow = subject.configuration.lifecycles.get(subject.kind.lifecycle)
    for call in (call for step in flow.transitions.values() for call in step.effects) if flow else ():
        if isinstance(answers := call.parameters.get("answers"), Mapping):
            yield ("lifecycle",), str(call.parameters.get("type")), answers


def _check_carried(subject: Subject, path: Path, name: str, answers: Mapping[str, Any]) -> Iterator[Finding]:
    """T-E058 for an answer only some may read that becomes one more people read there."""
    there = {**subject.configuration.record_types, subject.kind.name: subject.kind}.get(name)
    if there is None:
        return
    for target, value in answers.items():
        if tells_more(subject.kind, value, there, target, _roles(subject)):
            yield _finding(subject, path, value[1:])


def _check_copies(subject: Subject, place: Place, field: ReferenceField) -> Iterator[Finding]:
    """What a reference takes over from a record of another type, or picks by."""
    types = {**subject.configuration.record_types, subject.kind.name: subject.kind}
    there = types.get(field.to)
    if there is None:
        return
    roles = frozenset(subject.configuration.site.roles)
    around = next(_inside(subject, place))[:-1]
    siblings = around[-1].parts if around else subject.kind.fields
    for target, source in field.copied.items():
        path = (*place.path, "copy", target)
        here = tuple(part for part in siblings if part.name == target)
        for fields in _read_there(there, source):
            if fields[-1].confidential:
                yield subject.source.finding("T-E061", path, name=source)
            elif not _reach(readers_of((*around, *here)), readers_of(fields), roles):
                yield _finding(subject, path, source)
    for dotted in fields_in(field.where or {}):
        for fields in _read_there(there, dotted.removeprefix("data.")):
            if not _reach(readers_of((*around, field)), readers_of(fields), roles):
                yield _finding(subject, (*place.path, "where"), dotted)


def _read_there(there: RecordType, dotted: str) -> Iterator[tuple[BaseField, ...]]:
    words = [word for word in dotted.split(".") if not word.isdigit()]
    first = there.by_name.get(words[0])
    if first is not None:
        yield from _followed((first,), words[1:])
