"""Published definitions: which version is in force, and every version that ever was."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from models.configuration.load import Configuration
from models.documents.base import Person
from models.documents.guarded import insert_new
from models.documents.record import RecordTypeVersion
from models.errors import NotFound
from models.schema.compiled import CompiledType, compile_type
from models.schema.definition import RecordType


@dataclass(frozen=True, slots=True)
class Published:
    """One published version of a record type."""

    version: int
    definition: RecordType

    @property
    def compiled(self) -> CompiledType:
        return compile_type(self.definition)


class Registry:
    """The published versions of every type, held in memory; ``refresh`` reads them again."""

    def __init__(self, versions: Iterable[Published] = ()) -> None:
        self._versions: dict[tuple[str, int], Published] = {}
        self._current: dict[str, Published] = {}
        for published in versions:
            self._keep(published)

    def _keep(self, published: Published) -> None:
        name = published.definition.name
        self._versions[name, published.version] = published
        if name not in self._current or self._current[name].version < published.version:
            self._current[name] = published

    async def refresh(self) -> None:
        """Read what is published. A version that cannot be understood is left out and its records are
        shown by the newest one that can."""
        async for stored in RecordTypeVersion.raw().find().sort([("type", 1), ("version", 1)]):
            if (stored["type"], stored["version"]) in self._versions:
                continue
            try:
                self._keep(Published(stored["version"], RecordType.model_validate(stored["definition"])))
            except ValidationError:
                continue

    def current(self, name: str) -> Published:
        """The version of a type in force. Raises NotFound."""
        if name not in self._current:
            raise NotFound
        return self._current[name]

    def at(self, name: str, version: int) -> Published:
        """The version a document is pinned to; the current one where that is gone."""
        return self._versions.get((name, version)) or self.current(name)

    def all_current(self) -> Mapping[str, Published]:
        """The version in force of every type, by name."""
        return dict(self._current)


async def publish(
    registry: Registry, configuration: Configuration, by: Person, at: datetime
) -> list[Published]:
    """Publish every type whose definition differs from the version in force; returns what was published.

    Stored records stay pinned to the version they were written under, and each version stays readable."""
    await registry.refresh()
    published = []
    for definition in configuration.record_types.values():
        current = registry.all_current().get(definition.name)
        if current is not None and current.definition.checksum == definition.checksum:
            continue
        version = Published(current.version + 1 if current else 1, definition)
        document = RecordTypeVersion(
            type=definition.name,
            version=version.version,
            definition=definition.published(),
            checksum=definition.checksum,
            published_at=at,
            published_by=by,
        )
        if await insert_new(document):
            published.append(version)
    await registry.refresh()
    return published
