"""Retention classes: every table in one class, and the event log kept."""

from collections.abc import Iterator

from models.configuration.checks.place import Path
from models.configuration.load import Configuration
from models.schema.finding import Finding
from models.schema.source import Source


def check_retention(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E086 where two classes cover a table, or events would be erased: they are sealed into a chain."""
    seen: dict[str, str] = {}
    for name, retention in configuration.site.retention.items():
        path: Path = ("site", "retention", name)
        for table in retention.covers:
            if table in seen:
                problem = f"{table}: {seen[table]}, {name}"
                yield source.finding("T-E086", path, name=name, problem=problem)
            if table == "events" and retention.then != "keep":
                yield source.finding("T-E086", path, name=name, problem=f"events: then: {retention.then}")
            seen.setdefault(table, name)
