"""What a changed record type would do to what is stored: counted per change, nothing written.

Records are asked as they are stored, whatever version they were written under: a record of an older version
counts where its own answers are touched. Applications that were submitted are asked by ``data``. Drafts are
asked by what they would come to (their answers as their own version reads them); on ``memory://`` by what was
typed. Open ones finish on the version they began on, so only records and submitted applications, whose
answers come into the register, stand in the way of a change."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from models.documents.counting import Tallies, Tally, applications, count_duplicates, count_given, count_in
from models.language import Message, Text
from models.schema.changes import Change, compare_definitions
from models.schema.changes.querying import on_envelope, on_stored
from models.schema.definition import RecordType
from models.services.progress import Progress, silent
from models.services.registry import Published
from models.services.site import Site

NAMED = 20
"""Most records and applications named per change."""

DRAFTS = 20_000
"""Most drafts looked into; beyond them the count is at least what is said."""


@dataclass(frozen=True)
class Counted:
    """A change with how much it touches. Counts are None for changes that touch nothing stored."""

    change: Change
    records: int = 0
    drafts: int = 0
    applications: int = 0
    numbers: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def touched(self) -> int:
        """Everything it touches, drafts too."""
        return self.records + self.drafts + self.applications

    def refused(self, acknowledged: Collection[str]) -> bool:
        """Whether it stands in the way: something would be hurt, no step settles it, nobody took it on."""
        change = self.change
        hurts = change.kind != "safe" and self.records + self.applications > 0
        return hurts and not change.settled_by and change.path not in acknowledged


@dataclass(frozen=True)
class Impact:
    """Every change of a candidate, counted."""

    changes: tuple[Counted, ...] = ()
    total_records: int = 0
    open_drafts: int = 0
    open_applications: int = 0

    def refusals(self, acknowledged: Collection[str] = ()) -> tuple[Counted, ...]:
        """The changes that stand in the way, less those whose path is acknowledged."""
        return tuple(counted for counted in self.changes if counted.refused(acknowledged))

    def document(self) -> dict[str, Any]:
        """Plain values, to be kept with a proposal or printed as JSON."""
        totals = {name: getattr(self, name) for name in TOTALS}
        return {**totals, "changes": [_write(counted) for counted in self.changes]}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Impact":
        """What ``document`` wrote; the queries are not kept."""
        totals = {name: int(document.get(name, 0)) for name in TOTALS}
        return cls(tuple(_read(row) for row in document.get("changes", ())), **totals)


TOTALS = ("total_records", "open_drafts", "open_applications")
COUNTS = ("records", "drafts", "applications")
TOLD = ("code", "kind", "path", "settled_by", "bound")


def _write(counted: Counted) -> dict[str, Any]:
    change = counted.change
    return {
        **{name: getattr(change, name) for name in TOLD},
        "message": _write_text(change.message),
        "step": _plain(change.step),
        **{name: getattr(counted, name) for name in COUNTS},
        "numbers": list(counted.numbers),
        "references": list(counted.references),
    }


def _read(row: Mapping[str, Any]) -> Counted:
    told = {name: row[name] for name in TOLD}
    change = Change(message=_read_text(row["message"]), step=row.get("step"), **told)
    counts = {name: int(row[name]) for name in COUNTS}
    return Counted(change, **counts, numbers=tuple(row["numbers"]), references=tuple(row["references"]))


def _write_text(value: Any) -> Any:
    if isinstance(value, Message):
        return {"msgid": value.msgid, "values": {key: _write_text(v) for key, v in value.values.items()}}
    if isinstance(value, Text):
        return {"ja": value.ja, "en": value.en}
    return value if isinstance(value, int | str) else str(value)


def _read_text(value: Any) -> Any:
    if isinstance(value, Mapping) and "msgid" in value:
        return Message(value["msgid"], {key: _read_text(v) for key, v in value["values"].items()})
    return Text(**value) if isinstance(value, Mapping) else value


def _plain(value: Any) -> Any:
    """`value` with texts for what JSON and BSON do not share."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


async def assess(
    site: Site, published: Published, candidate: RecordType, progress: Progress = silent
) -> Impact:
    """Compare `candidate` with what is published and with what is stored; nothing is written.

    `progress` is told how many documents were read, of how many."""
    changes = compare_definitions(published.definition, candidate, published.version)
    return await _Assessment(site, published, candidate, changes, progress).run()


Findings = dict[str, Tallies]


