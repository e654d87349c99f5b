"""Small definitions to compare: the fields one gives, with the rest every type has."""

from typing import Any

from models.schema.definition import RecordType


def field(name: str, kind: str = "text", **keys: Any) -> dict[str, Any]:
    """One field as it is stored with a definition."""
    return {"name": name, "type": kind, "label": {"ja": name, "en": name}, **keys}


def options(*codes: str) -> list[dict[str, Any]]:
    """Options called by their codes."""
    return [{"code": code, "label": {"ja": code}} for code in codes]


def a_type(*fields: dict[str, Any], **keys: Any) -> RecordType:
    """A record type with these fields."""
    plain: dict[str, Any] = {
        "record_type": "plant",
        "label": {"ja": "設備", "en": "Plant"},
        "collection": "plants",
        "number": {"field": "plant_number", "format": "{seq:010}"},
        "title": "{title}",
        "applications": {"workflow": "registration"},
        "lifecycle": "registered_record",
        "fields": list(fields),
    }
    return RecordType.model_validate({**plain, **keys})
