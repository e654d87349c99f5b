"""Bringing a file's rows in: the job that rehearses it, and then does it, a batch in a transaction."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from models.documents.application import Applicant, Application
from models.documents.base import new_id
from models.documents.counter import draw_range
from models.documents.job import FAILED_LIMIT, Job
from models.documents.store import Session
from models.documents.transfer import EXPECTED, Transfer, insert_versions
from models.errors import JobMoved, TorokuError
from models.interchange.tables.table import Row, Table, open_table
from models.language import Message
from models.permissions import Actor, require
from models.services.applications import subject_of
from models.services.breathing import Breath
from models.services.brought import content_of
from models.services.events import record_event
from models.services.exporting import requester_of
from models.services.imported import Documents
from models.services.incoming import PIECE, Incoming, RowError, Rows
from models.services.judging import Judge
from models.services.progress import Hold, Progress
from models.services.site import Site

BATCH = 1000
"""Rows stored in one transaction."""

PERMISSIONS: Mapping[str, str] = {"records": "record.import", "drafts": "application.import"}
"""What one must be allowed to for each place rows may go to."""


async def bring_in(site: Site, job: Job, progress: Progress, hold: Hold) -> None:
    """Rehearse a file (``phase`` check), or bring its rows in from where the job stands: every batch with its
    history, its numbers and the job's place in one transaction, so that nothing is done twice.

    Raises NotAllowed when its requester may not any more, TransferRefused for a file that is no table."""
    if job.phase not in ("check", "apply"):
        raise JobMoved
    actor = await requester_of(site, job)
    require(actor, PERMISSIONS[job.parameters["into"]])
    table = await opened(job, await content_of(site, job))
    rows = Rows(site, actor, job.type, table.heads, job.parameters["mapping"])
    await Importing(site, actor, job, progress, hold, table, rows).run()


async def opened(job: Job, content: bytes) -> Table:
    """The table of a job's file, read beside the pages. Raises TransferRefused for what is none."""
    return await asyncio.to_thread(open_table, content, job.parameters.get("encoding", ""))


