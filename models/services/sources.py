"""The YAML of a published version: as it was written, else written out from its definition."""

from collections.abc import Mapping
from typing import Any

from models.schema.definition import RecordType
from models.schema.writing import write_yaml
from models.services.registry import Published


def source_of(published: Published) -> str:
    """The text a steward would go on from."""
    return published.source or write_definition(published.definition)


def write_definition(definition: RecordType) -> str:
    """`definition` as YAML; the options of named choice lists are left to their lists."""
    return write_yaml(_without_options(definition.published()))


def _without_options(node: Any) -> Any:
    if isinstance(node, Mapping):
        kept = {key: value for key, value in node.items() if not (key == "options" and node.get("choices"))}
        return {key: _without_options(value) for key, value in kept.items()}
    return [_without_options(part) for part in node] if isinstance(node, list) else node
