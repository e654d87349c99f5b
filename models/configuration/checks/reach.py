"""What can be reached: fields never shown, checks that fail out of sight, pages that lose all they ask."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from models.configuration.checks.decided import World, judgement
from models.configuration.checks.links import taken_from, titled
from models.configuration.checks.place import Place, Scope, Subject
from models.configuration.checks.worlds import Query, Worlds
from models.schema.conditions import fields_in
from models.schema.definition import Check, Page
from models.schema.finding import Finding


def check_reach(subject: Subject) -> Iterator[Finding]:
    """T-E042, T-E047 and T-W007 of one record type whose conditions hold together."""
    worlds = Worlds()
    yield from _check_shown(subject, worlds)
    for index, rule in enumerate(subject.kind.checks):
        if _fails_out_of_sight(subject, rule, worlds):
            values = {"check": rule.name, "name": rule.at}
            yield subject.source.finding("T-E047", ("checks", index), **values)
    for number, page in enumerate(subject.kind.pages):
        yield from _check_emptied(subject, page, number, worlds)


def _check_shown(subject: Subject, worlds: Worlds) -> Iterator[Finding]:
    judged: dict[tuple[int, str], bool] = {}
    never: set[tuple[str, ...]] = set()
    for place in subject.places:
        rule = place.field.show_when
        if rule is None or place.inside in never:
            continue
        question = (id(place.scope), repr(rule))
        if question not in judged:
            judged[question] = _can_hold(rule, place.scope, worlds)
        if not judged[question]:
            never.add(place.names)
            yield subject.source.finding("T-E042", (*place.path, "show_when"), name=place.field.name)


def _can_hold(rule: Query, scope: Scope, worlds: Worlds) -> bool:
    """Whether any combination of answers does not rule it out."""
    judge = judgement(rule)
    return any(judge(world) is not False for world in worlds.around([rule], scope)) or worlds.left <= 0


def _fails_out_of_sight(subject: Subject, rule: Check, worlds: Worlds) -> bool:
    """Whether some answers, none of them lacking, break the check while its field is hidden."""
    target = subject.top[rule.at.split(".")[0]]
    if target.field.show_when is None:
        return False
    queries = [rule.must, rule.when or {}, target.field.show_when]
    must, when, shown = (judgement(query) for query in queries)
    return any(
        shown(world) is False and when(world) is True and must(world) is False
        for world in worlds.around(queries, subject.top)
        if not _lacking(world, subject.top, _read(queries))
    )


def _read(queries: Iterable[Query]) -> set[str]:
    return {path.split(".")[0] for query in queries for path in fields_in(query)}


def _lacking(world: World, scope: Scope, names: Iterable[str]) -> bool:
    """Whether an answer that is always asked for is missing: it would be reported first."""
    return any(
        name in world.known
        and name not in world.answers
        and scope[name].field.required
        and (
            scope[name].field.show_when is None or judgement(scope[name].field.show_when or {})(world) is True
        )
        for name in names
        if name in scope
    )


def _check_emptied(subject: Subject, page: Page, number: int, worlds: Worlds) -> Iterator[Finding]:
    """A page that asks for something, may lose every field by an answer, and holds what others rely on."""
    places = [subject.top[name] for name in page.fields if name in subject.top]
    asked = [place for place in places if place.field.asked]
    needed = [place for place in asked if place.field.required or place.field.required_when is not None]
    relied = [place for place in asked if place.field.name in _relied_upon(subject)]
    if not needed or not relied or any(place.field.show_when is None for place in asked):
        return
    answers = _emptying(asked, subject.top, worlds)
    if answers is not None:
        values = {"answer": _spell(answers), "page": page.label, "name": relied[0].field.name}
        yield subject.source.finding("T-W007", ("pages", number), **values)


def _emptying(asked: Sequence[Place], scope: Scope, worlds: Worlds) -> Mapping[str, Any] | None:
    queries = [place.field.show_when or {} for place in asked]
    rules = [judgement(query) for query in queries]
    read = _read(queries)
    for world in worlds.around(queries, scope):
        if all(rule(world) is False for rule in rules) and not _lacking(world, scope, read):
            return {name: value for name, value in world.answers.items() if name in read}
    return None


def _relied_upon(subject: Subject) -> set[str]:
    """The fields that something outside the form needs: whom to write to, what to call the record, and what
    effects and mails take."""
    kind = subject.kind
    flow = subject.configuration.workflows.get(kind.applications.workflow)
    own = (kind.applications.contact, kind.applications.certificate, *titled(kind.title))
    return {name for name in (*own, *taken_from(kind, flow)) if name}


def _spell(answers: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in answers.items()) or "–"
