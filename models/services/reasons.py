"""Reason codes: the sentence a code adds to a remark or a decision, and the mail it chooses."""

from collections.abc import Iterable

from models.documents.application import Remark, Step
from models.errors import TransitionRefused
from models.language import Language
from models.schema.definition import Reason, RecordType


def reason_of(definition: RecordType, code: str | None) -> Reason | None:
    """The reason with this code, or None."""
    return next((reason for reason in definition.review.reasons if reason.code == code), None)


def require_known(definition: RecordType, codes: Iterable[str]) -> None:
    """Raise TransitionRefused unless every one of `codes` that is not empty is in the definition."""
    if any(code and reason_of(definition, code) is None for code in codes):
        raise TransitionRefused("Choose a reason code from the list.")


def sentence(definition: RecordType, code: str | None, language: Language) -> str:
    """The standard sentence of a code; "" where it has none."""
    reason = reason_of(definition, code)
    return reason.text(language) if reason is not None and reason.text is not None else ""


def words(definition: RecordType, text: str, code: str | None, language: Language) -> str:
    """What was typed, or the standard sentence of its code where nothing was: a code that says it all needs
    no more words."""
    return text.strip() or sentence(definition, code, language)


def told(definition: RecordType, text: str, code: str | None, language: Language) -> list[str]:
    """The paragraphs an applicant reads: what was typed, then the standard sentence of its code, each once.
    A sentence that stands for typed words is told in the reader's language."""
    reason = reason_of(definition, code)
    if reason is None or reason.text is None:
        return [text] if text else []
    standard = reason.text(language)
    typed = text if text not in (reason.text.ja, reason.text.en) else ""
    return [paragraph for paragraph in (typed, standard) if paragraph]


def told_remark(definition: RecordType, remark: Remark, language: Language) -> list[str]:
    """The paragraphs of one remark as its applicant reads them."""
    return told(definition, remark.text, remark.reason, language)


def told_note(definition: RecordType, step: Step, language: Language) -> str:
    """The reason given with one step of the history, as its applicant reads it."""
    return "\n".join(told(definition, step.note, step.reason, language))


def template_for(definition: RecordType, codes: Iterable[str | None]) -> str | None:
    """The mail template the codes of one decision choose: the one all of them name, else none. A remark
    without a code, or with a code that names no template, asks for the step's own mail."""
    named = {reason.mail if (reason := reason_of(definition, code)) else None for code in codes}
    return named.pop() if len(named) == 1 else None