@dataclass
class _Assessment:
    """One run: the queries by the position of their change, and how far it has come."""

    site: Site
    published: Published
    candidate: RecordType
    changes: Sequence[Change]
    progress: Progress
    total: int = 0
    done: int = field(default=0)

    @property
    def name(self) -> str:
        return self.published.definition.name

    async def run(self) -> Impact:
        drafts = {"type": self.name, "open": True, "submissions.0": {"$exists": False}}
        submitted = {"type": self.name, "open": True, "submissions.0": {"$exists": True}}
        stored = self.site.records[self.name].collection
        counts = [
            int(await stored.estimated_document_count()),
            int(await applications().count_documents(drafts)),
            int(await applications().count_documents(submitted)),
        ]
        unique = sum(change.duplicates is not None for change in self.changes)
        self.total = counts[0] * (1 + unique) + counts[1] + counts[2]
        found = {
            "records": await self._records(stored),
            "drafts": await self._drafts(drafts),
            "applications": await self._scan(applications(), self._asked("data."), "reference", submitted),
        }
        self.progress(self.total, self.total)
        totals = dict(zip(COUNTS, counts, strict=True))
        rows = tuple(self._counted(str(position), found, totals) for position in range(len(self.changes)))
        return Impact(rows, *counts)

    def _asked(self, prefix: str) -> dict[str, Any]:
        """The query of each change that asks stored answers, by the change's position."""
        today = {"TODAY": self.site.today().isoformat(), "NOW": self.site.now()}
        return {
            str(position): on_stored(change.touching, prefix, today)
            for position, change in enumerate(self.changes)
            if change.touching is not None
        }

    async def _records(self, stored: Any) -> Tallies:
        asked = self._asked("data.")
        lifecycle = self.site.lifecycles.get(self.candidate.lifecycle)
        states = list(lifecycle.states) if lifecycle else []
        for position, change in enumerate(self.changes):
            if change.envelope is not None:
                asked[str(position)] = on_envelope(change, states)
        found = await self._scan(stored, asked, "number")
        for position, change in enumerate(self.changes):
            if change.duplicates is not None:
                paths = [f"data.{path}" for path in change.duplicates.paths]
                found[str(position)] = await count_duplicates(
                    stored, paths, change.duplicates.among, single=not self.site.store.transactional
                )
                self._step(int(await stored.estimated_document_count()))
        return found

    async def _scan(
        self, collection: Any, asked: Mapping[str, Any], name: str, where: Mapping[str, Any] | None = None
    ) -> Tallies:
        found = Tallies(asked)
        if not asked:
            return found
        single, before = not self.site.store.transactional, self.done
        told = count_in(collection, asked, name=name, where=where, single=single)
        async for read, found in told:  # noqa: B007 - the last is the sum
            self._step(before + read - self.done)
        return found

    async def _drafts(self, where: Mapping[str, Any]) -> Tallies:
        asked = self._asked("data.")
        if not asked:
            return Tallies(asked)
        if not self.site.store.transactional:
            return await self._scan(applications(), self._asked("answers."), "reference", where)
        found, before = Tallies(asked), self.done
        given = count_given(self.site.store, self._typed(where), asked, name="reference")
        async for read, found in given:  # noqa: B007 - the last is the sum
            self._step(before + read - self.done)
        return found

    async def _typed(self, where: Mapping[str, Any]) -> AsyncIterator[Mapping[str, Any]]:
        """Drafts with their answers as the version each began on reads them."""
        kept = {"reference": 1, "answers": 1, "schema_version": 1}
        async for row in applications().find(where, kept).limit(DRAFTS):
            definition = self.site.registry.at(self.name, row["schema_version"]).definition
            answers = row.get("answers") or {}
            asked = [field for field in definition.fields if field.asked and field.stored]
            data = {field.name: field.parse(answers.get(field.name)) for field in asked}
            yield {"reference": row["reference"], "data": data}

    def _step(self, documents: int) -> None:
        self.done += documents
        self.progress(min(self.done, self.total), self.total)

    def _counted(self, key: str, found: Mapping[str, Tallies], totals: Mapping[str, int]) -> Counted:
        """One change with its counts; what the database could not tell may be all there are."""
        change, tallies = self.changes[int(key)], {n: tally.get(key, Tally()) for n, tally in found.items()}
        references = [*tallies["applications"].named, *tallies["drafts"].named]
        if any(tally.failed for tally in tallies.values()):
            change = replace(change, bound="most")
        return Counted(
            change,
            **{n: totals[n] if tally.failed else tally.count for n, tally in tallies.items()},
            numbers=tuple(tallies["records"].named[:NAMED]),
            references=tuple(references[:NAMED]),
        )
