"""What is published, what the clock takes, and what belongs to the organisation itself."""

from collections.abc import Iterator, Sequence

from models.configuration.checks.conditions import check_compiles
from models.configuration.checks.mail import check_mail
from models.configuration.checks.place import Path, Subject, listed
from models.configuration.load import Configuration
from models.language import Message
from models.schema.definition import IMPORTANCES, PublicationRule, RecordType
from models.schema.fields.choice import BooleanField, ChoiceField, DeclarationField, ListedField
from models.schema.fields.file import FilesField
from models.schema.fields.moment import DateField, DateTimeField
from models.schema.fields.text import LongTextField, MarkdownField, TextField
from models.schema.finding import Finding
from models.schema.source import Source
from models.workflow.definition import Flow, Lifecycle, Transition

AT: Path = ("publication",)

Kinds = tuple[type, ...]

MOMENTS: Kinds = (DateField, DateTimeField)

OURS = Message("these records are the organisation's own, of no operator")
UNPUBLISHED = Message("the record type has no “publication”")
APPLIED_FOR = Message("a workflow is never taken by the clock in this way; “expires” is for that")
NOT_ALONE = Message("“by” has to name “system” alone")
ASKS = Message("the clock meets no “needs”, gives no “grounds” and sets no day to look again")
OVER = Message("it leads on from a final state")

OPERATORS_ONLY = ("stop_use", "resume_use", "end_accounts")
PUBLISHING = ("publish", "withdraw", "archive")


def check_publication(subject: Subject) -> Iterator[Finding]:
    """T-E016, T-E019, T-E092 to T-E094 of what a type publishes, T-E096 of what does not go with its records,
    and T-W013 where nothing publishes them or takes them back."""
    yield from _check_ours(subject)
    yield from _check_effects(subject)
    rule = subject.kind.publication
    if rule is None:
        return
    for path, name, kinds in _roles(rule):
        yield from _check_role(subject, (*AT, *path), name, kinds)
    yield from _check_required(subject, rule)
    yield from _check_options(subject, rule.importance, ("importance",), IMPORTANCES)
    yield from _check_options(
        subject, rule.audience, ("audience",), list(subject.configuration.site.audiences)
    )
    if rule.mail is not None:
        place: Path = (*AT, "mail")
        yield from check_mail(subject.configuration, rule.mail.template, subject.source, place)
        yield from check_compiles(subject.source, rule.mail.required or {}, place)


def _roles(rule: PublicationRule) -> Iterator[tuple[Path, str | None, Kinds]]:
    """What a publication names: where it is written, the field, and the types it may have."""
    words: Kinds = (TextField,)
    text: Kinds = (MarkdownField, LongTextField)
    yes: Kinds = (BooleanField, DeclarationField)
    yield ("title", "ja"), rule.title.ja, words
    yield ("title", "en"), rule.title.en or None, words
    yield ("body", "ja"), rule.body.ja, text
    yield ("body", "en"), rule.body.en or None, text
    yield ("category",), rule.category, (ChoiceField,)
    yield ("importance",), rule.importance, (ChoiceField,)
    yield ("audience",), rule.audience, (ChoiceField,)
    yield ("pinned",), rule.pinned, yes
    yield ("attachments",), rule.attachments, (FilesField,)
    yield ("starts",), rule.starts, MOMENTS
    yield ("ends",), rule.ends, MOMENTS
    yield ("acknowledge",), rule.acknowledge, yes
    yield ("acknowledge_by",), rule.acknowledge_by, MOMENTS
    for index, name in enumerate(rule.facts):
        yield ("facts", index), name, ()


def _check_role(subject: Subject, path: Path, name: str | None, kinds: Kinds) -> Iterator[Finding]:
    """T-E092 unless the field is there and of one of these types (of any, where none are given)."""
    if name is None:
        return
    found = subject.kind.by_name.get(name)
    if found is not None and not found.confidential and (not kinds or isinstance(found, kinds)):
        return
    known = [each.name for each in subject.kind.fields if not kinds or isinstance(each, kinds)]
    yield subject.source.finding("T-E092", path, name=name, known=listed(known))


