"""The YAML of a published version: as it was written, else written out from the definition."""

from typing import NamedTuple

from admin.language import language
from admin.studio.difference import Line, difference
from admin.studio.report import KINDS, Kind
from models.schema.changes import compare_definitions
from models.schema.definition import RecordType
from models.schema.writing import write_yaml
from models.services.registry import Published


class Difference(NamedTuple):
    """One change between two versions in words."""

    kind: Kind
    path: str
    what: str


def source_of(published: Published) -> str:
    """The text a steward would go on from."""
    return published.source or written(published.definition)


def written(definition: RecordType) -> str:
    """`definition` as YAML in the house's layout."""
    return write_yaml(definition.published())


def told_changes(old: RecordType, new: RecordType) -> list[Difference]:
    """What differs, one line each, in the language of this answer."""
    return [
        Difference(KINDS[change.kind], change.path, change.message(language()))
        for change in compare_definitions(old, new)
    ]


def text_changes(old: Published, new: Published) -> list[Line]:
    """The lines that differ; both are written out where one was not kept as text, so that only content
    differs."""
    if old.source and new.source:
        return difference(old.source, new.source)
    return difference(written(old.definition), written(new.definition))
