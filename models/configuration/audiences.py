"""Whom a notice can be for: audiences by name, in the words of ``site.yaml``."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from models.language import Text
from models.schema.definition import Part
from models.schema.fields.base import Query

NOTICE = "$$NOTICE."
"""What a condition begins a reference to the notice's own answers with."""


class AudienceRule(Part):
    """One audience. ``open``: who may read its notices whether or not they are listed; the rest says whose
    accounts are listed, mailed and counted: those with one of ``roles``, those of operators whose record
    fulfils ``operator``, those of operators that own a live record of the type ``owning`` which fulfils
    ``where``. Without any of these, the accounts of operators (``open: staff``: of the staff).

    Conditions read records as they are stored (``number``, ``lifecycle``, ``data.…``), and the notice's own
    answers as ``$$NOTICE.<field>``."""

    label: Text
    help: Text | None = None
    open: Literal["everyone", "operators", "staff"] | None = None
    roles: tuple[str, ...] = ()
    operator: Query = {}
    owning: str | None = None
    where: Query = {}

    @property
    def narrowed(self) -> bool:
        """Whether it depends on what operators or their records are."""
        return bool(self.operator) or self.owning is not None

    @property
    def asked(self) -> frozenset[str]:
        """The fields of the notice its conditions ask for."""
        return frozenset(_asked([self.operator, self.where]))


def _asked(part: Any) -> Iterator[str]:
    if isinstance(part, str) and part.startswith(NOTICE):
        yield part.removeprefix(NOTICE).partition(".")[0]
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from _asked(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _asked(value)


USUAL: Mapping[str, AudienceRule] = {
    "everyone": AudienceRule(label=Text(ja="すべての方（一般公開）", en="Everyone"), open="everyone"),
    "operators": AudienceRule(label=Text(ja="すべての事業者", en="All operators"), open="operators"),
    "staff": AudienceRule(label=Text(ja="職員", en="The staff"), open="staff"),
}
"""The audiences of a site that writes none itself."""
