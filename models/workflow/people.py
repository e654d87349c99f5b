"""What the people a workflow or a lifecycle names are called, where they are no role of the site."""

from collections.abc import Mapping

from models.language import Message, Text

OPERATOR, OPERATORS = Text(ja="事業者", en="Operator"), Text(ja="事業者", en="Operators")
"""What a site calls one, and several, of those who get accounts of their own, where it says nothing else."""

LABELS: Mapping[str, Message] = {
    "applicant": Message("Applicant"),
    "assignee": Message("Reviewer in charge"),
    "staff": Message("Staff"),
    "system": Message("System"),
    "operator": Message("{Operator}"),
    "operator_administrator": Message("Administrator of the {operator}"),
    "originator": Message("The side that began it"),
    "counterpart": Message("The other side"),
}


def people_label(word: str, operator: Text) -> Text | None:
    """What a word of ``by``, ``not_by``, ``all_of`` or ``held_by`` is called on a site that calls an operator
    `operator`; None for a role."""
    found = LABELS.get(word)
    if found is None:
        return None
    told = Message(found.msgid, {"Operator": operator, "operator": within(operator)})
    return Text(ja=told("ja"), en=told("en"))


def within(word: Text) -> Text:
    """A word of ``site.words`` as it stands within a sentence: in English with a small letter, unless it is
    an abbreviation."""
    told = word.en or word.ja
    return word if told[1:2].isupper() else Text(ja=word.ja, en=told[:1].lower() + told[1:])
