"""Application windows: their periods in order, their types known, and named where they are meant."""

from collections.abc import Iterator
from itertools import pairwise

from models.configuration.checks.names import check_spelling
from models.configuration.checks.place import Subject, unknown
from models.configuration.load import Configuration
from models.configuration.windows import MOMENT, SERVICE_HOURS, Period, Window
from models.schema.finding import Finding
from models.schema.source import Source


def check_window(configuration: Configuration, window: Window, source: Source) -> Iterator[Finding]:
    """T-E009, T-E023, T-E067 and T-E068 of one window."""
    yield from check_spelling(source, ("window",), "" if window.name == SERVICE_HOURS else window.name)
    for index, name in enumerate(window.record_types):
        path = ("record_types", index)
        yield from unknown(source, "T-E023", path, name, configuration.record_types)
    written = list(enumerate(window.periods))
    for index, period in written:
        if period.closes <= period.opens:
            yield source.finding("T-E067", ("periods", index, "closes"), **_told(period))
    ordered = sorted(written, key=lambda pair: pair[1].opens)
    for (_, before), (index, period) in pairwise(ordered):
        if period.opens < before.closes:
            yield source.finding("T-E068", ("periods", index), **_told(period))


def _told(period: Period) -> dict[str, str]:
    return {"opens": period.opens.strftime(MOMENT), "closes": period.closes.strftime(MOMENT)}


def check_during(subject: Subject) -> Iterator[Finding]:
    """T-E066 and T-E069: the window that applications of a type are bound to."""
    configuration, kind = subject.configuration, subject.kind
    name, path = kind.applications.during, ("applications", "during")
    if name is None:
        return
    window = configuration.windows.get(name)
    if window is None:
        yield from unknown(subject.source, "T-E066", path, name, configuration.windows)
    elif not any(window.covers(kind.name, one) for one in kind.applications.kinds):
        yield subject.source.finding("T-E069", path, name=kind.name, window=name)
