"""What differs between two published versions: in words, and line by line."""

from typing import NamedTuple

from admin.language import language
from admin.studio.difference import Line, difference
from admin.studio.report import KINDS, SETTLED, Kind
from models.schema.changes import Change, compare_definitions
from models.schema.definition import RecordType
from models.services.registry import Published
from models.services.sources import write_definition


class Difference(NamedTuple):
    """One change between two versions in words."""

    kind: Kind
    path: str
    what: str


def told_changes(old: RecordType, new: RecordType) -> list[Difference]:
    """What differs, one line each, in the language of this answer."""
    return [
        Difference(_kind(change), change.path, change.message(language()))
        for change in compare_definitions(old, new)
    ]


def _kind(change: Change) -> Kind:
    return SETTLED if change.settled_by else KINDS[change.kind]


def text_changes(old: Published, new: Published) -> list[Line]:
    """The lines that differ; both are written out where one was not kept as text, so that only content
    differs."""
    if old.source and new.source:
        return difference(old.source, new.source)
    return difference(write_definition(old.definition), write_definition(new.definition))