def _check_required(subject: Subject, rule: PublicationRule) -> Iterator[Finding]:
    """T-E093 for what every edition has and an applicant could leave out."""
    needed = (
        (("title", "ja"), rule.title.ja),
        (("body", "ja"), rule.body.ja),
        (("audience",), rule.audience),
    )
    for path, name in needed:
        field = subject.kind.by_name.get(name)
        if field is not None and (not field.required or field.show_when is not None):
            yield subject.source.finding("T-E093", (*AT, *path), name=name)


def _check_options(subject: Subject, name: str | None, path: Path, known: Sequence[str]) -> Iterator[Finding]:
    """T-E094 for an answer that means nothing there."""
    field = subject.kind.by_name.get(name) if name else None
    for option in field.options if isinstance(field, ListedField) else ():
        if option.code not in known:
            yield subject.source.finding("T-E094", (*AT, *path), name=option.code, known=listed(known))


def _check_ours(subject: Subject) -> Iterator[Finding]:
    """T-E096 for what only records of an operator can have."""
    kind, applications = subject.kind, subject.kind.applications
    if not kind.is_ours:
        return
    found: list[tuple[Path, str, bool]] = [
        (("applications", "begun_by"), "applicant", "applicant" in applications.begun_by),
        (("applications", "kinds"), "delete", "delete" in applications.kinds),
        (("applications", "asked"), "asked", applications.asked is not None),
        (("applications", "certificate"), "certificate", applications.certificate is not None),
        (("applications", "needs"), "needs", bool(applications.needs)),
        (("duties",), "duties", bool(kind.duties)),
        (("belongs_to",), "belongs_to", kind.belongs_to is not None),
        (("record_type",), kind.name, kind.name == subject.configuration.site.operator_type),
    ]
    for path, key, wrong in found:
        if wrong:
            yield subject.source.finding("T-E096", path, key=key, name=kind.name, problem=OURS)


def _check_effects(subject: Subject) -> Iterator[Finding]:
    """T-E096 for steps that cannot do to these records what they are to do, T-W013 for what no step does."""
    kind, source = subject.kind, subject.source
    flow = subject.configuration.lifecycles.get(kind.lifecycle)
    if flow is None:
        return
    named = {call.effect for step in flow.transitions.values() for call in step.effects}
    if kind.is_ours:
        for effect in sorted(named & set(OPERATORS_ONLY)):
            yield source.finding("T-E096", ("lifecycle",), key=effect, name=kind.name, problem=OURS)
    if kind.publication is None:
        for effect in sorted(named & set(PUBLISHING)):
            yield source.finding("T-E096", ("lifecycle",), key=effect, name=kind.name, problem=UNPUBLISHED)
        return
    for effect in PUBLISHING[:2]:
        if effect not in named:
            yield source.finding("T-W013", AT, name=kind.name, effect=effect)


def check_clock(configuration: Configuration, flow: Flow, source: Source) -> Iterator[Finding]:
    """T-E095 for a step the clock cannot take."""
    kinds = [kind for kind in configuration.record_types.values() if kind.lifecycle == flow.name]
    for name, step in flow.transitions.items():
        if step.is_timed:
            place: Path = ("transitions", name, "at" if step.at is not None else "after")
            for problem in _untakeable(flow, step, kinds):
                yield source.finding("T-E095", place, name=name, problem=problem)


def _untakeable(flow: Flow, step: Transition, kinds: Sequence[RecordType]) -> Iterator[Message]:
    if not isinstance(flow, Lifecycle):
        yield APPLIED_FOR
        return
    if step.by != ("system",):
        yield NOT_ALONE
    if step.needs or step.grounds or step.review:
        yield ASKS
    if any(flow.states[state].final for state in step.origins if state in flow.states):
        yield OVER
    for kind in kinds if step.at is not None else ():
        if not isinstance(kind.by_name.get(step.at or ""), MOMENTS):
            told = {"name": step.at, "type": kind.name}
            yield Message("“{name}” is no date and no moment of “{type}”", told)
