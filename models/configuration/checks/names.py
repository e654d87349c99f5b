"""Names: of which letters, and given once."""

import re
from collections.abc import Iterator, Mapping, Sequence

from models.configuration.checks.place import Path, Place, Subject, twice
from models.schema.definition import ChoiceList, RecordType, walk
from models.schema.fields.base import Option
from models.schema.fields.choice import ListedField
from models.schema.finding import Finding
from models.schema.source import Source

LONGEST = 60
"""Longest name (characters)."""

MOST: Mapping[str, int] = {"fields": 1000, "checks": 300, "examples": 300}
"""Most entries of a record type under these keys, fields inside tables and groups included."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ADDRESSES = _words("""
    _api _files account accounts applications asked bounces bulk calendar cases certificates confirm
    corrections dead_addresses declarations delegates disclosures downloads duties events filters holds
    inbox jobs language login logout losses mail_templates mailings mails messages notices people periods
    queue redactions register requests retention reviews secrets static steps stops studio terms theme
    transfers users views waiting
""")
"""What follows ``/portal/`` and ``/admin/`` already: a type of such a name would not be found there."""

COLLECTIONS = _words("""
    acceptances accounts applications authenticators bounces calendar_days calendar_feeds certificates
    comments confirmation_rounds confirmations counters dead_addresses declarations events guesses holds inbox
    inbox_rounds jobs ledger_lines limit_counts links losses mail_alarms mail_lanes mailing_lines mailings
    messages owed posts publications recertification_lines recertifications record_type_versions
    record_versions redactions requests retention_items retention_runs saved_views schema_changes
    sealing_keys sessions stops sweeps terms_versions
""")
"""Collections the program keeps its own things in."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def check_counts(kind: RecordType, source: Source) -> Iterator[Finding]:
    """T-E056 for what has more entries than can be looked at in good time."""
    fields = sum(1 for _ in walk(kind.fields))
    counts = {"fields": fields, "checks": len(kind.checks), "examples": len(kind.examples)}
    for key, count in counts.items():
        if count > MOST[key]:
            yield source.finding("T-E056", (key,), key=key, count=count, limit=MOST[key])


def check_names(subject: Subject) -> Iterator[Finding]:
    """T-E009, T-E018, T-E048 and T-E091 of one record type."""
    kind, source = subject.kind, subject.source
    yield from _check_free(kind, source)
    yield from check_spelling(source, ("record_type",), kind.record_type)
    yield from check_spelling(source, ("collection",), kind.collection)
    yield from check_spelling(source, ("number", "field"), kind.number.field)
    for place in subject.places:
        yield from check_spelling(source, (*place.path, "name"), place.field.name)
    for level in _levels(subject.places):
        yield from twice(source, [((*place.path, "name"), place.field.name) for place in level])
    if kind.number.field in kind.by_name:
        yield source.finding("T-E048", ("number", "field"), name=kind.number.field)
    yield from _lists(subject)


def _check_free(kind: RecordType, source: Source) -> Iterator[Finding]:
    if kind.record_type in ADDRESSES:
        yield source.finding("T-E091", ("record_type",), name=kind.record_type)
    if kind.collection in COLLECTIONS:
        yield source.finding("T-E091", ("collection",), name=kind.collection)


def check_spelling(source: Source, path: Path, name: str) -> Iterator[Finding]:
    """T-E009 for a name that is not made of lower-case letters, digits and single underscores."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        yield source.finding("T-E009", path, name=name[:80])


def _levels(places: Sequence[Place]) -> Iterator[list[Place]]:
    levels: dict[Path, list[Place]] = {}
    for place in places:
        levels.setdefault(place.path[:-1], []).append(place)
    yield from levels.values()


def _lists(subject: Subject) -> Iterator[Finding]:
    kind, source = subject.kind, subject.source
    yield from twice(source, [(("pages", n, "name"), page.name) for n, page in enumerate(kind.pages)])
    yield from twice(source, [(("checks", n, "name"), rule.name) for n, rule in enumerate(kind.checks)])
    checklist = enumerate(kind.review.checklist)
    yield from twice(source, [(("review", "checklist", n, "name"), item.name) for n, item in checklist])
    reasons = enumerate(kind.review.reasons)
    yield from twice(source, [(("review", "reasons", n, "code"), reason.code) for n, reason in reasons])
    for place in subject.places:
        if isinstance(place.field, ListedField) and place.field.choices is None:
            yield from check_options(source, (*place.path, "options"), place.field.options)


def check_list(choices: ChoiceList, source: Source) -> Iterator[Finding]:
    """The name of a choice list and the codes in it."""
    yield from check_spelling(source, ("choices",), choices.choices)
    yield from check_options(source, ("options",), choices.options)


def check_options(source: Source, path: Path, options: Sequence[Option]) -> Iterator[Finding]:
    """T-E018 for every code that stands twice."""
    yield from twice(source, [((*path, n, "code"), option.code) for n, option in enumerate(options)])
