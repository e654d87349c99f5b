"""Small record types to evolve."""

from typing import Any

from models.schema.definition import RecordType
from models.schema.evolution import Steps


def text(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "text", "label": {"ja": name}, **more}


def choice(name: str, codes: str, kind: str = "choice", **more: Any) -> dict[str, Any]:
    options = [{"code": code, "label": {"ja": code}} for code in codes]
    return {"name": name, "type": kind, "label": {"ja": name}, "options": options, **more}


def table(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "type": "table", "label": {"ja": name}, "fields": list(fields)}


def group(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "type": "group", "label": {"ja": name}, "fields": list(fields)}


def kind(*fields: dict[str, Any], **more: Any) -> RecordType:
    """A record type with a number and these fields."""
    return RecordType.model_validate(
        {
            "record_type": "thing",
            "label": {"ja": "もの"},
            "collection": "things",
            "number": {"field": "code"},
            "title": "{title}",
            "applications": {"workflow": "registration"},
            "lifecycle": "market_participation",
            "fields": [text("code", read_only=True), text("title", search=True), *fields],
            **more,
        }
    )


def steps(**keys: Any) -> Steps:
    """An entry that leads on from version 1."""
    return Steps.model_validate({"from": 1, **keys})
