"""Published definitions: which version is in force, and every version that ever was."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from models.configuration.mail import MailTemplate
from models.documents.base import Person
from models.documents.record import RecordTypeVersion
from models.errors import NotFound
from models.language import Language
from models.schema.compiled import CompiledType, compile_type
from models.schema.definition import RecordType, checksum_of
from models.workflow.definition import Lifecycle, Workflow

P = TypeVar("P", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Published:
    """One published version of a record type. ``change`` says how it came (the reference of a change)."""

    version: int
    definition: RecordType
    source: str = ""
    published_at: datetime | None = None
    published_by: Person | None = None
    change: str = ""

    @property
    def compiled(self) -> CompiledType:
        """The form of an application, ready to read answers."""
        return self.form("")

    def form(self, step: str) -> CompiledType:
        """The form of a step of the lifecycle, "" for an application's."""
        return compile_type(self.definition.form_of(step))


@dataclass
class Companions:
    """What published versions brought along: used where this process has no file of that name."""

    workflows: dict[str, Workflow] = field(default_factory=dict)
    lifecycles: dict[str, Lifecycle] = field(default_factory=dict)
    mail: dict[tuple[str, Language], MailTemplate] = field(default_factory=dict)


class Registry:
    """The published versions of every type, held in memory; ``refresh`` reads what is new."""

    def __init__(self, versions: Iterable[Published] = ()) -> None:
        self._versions: dict[tuple[str, int], Published] = {}
        self._current: dict[str, Published] = {}
        self.companions = Companions()
        self.revision = 0
        """Grows with every version kept: who derives something from the registry compares it."""
        self.altered: dict[tuple[str, int], str] = {}
        """Versions that cannot be used, with what is wrong: "altered" in place, or "unreadable"."""
        for published in versions:
            self._keep(published)

    def _keep(self, published: Published) -> None:
        name = published.definition.name
        self._versions[name, published.version] = published
        self.revision += 1
        if name not in self._current or self._current[name].version < published.version:
            self._current[name] = published

    async def refresh(self) -> bool:
        """Read what was published since; whether there was anything.

        A version whose checksum does not fit its definition was altered in place, and is not believed; it and
        one that cannot be understood are left out, and their records are shown by the newest that can."""
        known = self._versions.keys() | self.altered.keys()
        keys = RecordTypeVersion.raw().find({}, {"_id": 1, "type": 1, "version": 1})
        fresh = [row["_id"] async for row in keys if (row["type"], row["version"]) not in known]
        if not fresh:
            return False
        rows = RecordTypeVersion.raw().find({"_id": {"$in": fresh}}).sort([("type", 1), ("version", 1)])
        async for stored in rows:
            self._read(stored)
        return True

    def _read(self, stored: Mapping[str, Any]) -> None:
        key = stored["type"], stored["version"]
        if checksum_of(stored["definition"]) != stored["checksum"]:
            self.altered[key] = "altered"
            return
        try:
            definition = _definition_of(_Described(stored["checksum"], stored["definition"]))
        except ValidationError:
            self.altered[key] = "unreadable"
            return
        self._learn(stored)
        self._keep(
            Published(
                stored["version"],
                definition,
                stored.get("source", ""),
                stored["published_at"],
                Person.model_validate(stored["published_by"]),
                stored.get("change", ""),
            )
        )

    def _learn(self, stored: Mapping[str, Any]) -> None:
        if workflow := _understood(Workflow, stored.get("workflow")):
            self.companions.workflows[workflow.workflow] = workflow
        if lifecycle := _understood(Lifecycle, stored.get("lifecycle")):
            self.companions.lifecycles[lifecycle.lifecycle] = lifecycle
        for each in stored.get("mail", ()):
            language: Language = "ja" if each["language"] == "ja" else "en"
            preheader = each.get("preheader", "")
            template = MailTemplate(
                each["name"], language, each["subject"], each["body"], preheader=preheader
            )
            self.companions.mail[template.name, language] = template

    def current(self, name: str) -> Published:
        """The version of a type in force. Raises NotFound."""
        if name not in self._current:
            raise NotFound
        return self._current[name]

    def at(self, name: str, version: int) -> Published:
        """The version a document is pinned to; the current one where that is gone."""
        return self._versions.get((name, version)) or self.current(name)

    def versions(self, name: str) -> list[Published]:
        """Every readable version of a type, newest first."""
        found = [published for (known, _), published in self._versions.items() if known == name]
        return sorted(found, key=lambda published: -published.version)

    def all_current(self) -> Mapping[str, Published]:
        """The version in force of every type, by name."""
        return MappingProxyType(self._current)


@dataclass(frozen=True, slots=True)
class _Described:
    """A definition as it is stored, known by its checksum."""

    checksum: str
    definition: Mapping[str, Any] = field(compare=False)


@lru_cache(maxsize=256)
def _definition_of(described: _Described) -> RecordType:
    """The definition, understood once in a process, however many sites it opens. Raises ValidationError."""
    return RecordType.model_validate(described.definition)


def _understood(model: type[P], described: Any) -> P | None:
    try:
        return model.model_validate(described) if described else None
    except ValidationError:
        return None
