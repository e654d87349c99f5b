"""What was asked of an applicant and what they answered, round by round."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from models.access import found_at
from models.documents.application import Application, Remark, Submission
from models.language import Language
from models.permissions import Actor
from models.schema.compare import Difference, differences
from models.schema.definition import RecordType
from models.services.applications import form_of
from models.services.reasons import told_remark
from models.services.seeing import is_read, seen_of
from models.services.site import Site


@dataclass(frozen=True, slots=True)
class Asked:
    """One remark: the answer it is about, and the reviewer's words."""

    path: str
    label: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One time the application was handed over and came back: what was asked, and what the next time
    changed. ``answered_at`` is None where it was not handed over again."""

    number: int
    submitted_at: datetime
    asked_at: datetime
    asked: tuple[Asked, ...]
    answered_at: datetime | None = None
    answered: tuple[Difference, ...] = ()


def rounds_of(site: Site, actor: Actor, application: Application, language: Language) -> list[Round]:
    """The rounds that came back with remarks, oldest first; only what `actor` may read."""
    form, seen = form_of(site, application), seen_of(site, actor, application)
    after = {each.round - 1: each for each in application.submissions[1:]}
    found = []
    for each in application.submissions:
        remarks = [remark for remark in application.remarks if remark.round == each.round]
        if not remarks:
            continue
        readable = [remark for remark in remarks if is_read(actor, form, remark.field)]
        asked = tuple(_asked(form, readable, language))
        found.append(_round(seen, each, remarks[0].at, asked, after.get(each.round), language))
    return found


def _asked(form: RecordType, remarks: list[Remark], language: Language) -> Iterator[Asked]:
    for remark in remarks:
        label = label_at(form, remark.field, language)
        yield Asked(remark.field, label, tuple(told_remark(form, remark, language)))


def label_at(form: RecordType, path: str, language: Language) -> str:
    """What the answer at `path` is called; the path itself where the form has nothing there."""
    labels = [field.label(language) for field in found_at(form, path)]
    return (": " if language == "en" else "：").join(labels) or path


def _round(
    seen: RecordType,
    handed: Submission,
    asked_at: datetime,
    asked: tuple[Asked, ...],
    answer: Submission | None,
    language: Language,
) -> Round:
    if answer is None:
        return Round(handed.round, handed.at, asked_at, asked)
    changed = tuple(differences(seen, handed.data, answer.data, language))
    return Round(handed.round, handed.at, asked_at, asked, answer.at, changed)
