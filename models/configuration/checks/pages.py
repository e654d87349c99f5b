"""Pages: every field on one, once."""

from collections import Counter
from collections.abc import Iterator

from models.configuration.checks.place import Subject, unknown
from models.schema.finding import Finding


def check_pages(subject: Subject) -> Iterator[Finding]:
    """T-E011, T-E018 and T-E028 of the pages of one record type."""
    kind, source = subject.kind, subject.source
    placed = Counter(name for page in kind.laid_out for name in page.fields)
    for number, page in enumerate(kind.pages):
        for index, name in enumerate(page.fields):
            yield from unknown(source, "T-E011", ("pages", number, "fields", index), name, kind.by_name)
            if placed[name] > 1:
                yield source.finding("T-E018", ("pages", number, "fields", index), name=name)
    for index, field in enumerate(kind.fields):
        if field.asked and field.name not in placed and field.name not in kind.asked_later:
            yield source.finding("T-E028", ("fields", index), name=field.name)
