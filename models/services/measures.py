"""Times told of a record (``measures`` of its lifecycle): from when it came into one state until it came into
another, worked out from its versions whenever they are asked for, and kept nowhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.documents.record import Record, RecordVersion
from models.language import Language, Text, translate
from models.services.lifecycle_mails import flow_of
from models.services.site import Site
from models.workflow.definition import Measure


@dataclass(frozen=True, slots=True)
class Measured:
    """One time: what it is called, when it began, when it was over (None: it still runs), how long it is."""

    label: Text
    begin: datetime
    end: datetime | None
    elapsed: timedelta

    @property
    def is_running(self) -> bool:
        """Whether it still runs."""
        return self.end is None


def of_record(site: Site, record: Record, versions: Iterable[RecordVersion]) -> list[Measured]:
    """The times of a record that have begun, in the order its lifecycle names them. One whose end was left
    again for one of its beginnings is told once more."""
    entries = _entries(versions)
    found = flow_of(site, record).measures
    return [_measured(site, each, begin, end) for each in found for begin, end in _runs(each, entries)]


def _entries(versions: Iterable[RecordVersion]) -> Sequence[tuple[str, datetime]]:
    """The states a record came into, and when."""
    entries: list[tuple[str, datetime]] = []
    for version in sorted(versions, key=lambda version: version.revision):
        if not entries or entries[-1][0] != version.lifecycle:
            entries.append((version.lifecycle, version.at))
    return entries


def _runs(
    measure: Measure, entries: Sequence[tuple[str, datetime]]
) -> Iterator[tuple[datetime, datetime | None]]:
    begin: datetime | None = None
    for state, at in entries:
        if begin is None and state in measure.origins:
            begin = at
        elif begin is not None and state in measure.to:
            yield begin, at
            begin = None
    if begin is not None:
        yield begin, None


def _measured(site: Site, measure: Measure, begin: datetime, end: datetime | None) -> Measured:
    return Measured(measure.label, begin, end, (end or site.now()) - begin)


def elapsed_words(elapsed: timedelta, language: Language) -> str:
    """A length of time in words, its two greatest units: days and hours, or hours and minutes. Begun minutes
    do not count."""
    minutes = max(0, int(elapsed.total_seconds()) // 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return translate("{days} d {hours} h", language, days=days, hours=hours)
    if hours:
        return translate("{hours} h {minutes} min", language, hours=hours, minutes=rest)
    return translate("{minutes} min", language, minutes=rest)


def time_left(due: datetime, now: datetime, language: Language) -> str:
    """How much time is left until `due`, or for how long it is over, to the minute."""
    words = elapsed_words(abs(due - now), language)
    return translate("Overdue by {time}" if due <= now else "{time} left", language, time=words)


def measured_words(measured: Measured, language: Language) -> str:
    """How long it took, or takes so far."""
    words = elapsed_words(measured.elapsed, language)
    return translate("{elapsed} (running)", language, elapsed=words) if measured.is_running else words
