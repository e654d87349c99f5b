"""Stored records follow a new version of their type: rehearsed first, then rewritten range by range."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from models.documents.base import Id
from models.documents.conversion import Conversion, Converted, Range
from models.documents.indexes import drop_unwanted
from models.documents.job import FAILED_LIMIT, Job
from models.language import Message
from models.permissions import SYSTEM
from models.schema.definition import RecordType
from models.schema.search import grams_of
from models.services.progress import Hold, Progress, silent
from models.services.registry import Published
from models.services.routes import Route, earlier, route_to
from models.services.site import Site

SIZE = 1000
"""Records Python converts between two signs of life."""

BY_SERVER = 10 * SIZE
"""Records the server converts at once: every update waits for the journal."""

LOOKS = 20
"""How often the end looks for records that were changed while it passed."""

REFUSALS = {
    121: Message("the new form does not fit the collection"),
    11000: Message("another record has the same value already"),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A record a step cannot carry over: its number, where, and why."""

    number: str
    path: str
    message: Message

    def document(self) -> dict[str, Any]:
        """As a job keeps it."""
        return {
            "number": self.number,
            "path": self.path,
            "message": {"msgid": self.message.msgid, "values": dict(self.message.values)},
        }


@dataclass
class Failures:
    """What a rehearsal found: so many records, the first of them listed."""

    count: int = 0
    listed: tuple[Failure, ...] = ()

    def add(self, found: Sequence[Failure]) -> None:
        """Note one record."""
        if found:
            self.count += 1
            self.listed = (*self.listed, *found)[:FAILED_LIMIT] if self.count <= FAILED_LIMIT else self.listed


async def rehearse(site: Site, old: Published, new: RecordType, progress: Progress = silent) -> Failures:
    """Lead every stored record to `new` without writing anything, and say which cannot be. Steps the server
    does by itself cannot fail, so nothing is read for them."""
    conversion, failures = Conversion(site.store, old.definition.collection), Failures()
    routes = _Routes(site, old.definition.name, old.version, new)
    done, total = 0, await conversion.total()
    if all(routes[published.version].is_safe for published in site.registry.versions(old.definition.name)):
        progress(total, total)
        return failures
    async for part in conversion.ranges(None, SIZE):
        for version in part.versions(old.version + 1):
            if not routes[version].is_safe:
                for record in await conversion.read(part, version):
                    failures.add(_lead(routes[version], record)[1])
        done += len(part.rows)
        progress(done, max(done, total))
    return failures


async def rewrite(site: Site, job: Job, progress: Progress, hold: Hold) -> None:
    """Rewrite every record below the job's version, from where the job stands. A record a step fails on stays
    as it is and is listed; one changed meanwhile is looked at again."""
    await _Rewriting(site, job, progress, hold).run()


async def restore(site: Site, job: Job, progress: Progress, hold: Hold) -> None:
    """Go back: records not changed since take the exact form they had, the others are led back by the inverse
    steps. What does not fit the earlier definition is in the attic afterwards."""
    await _Restoring(site, job, progress, hold).run()


class _Routes(dict[int, Route]):
    """The way from each version to the new definition, made ready when first asked for."""

    def __init__(self, site: Site, name: str, base: int, new: RecordType) -> None:
        super().__init__()
        self._site, self._name, self._base, self._new = site, name, base, new

    def __missing__(self, version: int) -> Route:
        self[version] = route_to(self._site, self._name, version, self._base, self._new)
        return self[version]


def _lead(route: Route, record: Mapping[str, Any]) -> tuple[Converted, list[Failure]]:
    """A record's new form, and what speaks against it."""
    led = route.evolution.evolve(record["data"], record.get("attic", ()))
    failures = [Failure(record["number"], problem.path, problem.message) for problem in led.problems]
    values = _values(route, record, led.data, led.attic) if not failures else {}
    return Converted(record["_id"], record["revision"], record["schema_version"], values), failures


