"""Information classes (R2, R79): what each is called, how they are inherited, the strictest of several."""

from collections.abc import Iterable, Mapping
from typing import Any

from models.language import Text
from models.schema.fields import BaseField
from models.schema.fields.base import Classification

CLASSES: Mapping[Classification, Text] = {
    "public": Text(ja="公開", en="Public"),
    "users_only": Text(ja="利用者限り", en="For users only"),
    "confidential": Text(ja="外部秘", en="Confidential"),
}
"""Every class, from the most open to the strictest."""

STAFF_ONLY = ("staff",)


def class_of(field: BaseField) -> Classification:
    """The class of a field of a published definition."""
    return field.classification or "users_only"


def strictest(fields: Iterable[BaseField]) -> Classification:
    """The strictest class among fields and what stands in them; ``users_only`` where there is none."""
    order, found = list(CLASSES), [-1]
    for field in fields:
        found.append(order.index(class_of(field)))
        if field.parts:
            found.append(order.index(strictest(field.parts)))
    place = max(found)
    return order[place] if place >= 0 else "users_only"


def written_down(described: Mapping[str, Any], around: str | None) -> dict[str, Any]:
    """A field as a steward wrote it, with the class it inherits; what is confidential is for the staff to
    read and to answer, where it does not name some of them."""
    found = dict(described)
    own = found.get("classification") or around
    if own is not None:
        found["classification"] = own
    if own == "confidential":
        access = found.get("access")
        found["access"] = {
            "read": STAFF_ONLY,
            "write": STAFF_ONLY,
            **(access if isinstance(access, Mapping) else {}),
        }
    parts = found.get("fields")
    if isinstance(parts, list | tuple):
        found["fields"] = all_written_down(parts, own)
    return found


def all_written_down(described: Iterable[Any], around: str | None) -> list[Any]:
    """``written_down`` of several fields; what is no description stays as it is."""
    return [written_down(each, around) if isinstance(each, Mapping) else each for each in described]
