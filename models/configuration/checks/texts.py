"""Texts that are in one language only."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.configuration.checks.place import Path
from models.schema.finding import Finding
from models.schema.source import Source


def check_texts(source: Source, node: Any, path: Path = ()) -> Iterator[Finding]:
    """T-W001 wherever Japanese stands without English."""
    if isinstance(node, Mapping):
        if "ja" in node and node.keys() <= {"ja", "en"} and not node.get("en"):
            yield source.finding("T-W001", path)
        for key, value in node.items():
            yield from check_texts(source, value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from check_texts(source, value, (*path, index))