@dataclass
class Importing:
    """One run of a job."""

    @property
    def batch(self) -> int:
        """How many rows are judged at a time."""
        return BATCH

    site: Site
    actor: Actor
    job: Job
    progress: Progress
    hold: Hold
    table: Table
    rows: Rows

    def __post_init__(self) -> None:
        self.drafts = self.job.parameters["into"] == "drafts"
        self.checks = self.job.phase == "check"
        self.judge = Judge(self.rows, self.drafts)
        self.transfer = Transfer(self.site.store, self.rows.definition.collection)
        self.documents = Documents(self.site, self.actor, self.rows, self.job.purpose)
        self.breath = Breath()

    async def run(self) -> None:
        job = self.job
        if self.checks:
            job.total, job.done, job.failed, job.failed_count, job.counts = 0, 0, [], 0, {}
        job.total = job.total or await asyncio.to_thread(lambda: sum(1 for _ in self.table.rows()))
        coming = islice(self.table.rows(), job.done, None)
        doing: asyncio.Task[None] | None = None
        try:
            while batch := list(islice(coming, self.batch)):
                incoming = await self._judged(batch)
                if doing is not None:
                    await doing
                doing = asyncio.create_task(self._do(incoming))
            if doing is not None:
                await doing
        finally:
            if doing is not None:
                await _over(doing)

    async def _judged(self, batch: Sequence[Row]) -> list[Incoming]:
        """Rows read and judged, while those before them are still being written: rows of a file know of
        each other only what they name and what must be unique, as in the rehearsal."""
        incoming = await self.rows.read(batch)
        await self.judge.judge(incoming)
        going = [] if self.checks or self.drafts else [row for row in incoming if row.is_going]
        now = self.site.now()
        for place, row in enumerate(going):
            self.documents.prepare(row, now)
            if not place % PIECE:
                await self.breath()
        return incoming

    async def _do(self, incoming: Sequence[Incoming]) -> None:
        if self.checks:
            self._tally(incoming)
            await self.hold()
        elif self.site.store.transactional:
            await self._store(incoming)
        else:
            await self._one_by_one(incoming)
        self.progress(self.job.done, self.job.total)

    def _tally(self, incoming: Sequence[Incoming]) -> None:
        job = self.job
        counts, failed = dict(job.counts), list(job.failed)
        for row in incoming:
            if row.errors:
                row.kind = "refused"
                job.failed_count += 1
                failed += [error.document() for error in row.errors]
            counts[row.kind] = counts.get(row.kind, 0) + 1
            if row.incomplete and self.drafts:
                counts["incomplete"] = counts.get("incomplete", 0) + 1
        job.counts, job.failed = counts, failed[:FAILED_LIMIT]
        job.done += len(incoming)

    async def _store(self, incoming: Sequence[Incoming]) -> None:
        """All of a batch in one transaction; where something stored meanwhile is against it, each by
        itself."""
        before = (self.job.counts, self.job.failed, self.job.failed_count, self.job.done)
        self._tally(incoming)
        going = [row for row in incoming if row.is_going]
        try:
            await self.site.store.transaction(lambda session: self._write(going, session))
        except EXPECTED:
            self.job.counts, self.job.failed, self.job.failed_count, self.job.done = before
            await self._one_by_one(incoming)

    async def _one_by_one(self, incoming: Sequence[Incoming]) -> None:
        for row in incoming:
            before = (self.job.counts, self.job.failed, self.job.failed_count, self.job.done)
            self._tally([row])
            going = [row] if row.is_going else []
            try:
                await self.site.store.transaction(lambda session, rows=going: self._write(rows, session))  # type: ignore[misc]
            except EXPECTED as error:
                self.job.counts, self.job.failed, self.job.failed_count, self.job.done = before
                row.errors.append(self.told(row, error))
                self._tally([row])
                await self.hold()

    def told(self, row: Incoming, error: Exception) -> RowError:
        if isinstance(error, TorokuError):
            path = str(getattr(error, "field", "")) or "_number"
            return self.rows.error(row, path, Message(error.public, error.values))
        return self.rows.error(row, "_number", Message("A record does not fit the collection."))

    async def _write(self, going: Sequence[Incoming], session: Session) -> None:
        """Write rows and the job's place; nothing where another worker has the job, or it was cancelled."""
        if self.drafts:
            await self._write_drafts(going, session)
        else:
            await self._write_records(going, session)
        await self.hold(session)

    async def _write_records(self, going: Sequence[Incoming], session: Session) -> None:
        new = [row for row in going if row.kind == "new"]
        numbers = await self._numbers(len(new), session)
        for row in new:
            self.documents.number(row, next(numbers))
        await self.transfer.insert([row.document for row in new], session)
        await self.transfer.replace([row.document for row in going if row.kind == "changed"], session)
        await insert_versions([row.version for row in going], session)

    async def _numbers(self, count: int, session: Session) -> Iterator[str]:
        if not count:
            return iter(())
        drawn = await draw_range(f"records:{self.job.type}", count, session)
        form, year = self.rows.definition.number.format, self.site.today().year
        return (form.format(seq=each, year=year) for each in drawn)

    async def _write_drafts(self, going: Sequence[Incoming], session: Session) -> None:
        year = self.site.today().year
        if not going:
            return
        drawn = await draw_range(f"applications:{year}", len(going), session)
        for row, seq in zip(going, drawn, strict=True):
            reference = self.site.configuration.site.reference.format(year=year, seq=seq)
            application = self._draft(row, reference)
            await application.insert(session=session)
            await record_event(
                self.site,
                self.actor,
                "application.begun",
                subject_of(application),
                session,
                operator_id=application.operator_id,
            )
            await self.breath()

    def _draft(self, row: Incoming, reference: str) -> Application:
        definition, now = self.rows.definition, self.site.now()
        workflow = self.site.workflows[definition.applications.workflow]
        expires = workflow.states[workflow.first].expires
        asked = [each for each in definition.fields if each.stored and each.asked]
        answers = {
            each.name: each.unparse(row.data[each.name] if each.name in row.data else each.initial())
            for each in asked
        }
        return Application(
            id=new_id(),
            reference=reference,
            type=definition.name,
            kind="register",
            schema_version=self.rows.current.version,
            state=workflow.first,
            due=self.site.calendar.due(now, expires) if expires else None,
            operator_id=row.operator_id,
            operator_name=str((row.operator or {}).get("title") or ""),
            applicant=Applicant(),
            title=definition.title_of(row.data),
            answers={name: value for name, value in answers.items() if value is not None},
            created_at=now,
            updated_at=now,
        )


async def _over(doing: asyncio.Task[None]) -> None:
    """End a task that is not waited for any more, and see what became of it."""
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)
