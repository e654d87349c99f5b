"""Whether lists can be sorted and filtered as they are said to be: by an index, or not at all."""

from collections.abc import Iterator

from models.configuration.checks.place import Subject, fields_to
from models.schema.definition import singles
from models.schema.finding import Finding

MOST_INDEXES = 64
"""Indexes a collection may have (MongoDB manual, “Limits and Thresholds”)."""

OWN_INDEXES = 6
"""Those every record type has: identity, number, operator, search, state, last change."""

CLOCK_INDEXES = 5
"""Those of a lifecycle whose records keep a clock (``models.documents.indexes``)."""


def check_orders(subject: Subject) -> Iterator[Finding]:
    """T-E064 where a column of a table is to be sorted, filtered or indexed: a record has many answers there,
    and no index puts records in an order by them. T-E065 where more is indexed than a collection can be."""
    for place in subject.places:
        keys = {"sort": place.field.sortable, "filter": place.field.filterable, "index": place.field.index}
        in_rows = any(field.repeats for field in fields_to(subject.kind, place.inside))
        for key in (key for key, wanted in keys.items() if wanted and in_rows):
            yield subject.source.finding("T-E064", (*place.path, key), key=key, name=place.field.name)
    count = OWN_INDEXES + sum(field.unique is not False for field in subject.kind.fields)
    count += sum(f.index or f.filterable or f.sortable for _, f in singles(subject.kind.fields))
    count += len(subject.kind.columns)
    lifecycle = subject.configuration.lifecycles.get(subject.kind.lifecycle)
    if lifecycle is not None:
        count += CLOCK_INDEXES * lifecycle.clocked + lifecycle.reviewed
    if count > MOST_INDEXES:
        yield subject.source.finding("T-E065", ("fields",), count=count, limit=MOST_INDEXES)


def check_columns(subject: Subject) -> Iterator[Finding]:
    """T-E140 where lists are to tell by when a record is due, or whose turn it is, and its lifecycle does
    not say."""
    lifecycle = subject.configuration.lifecycles.get(subject.kind.lifecycle)
    if lifecycle is None:
        return
    told = {"due": lifecycle.has_terms, "awaits": lifecycle.awaited}
    for at, name in enumerate(subject.kind.columns):
        if not told[name]:
            place = ("columns", at)
            yield subject.source.finding("T-E140", place, name=name, lifecycle=lifecycle.name)