def _values(
    route: Route, record: Mapping[str, Any], data: dict[str, Any], attic: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What is written: the data, and what is worked out from it. The revision stays."""
    number = record["number"]
    route.compute(data)
    return {
        "data": data,
        "attic": list(attic),
        "title": route.new.title_of(data) or number,
        "grams": grams_of(route.new, number, data),
    }


@dataclass
class _Rewriting:
    """One run of a job."""

    site: Site
    job: Job
    progress: Progress
    hold: Hold
    stuck: set[Id] = field(default_factory=set)
    """Records that failed, so that the last look does not try them for ever."""

    def __post_init__(self) -> None:
        published = self.site.registry.at(self.job.type, self.job.to_version)
        self.new = published.definition
        self.conversion = Conversion(self.site.store, self.new.collection)
        self.routes = _Routes(self.site, self.job.type, self.job.to_version - 1, self.new)
        self.job.failed, self.job.failed_count = list(self.job.failed), self.job.failed_count

    async def run(self) -> None:
        self.job.total = await self.conversion.total()
        async with aclosing(self._ahead()) as ranges:
            async for part in ranges:
                await self._convert(part)
                self.job.done += len(part.rows)
                self.job.total = max(self.job.total, self.job.done)
                self.job.last_id = part.last
                await self.hold()
                self.progress(self.job.done, self.job.total)
        await self._look_again()
        await drop_unwanted(self.conversion.collection, self.new, self.site.lifecycles[self.new.lifecycle])

    async def _ahead(self) -> AsyncGenerator[Range, None]:
        """The ranges with their history written, the next one made ready while one is converted."""
        size = BY_SERVER if self._by_server(self.routes[self.job.to_version - 1]) else SIZE
        ranges = self.conversion.ranges(self.job.last_id, size)
        coming = asyncio.create_task(self._next(ranges))
        try:
            while (part := await coming) is not None:
                coming = asyncio.create_task(self._next(ranges))
                yield part
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _next(self, ranges: AsyncIterator[Range]) -> Range | None:
        part = await anext(ranges, None)
        if part is not None:
            await self._keep_originals(part)
        return part

    async def _keep_originals(self, part: Range) -> None:
        await self.conversion.keep_originals(part, self.job.to_version, SYSTEM.person, self.site.now())

    async def _look_again(self) -> None:
        """Records changed while their range was converted, and those of open applications approved since."""
        for _ in range(LOOKS):
            after, fresh = None, False
            while left := await self.conversion.left(self.job.to_version, after, SIZE):
                after = left.last
                if any(identity not in self.stuck for identity, _, _ in left.rows):
                    fresh = True
                    await self._keep_originals(left)
                    await self._convert(left)
                    await self.hold()
            if not fresh:
                return

    async def _convert(self, part: Range) -> None:
        for version in part.versions(self.job.to_version):
            await self._convert_from(part, version)

    async def _convert_from(self, part: Range, version: int) -> None:
        route = self.routes[version]
        update = route.update if self._by_server(route) else None
        if update and await self.conversion.by_server(part, version, update, self.job.to_version):
            return
        records = await self.conversion.read(part, version)
        converted = [found for record in records if (found := await self._lead(route, record))]
        refused = await self.conversion.write(converted, self.job.to_version)
        numbers = {record["_id"]: record["number"] for record in records}
        for identity, code in refused.items():
            self._fail(identity, [Failure(numbers[identity], "", REFUSALS[code])])

    def _by_server(self, route: Route) -> bool:
        return self.conversion.transactional and route.update is not None

    async def _lead(self, route: Route, record: Mapping[str, Any]) -> Converted | None:
        converted, failures = _lead(route, record)
        if failures:
            self._fail(record["_id"], failures)
        return None if failures else converted

    def _fail(self, identity: Id, failures: Sequence[Failure]) -> None:
        if identity in self.stuck:
            return
        self.stuck.add(identity)
        known = {each["number"] for each in self.job.failed}
        if failures[0].number not in known:
            self.job.failed_count += 1
            self.job.failed = [*self.job.failed, failures[0].document()][:FAILED_LIMIT]


class _Restoring(_Rewriting):
    """Going back to the definition an earlier version had."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.target = earlier(self.site, self.job.type, self.job.to_version)
        self.before = _Routes(self.site, self.job.type, self.target.version, self.target.definition)

    async def _convert_from(self, part: Range, version: int) -> None:
        self.originals = await self.conversion.originals(await self.conversion.read(part, version))
        await super()._convert_from(part, version)

    def _by_server(self, route: Route) -> bool:
        return False

    async def _lead(self, route: Route, record: Mapping[str, Any]) -> Converted | None:
        return self._exactly(record) or await super()._lead(route, record)

    def _exactly(self, record: Mapping[str, Any]) -> Converted | None:
        """The form the record had, when it was written no later than the target; else None."""
        original = self.originals.get(record["_id"])
        if original is None or original["schema_version"] > self.target.version:
            return None
        version = original["schema_version"]
        attic = [kept for kept in record.get("attic", ()) if kept.get("version", 0) < version]
        route = self.before[version]
        led = route.evolution.evolve(original["data"], attic)
        if led.problems:
            return None
        values = _values(route, record, led.data, led.attic)
        return Converted(record["_id"], record["revision"], record["schema_version"], values)
