"""What the people a workflow or a lifecycle names are called, where they are no role of the site."""

from collections.abc import Mapping

from models.language import Message, Text

LABELS: Mapping[str, Message] = {
    "applicant": Message("Applicant"),
    "assignee": Message("Reviewer in charge"),
    "staff": Message("Staff"),
    "system": Message("System"),
    "operator": Message("Operator"),
    "operator_administrator": Message("Administrator of the operator"),
    "originator": Message("The side that began it"),
    "counterpart": Message("The other side"),
}


def people_label(word: str) -> Text | None:
    """What a word of ``by``, ``not_by``, ``all_of`` or ``held_by`` is called; None for a role."""
    found = LABELS.get(word)
    return Text(ja=found("ja"), en=found("en")) if found else None
