"""Audiences: each says of somebody, of roles and record types that exist, by fields that exist."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from models.configuration.audiences import AudienceRule
from models.configuration.checks.conditions import check_compiles
from models.configuration.checks.names import check_spelling
from models.configuration.checks.place import Path, listed, unknown
from models.configuration.load import Configuration
from models.schema.conditions import fields_in
from models.schema.definition import RecordType
from models.schema.finding import Finding
from models.schema.source import Source

STORED = ("number", "lifecycle", "title")
"""What a condition may read of a record besides its answers."""


def check_audiences(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E009, T-E011, T-E019, T-E023, T-E026 and T-E097 to T-E099 of the audiences of the site."""
    site = configuration.site
    for name, rule in site.audiences.items():
        path: Path = ("site", "audiences", name)
        yield from check_spelling(source, path, name)
        if _is_empty(rule):
            yield source.finding("T-E097", path, name=name)
        for role in rule.roles:
            yield from unknown(source, "T-E026", (*path, "roles"), role, {*site.roles, *site.operator_roles})
        own = configuration.record_types.get(site.operator_type)
        yield from check_where(own, rule.operator, source, (*path, "operator"))
        yield from _check_owning(configuration, rule, source, path)
        yield from _check_asked(configuration, rule, source, path)


def _is_empty(rule: AudienceRule) -> bool:
    """Whether it says of nobody, or puts a condition to records it does not name."""
    nobody = rule.open is None and not rule.roles and not rule.narrowed
    return nobody or (bool(rule.where) and rule.owning is None) or (rule.open == "staff" and rule.narrowed)


def _check_owning(
    configuration: Configuration, rule: AudienceRule, source: Source, path: Path
) -> Iterator[Finding]:
    if rule.owning is not None:
        yield from check_owned(configuration, rule.owning, rule.where, source, path, "owning")


def check_owned(
    configuration: Configuration,
    owned: str,
    where: Mapping[str, Any],
    source: Source,
    path: Path,
    key: str,
) -> Iterator[Finding]:
    """T-E011, T-E019, T-E023 and T-E099 of a type operators are to own records of (written as `key`), and of
    the condition on them."""
    place: Path = (*path, key)
    yield from unknown(source, "T-E023", place, owned, configuration.record_types)
    kind = configuration.record_types.get(owned)
    if kind is not None and (kind.is_ours or kind.name == configuration.site.operator_type):
        yield source.finding("T-E099", place, name=owned)
    yield from check_where(kind, where, source, (*path, "where"))


def check_where(
    kind: RecordType | None, query: Mapping[str, Any], source: Source, path: Path
) -> Iterator[Finding]:
    """T-E019, and T-E011 for what records of a type do not have."""
    problems = list(check_compiles(source, query, path))
    yield from problems
    if problems or kind is None:
        return
    known = [*STORED, *(f"data.{name}" for name in kind.by_name)]
    for dotted in dict.fromkeys(fields_in(query)):
        if not _is_known(kind, dotted):
            yield source.finding("T-E011", path, name=dotted, known=listed(known))


def _is_known(kind: RecordType, dotted: str) -> bool:
    first, _, rest = dotted.partition(".")
    return rest.partition(".")[0] in kind.by_name if first == "data" else dotted in STORED


def _check_asked(
    configuration: Configuration, rule: AudienceRule, source: Source, path: Path
) -> Iterator[Finding]:
    """T-E098 for an answer no notice has."""
    known = _answers(configuration)
    for name in sorted(rule.asked):
        if name not in known:
            yield source.finding("T-E098", path, name=name, known=listed(sorted(known)))


def _answers(configuration: Configuration) -> Collection[str]:
    """The fields of everything that is published, its number among them."""
    published = [kind for kind in configuration.record_types.values() if kind.publication is not None]
    return {name for kind in published for name in (*kind.by_name, kind.number.field)}
