"""What operators owe again and again: whether it can be worked out, and who took part."""

from collections.abc import Iterator

from models.configuration.checks.audiences import check_owned
from models.configuration.checks.conditions import check_compiles
from models.configuration.checks.mail import check_mail
from models.configuration.checks.place import Path, Subject, twice, unknown
from models.language import Message
from models.schema.duty import Duty
from models.schema.fields.structure import AccountField, TableField
from models.schema.finding import Finding

BOTH = Message("“counts_from” stands beside “opens” or “due”")
NEITHER = Message("it has neither “opens” and “due” nor “counts_from”")
ROLLING = Message("“{key}” belongs to duties with “counts_from”")
NO_DATE = Message("“{name}” is no required date of the record")
OURS = Message("these records are the organisation's own, of no operator")
NOT_BEGUN = Message("“kinds” has no “register”")

OF_ROLLING = ("first_within", "opens_before", "overdue", "owning")
"""Keys of a duty that need a day of each operator's own."""


def check_duties(subject: Subject) -> Iterator[Finding]:
    """T-E004, T-E011, T-E016, T-E018, T-E019, T-E023, T-E026, T-E099 and T-E127 to T-E129 of one type."""
    kind, source = subject.kind, subject.source
    yield from twice(source, [(("duties", n, "name"), duty.name) for n, duty in enumerate(kind.duties)])
    for index, duty in enumerate(kind.duties):
        path: Path = ("duties", index)
        yield from check_compiles(source, duty.whom, (*path, "for"))
        if kind.applications.asked is None:
            yield source.finding("T-E004", path, key="applications.asked")
        for problem in _problems(subject, duty):
            yield source.finding("T-E127", path, name=duty.name, problem=problem)
        yield from _check_names(subject, duty, path)
    for place in subject.places:
        if isinstance(place.field, TableField) and place.field.rows_from is not None:
            yield from _check_roster(subject, place.field, place.path, nested=bool(place.inside))


def _problems(subject: Subject, duty: Duty) -> Iterator[Message]:
    """Why the due dates of a duty could not be told."""
    kind, by_day = subject.kind, (duty.opens, duty.due)
    if duty.counts_from is None:
        if None in by_day:
            yield NEITHER
        for key in OF_ROLLING:
            if key in duty.model_fields_set:
                yield Message(ROLLING.msgid, {"key": key})
        return
    if by_day != (None, None):
        yield BOTH
    if kind.is_ours:
        yield OURS
    if "register" not in kind.applications.kinds:
        yield NOT_BEGUN
    field = kind.by_name.get(duty.counts_from)
    if field is None or field.type != "date" or not field.required:
        yield Message(NO_DATE.msgid, {"name": duty.counts_from})


def _check_names(subject: Subject, duty: Duty, path: Path) -> Iterator[Finding]:
    """The record an operator has to have, the table of who took part, the mails."""
    configuration, source = subject.configuration, subject.source
    if duty.owning is not None:
        owned, where = duty.owning.type, duty.owning.where
        yield from check_owned(configuration, owned, where, source, (*path, "owning"), "type")
    if duty.attendance is not None:
        yield from check_compiles(source, duty.attendance.where, (*path, "attendance", "where"))
        table = subject.kind.by_name.get(duty.attendance.table)
        if not isinstance(table, TableField) or table.rows_from is None:
            yield source.finding("T-E128", (*path, "attendance", "table"), name=duty.attendance.table)
    for index, mail in enumerate(duty.overdue):
        place: Path = (*path, "overdue", index)
        yield from check_mail(configuration, mail.template, source, place)
        site = configuration.site
        yield from unknown(source, "T-E026", place, mail.to, ["operator", *site.roles, *site.routes])


def _check_roster(subject: Subject, table: TableField, path: Path, *, nested: bool) -> Iterator[Finding]:
    """T-E129 unless a table of accounts stands by itself and has one column of accounts, each once."""
    columns = [part for part in table.fields if isinstance(part, AccountField)]
    unique = len(columns) == 1 and columns[0].unique is True
    if nested or not unique or subject.kind.is_ours:
        yield subject.source.finding("T-E129", (*path, "rows_from"), name=table.name)
