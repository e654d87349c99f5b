"""Export profiles: which answers leave, for whom."""

from collections.abc import Collection, Iterator
from functools import lru_cache
from string import Formatter

from models.language import Text
from models.schema.definition import RecordType, walk
from models.schema.expressions import paths_in
from models.schema.fields import BaseField
from models.schema.fields.file import CertificateField, UploadField
from models.schema.fields.structure import ComputedField
from models.schema.fields.text import LongTextField, MarkdownField

PROFILES: dict[str, Text] = {
    "all": Text(ja="すべての項目", en="Everything"),
    "list": Text(ja="一覧の項目", en="The columns of the list"),
    "state_bodies": Text(ja="国の機関向け（個人情報を除く）", en="For state bodies, no personal information"),
}
"""Every profile, and what it is called."""

FREE = (LongTextField, MarkdownField)
"""Fields people may have written anything into."""


def leaving(definition: RecordType, profile: str, named: Collection[str] = ()) -> RecordType:
    """What of `definition` leaves under a profile; `named` are paths that ``optional`` offered and somebody
    named. A field nobody judged (no ``personal`` key) counts as personal information.

    Raises KeyError for a profile there is none of."""
    _ = PROFILES[profile]
    return _leaving(definition, profile, frozenset(named))


@lru_cache(maxsize=256)
def _leaving(definition: RecordType, profile: str, named: frozenset[str]) -> RecordType:
    if profile == "list":
        fields = tuple(field for field in definition.fields if field.listed)
    elif profile == "state_bodies":
        personal = frozenset(field.name for field in definition.fields if field.personal != "no")
        kept = _bare(definition.fields, named)
        fields = tuple(field for field in kept if not personal & _read_by(field))
    else:
        fields = definition.fields
    return definition.model_copy(update={"fields": fields, "pages": ()})


def _bare(fields: tuple[BaseField, ...], named: frozenset[str], inside: str = "") -> Iterator[BaseField]:
    """Those of `fields` that tell nothing about a person; of tables and groups the parts that do not."""
    for field in fields:
        path = f"{inside}{field.name}"
        if field.parts and field.personal == "no":
            parts = tuple(_bare(field.parts, named, f"{path}."))
            if parts == field.parts:
                yield field
            elif parts:
                yield field.with_parts(parts)
        elif is_open(field) or (path in named and _may_be_named(field)):
            yield field


def _read_by(field: BaseField) -> frozenset[str]:
    """The fields of the record a computed one is worked out from, by their first names."""
    inside = (field, *(part for _, part in walk(field.parts)))
    found = (paths_in(part.value) for part in inside if isinstance(part, ComputedField))
    return frozenset(path.split(".")[0] for paths in found for path in paths)


def is_open(field: BaseField) -> bool:
    """Whether a field may go to state bodies without being named (R82): judged to hold nothing about a
    person, no free text, no upload, no certificate, no secret."""
    closed = isinstance(field, (*FREE, UploadField, CertificateField)) or field.confidential
    return field.personal == "no" and not closed


def _may_be_named(field: BaseField) -> bool:
    return field.personal == "no" and isinstance(field, (*FREE, UploadField))


def optional(definition: RecordType) -> list[tuple[str, Text]]:
    """What may go to state bodies only when it is named: free texts and uploads without personal
    information, by path."""
    return [
        (".".join(path), field.label)
        for path, field in walk(definition.fields)
        if _may_be_named(field) and all(part.personal == "no" for part in _around(definition, path))
    ]


def _around(definition: RecordType, path: tuple[str, ...]) -> Iterator[BaseField]:
    fields = definition.fields
    for name in path:
        field = next(field for field in fields if field.name == name)
        yield field
        fields = field.parts


def tells_title(definition: RecordType, narrowed: RecordType) -> bool:
    """Whether the titles of records tell no more than `narrowed` does: they are made of answers."""
    names = {name.split(".")[0] for _, name, _, _ in Formatter().parse(definition.title) if name}
    return all(narrowed.by_name.get(name) == definition.by_name.get(name) for name in names)
