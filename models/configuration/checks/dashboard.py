"""What the dashboard counts records by: choices of record types there are, with an index to count them by."""

from collections.abc import Iterator

from models.configuration.checks.place import unknown
from models.configuration.load import Configuration
from models.schema.fields.choice import ChoiceField
from models.schema.finding import Finding
from models.schema.source import Source


def check_dashboard(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E023 for a record type, T-E011 for a field that does not exist; T-E063 for one that cannot be counted
    by."""
    for number, asked in enumerate(configuration.site.dashboard):
        path = ("site", "dashboard", number)
        yield from unknown(source, "T-E023", (*path, "records"), asked.records, configuration.record_types)
        kind = configuration.record_types.get(asked.records)
        for position, name in enumerate(asked.by if kind else ()):
            place, field = (*path, "by", position), kind.by_name.get(name) if kind else None
            if field is None:
                yield from unknown(source, "T-E011", place, name, kind.by_name if kind else ())
            elif not isinstance(field, ChoiceField) or not (
                field.index or field.filterable or field.sortable
            ):
                yield source.finding("T-E063", place, name=name)
