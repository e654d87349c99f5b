"""The keys of the type itself: where its records are, how they are numbered, called and applied for."""

from collections.abc import Iterator, Mapping

from models.language import Message
from models.schema.changes.change import Change
from models.schema.changes.pair import Two

SAFE: Mapping[str, Message] = {
    "label": Message("The type is called otherwise."),
    "plural": Message("The type is called otherwise in the plural."),
    "description": Message("The type is described otherwise."),
    "purpose": Message("The reason personal answers are asked for is told otherwise."),
    "enabled": Message("The type is switched on or off: new applications begin or do not; records stay."),
    "number": Message("New records are numbered otherwise; given numbers stay."),
    "title": Message("Records are titled otherwise; stored titles follow once it is published."),
    "belongs_to": Message("Records belong to another type: who may see and apply changes."),
    "access": Message("Other people may see or change records, stored ones too."),
    "retention": Message("Records are kept by another rule."),
    "classification": Message("Answers that say no information class themselves have another one."),
    "duties": Message("Operators owe applications of this type in other periods; what was asked stays."),
    "applications": Message("Applications are made otherwise; open ones finish as they began."),
    "steps": Message("Steps of the lifecycle ask for other answers; what was answered stays."),
    "leads_to": Message("Records lead to other applications."),
    "beside": Message("Other records are shown beside the answers."),
    "diagrams": Message("Other pictures are drawn of records."),
    "columns": Message("Lists show another turn or due date."),
    "publication": Message("Records are published otherwise; what was published stays as it is."),
    "pages": Message("The form is split into pages otherwise."),
    "review": Message("Reviewers have another checklist or other reasons."),
    "examples": Message("Other examples are run."),
    "evolution": Message("Other steps are declared for stored data."),
}
"""What is told of each key; stored answers are not touched by any."""


def compare_whole(two: Two) -> Iterator[Change]:
    """What changes beside fields and checks."""
    old, new = two.old, two.new
    if old.collection != new.collection:
        values = {"before": old.collection, "after": new.collection}
        text = Message(
            "Records would be looked for in “{after}”; those in “{before}” would not be found.", values
        )
        yield Change("collection_changed", "loses", ":collection", text, envelope={})
    if old.lifecycle != new.lifecycle:
        values = {"before": old.lifecycle, "after": new.lifecycle}
        text = Message(
            "The lifecycle changes from “{before}” to “{after}”: records in states it does not have.", values
        )
        yield Change("lifecycle_changed", "step", ":lifecycle", text, envelope={})
    for key, message in SAFE.items():
        if getattr(old, key) != getattr(new, key):
            yield Change(f"{key}_changed", "safe", f":{key}", message)
