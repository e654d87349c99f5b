"""What the editor completes: keys and values of the configuration language, read from the models."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from models.language import LANGUAGES
from models.schema.definition import (
    KIND_LABELS,
    Applications,
    Check,
    ChecklistItem,
    Example,
    Numbering,
    Page,
    Reason,
    RecordType,
    Review,
)
from models.schema.evolution import Steps
from models.schema.fields import FIELD_TYPES, BaseField, type_name
from models.schema.fields.base import Option, UniqueRule
from models.schema.formats import FORMATS
from models.services.site import Site

PARTS: Mapping[str, type[BaseModel]] = {
    "": RecordType,
    "number": Numbering,
    "applications": Applications,
    "pages": Page,
    "checks": Check,
    "review": Review,
    "checklist": ChecklistItem,
    "reasons": Reason,
    "examples": Example,
    "evolution": Steps,
    "options": Option,
    "unique": UniqueRule,
}
"""The models by the key they stand under."""

TEXTS = ("label", "plural", "description", "help", "message", "row_label", "text")
"""Keys whose value speaks both languages."""


def words(site: Site) -> dict[str, Any]:
    """``keys`` by the key they stand under, ``fields`` by field type, ``values`` by key."""
    keys: dict[str, list[str]] = {name: _keys(model) for name, model in PARTS.items()}
    keys |= {key: list(LANGUAGES) for key in TEXTS}
    return {
        "keys": keys,
        "fields": {"": _keys(BaseField), **{type_name(kind): _keys(kind) for kind in FIELD_TYPES}},
        "values": _values(site),
    }


def _values(site: Site) -> dict[str, list[str]]:
    configuration = site.configuration
    flags = [key for kind in FIELD_TYPES for key in _flags(kind)]
    return {
        **{key: ["true", "false"] for key in sorted({*flags, *_flags(RecordType), *_flags(Applications)})},
        "type": sorted(type_name(kind) for kind in FIELD_TYPES),
        "format": sorted(FORMATS),
        "choices": sorted(configuration.choices),
        "workflow": sorted(site.workflows),
        "lifecycle": sorted(site.lifecycles),
        "belongs_to": [configuration.site.operator_type],
        "to": sorted(site.registry.all_current()),
        "retention": sorted(configuration.site.retention),
        "kinds": list(KIND_LABELS),
        "classification": ["public", "users_only", "confidential"],
        "personal": ["yes", "possibly", "no"],
        "expect": ["valid"],
        "mail": sorted({name for name, _ in site.mail}),
    }


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _flags(model: type[BaseModel]) -> Iterable[str]:
    return (field.alias or n for n, field in model.model_fields.items() if field.annotation is bool)
