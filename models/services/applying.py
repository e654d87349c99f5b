"""Rows of an operator's file become applications: drafts in their list, or sent, each in a transaction of its
own. A row makes one application, however often the work is taken up again."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.documents.application import AcceptedTerms, Application, Batch
from models.documents.counter import draw_range
from models.documents.job import FAILED_LIMIT, Job
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AlreadyOpen, AnswersInvalid, JobMoved, NotAllowed, TorokuError, WritingStopped
from models.permissions import require
from models.services import terms
from models.services.applications import operator_of
from models.services.beginning import draft_about, keep_begun
from models.services.breathing import Breath
from models.services.brought import content_of
from models.services.exporting import requester_of
from models.services.importing import Importing, opened
from models.services.incoming import Incoming, RowError
from models.services.own_rows import KINDS, OwnJudge, OwnRows
from models.services.progress import Hold, Progress
from models.services.secrets import seal_answers
from models.services.site import Site
from models.services.submitting import submit
from models.services.switches import require_writing

PERMISSION = "application.import_own"

LOOKED_AT = 500
"""Rows judged between two looks at whether the work is still wanted."""

MADE = 50
"""Applications begun in one transaction."""

SENT = 5
"""Applications sent side by side, between two signs of life."""


async def apply_rows(site: Site, job: Job, progress: Progress, hold: Hold) -> None:
    """Rehearse a file (``phase`` check), or make applications of its rows from where the job stands.

    Raises NotAllowed when its requester may not any more, TransferRefused for a file that is no table."""
    if job.phase not in ("check", "apply"):
        raise JobMoved
    actor = await requester_of(site, job)
    require(actor, PERMISSION)
    owner = await operator_of(site, actor.operator_id)
    if owner is None or actor.operator_id != job.operator_id:
        raise NotAllowed(rule=PERMISSION)
    table = await opened(job, await content_of(site, job))
    rows = OwnRows(site, actor, job, owner)
    await Applying(site, actor, job, progress, hold, table, rows, owner).run()


@dataclass
class Applying(Importing):
    """One run of a job."""

    rows: OwnRows
    owner: Record

    @property
    def batch(self) -> int:
        return LOOKED_AT

    def __post_init__(self) -> None:
        self.checks = self.job.phase == "check"
        self.sends = bool(self.job.parameters.get("send"))
        self.sums_up = bool(self.job.parameters.get("summed"))
        self.judge = OwnJudge(self.rows)
        self.breath = Breath()

    async def _judged(self, batch: Sequence[tuple[int, Sequence[object]]]) -> list[Incoming]:
        incoming = await self.rows.read(batch)
        await self.judge.judge(incoming)
        return incoming

    async def _do(self, incoming: Sequence[Incoming]) -> None:
        if self.checks:
            self._tally(incoming)
            await self.hold()
            self.progress(self.job.done, self.job.total)
            return
        for start in range(0, len(incoming), MADE):
            await self._apply(incoming[start : start + MADE])
            self.progress(self.job.done, self.job.total)

    def _tally(self, incoming: Sequence[Incoming]) -> None:
        """Count what the rehearsal found."""
        for row in incoming:
            if row.errors:
                row.kind = "refused"
            self._count(row.kind, row.errors or row.problems)
            if row.is_going:
                self._add("incomplete" if row.problems else "ready")
        self.job.done += len(incoming)

    def _count(self, name: str, errors: Sequence[RowError] = ()) -> None:
        self._add(name)
        if errors:
            self.job.failed_count += 1
            ordered = sorted(errors, key=self.rows.place_of)
            told = [{**error.document(), "stops": name in ("refused", "left")} for error in ordered]
            self.job.failed = [*self.job.failed, *told][:FAILED_LIMIT]

    def _add(self, name: str) -> None:
        self.job.counts = {**self.job.counts, name: self.job.counts.get(name, 0) + 1}

    # --- making applications --------------------------------------------------------------------------------

    async def _apply(self, incoming: Sequence[Incoming]) -> None:
        """Begin the applications of some rows in one transaction, and send them, where that was asked for."""
        await require_writing(self.site, self.actor)
        going = [row for row in incoming if row.is_going and not (self.sends and row.problems)]
        known = await _made(self.job, going) if self.sends else {}
        made = {**known, **await self._begin([row for row in going if row.row not in known], incoming)}
        for start in range(0, len(incoming) if self.sends else 0, SENT):
            await self._send_some(incoming[start : start + SENT], made)

    async def _begin(self, going: Sequence[Incoming], around: Sequence[Incoming]) -> dict[int, Application]:
        """Drafts of these rows. Where nothing is sent, the job goes past the rows around them in the same
        transaction; where one cannot be begun, each is tried by itself."""
        applications = {row.row: each for row, each in zip(going, await self._drafts(going), strict=True)}
        before = self._standing()

        async def body(session: Session) -> None:
            self._stand(before)
            for application in applications.values():
                await self._keep(application, session)
            if not self.sends:
                self._drafted(around)
                await self.hold(session)

        try:
            await self.site.store.transaction(body)
        except AlreadyOpen:
            self._stand(before)
            return await self._one_by_one_begun(going, around, applications)
        return applications

    async def _one_by_one_begun(
        self, going: Sequence[Incoming], around: Sequence[Incoming], applications: Mapping[int, Application]
    ) -> dict[int, Application]:
        made = {}
        for row in going:
            application = applications[row.row]

            async def body(session: Session, each: Application = application) -> None:
                await self._keep(each, session)

            try:
                await self.site.store.transaction(body)
                made[row.row] = application
            except AlreadyOpen as error:
                row.errors.append(self.told(row, error))
        if not self.sends:
            self._drafted(around)
            await self.hold()
        return made

    def _drafted(self, around: Sequence[Incoming]) -> None:
        """Count rows that became drafts, and those that did not."""
        for row in around:
            if row.errors:
                self._count("left", row.errors)
            else:
                self._count("drafts" if row.is_going else row.kind, row.problems)
        self.job.done += len(around)

    def _standing(self) -> tuple[dict[str, int], list[dict[str, object]], int, int]:
        return self.job.counts, self.job.failed, self.job.failed_count, self.job.done

    def _stand(self, standing: tuple[dict[str, int], list[dict[str, object]], int, int]) -> None:
        self.job.counts, self.job.failed, self.job.failed_count, self.job.done = standing

    async def _keep(self, application: Application, session: Session) -> None:
        text = terms.in_force(self.site)
        await keep_begun(self.site, self.actor, application, text, session, job=str(self.job.id))

    async def _drafts(self, going: Sequence[Incoming]) -> list[Application]:
        if not going:
            return []
        year = self.site.today().year
        drawn = await draw_range(f"applications:{year}", len(going))
        form = self.site.configuration.site.reference
        return [
            self._draft(row, form.format(year=year, seq=seq)) for row, seq in zip(going, drawn, strict=True)
        ]

    def _draft(self, row: Incoming, reference: str) -> Application:
        """The application a row becomes; its statements are affirmed where it is going to be sent. One with
        nothing to correct has no page left to look at."""
        site, definition = self.site, self.rows.definition
        record = Record.model_validate(row.record) if row.record else None
        application = draft_about(site, self.actor, self.rows.current, reference, self.owner, record)
        application.kind, application.language = KINDS[row.kind], self.rows.language
        application.batch = Batch(job=self.job.id, row=row.row)
        affirmed = dict.fromkeys(self.rows.statements, "yes") if self.sends else {}
        kept = (row.record or {}).get("data") or {}
        application.answers = seal_answers(site, definition, {**row.typed, **affirmed}, kept)
        application.title = definition.title_of(row.data) or application.title
        if not row.problems and (self.sends or not self.rows.statements):
            application.pages_done = [page.name for page in definition.laid_out]
        if version := self.job.parameters.get("terms"):
            application.terms = AcceptedTerms(version=version, at=site.now(), by=self.actor.name)
        return application

    # --- sending --------------------------------------------------------------------------------------------

    async def _send_some(self, rows: Sequence[Incoming], made: Mapping[int, Application]) -> None:
        """Send the applications of some rows side by side, then tell how far it is. What was sent before
        something broke off is found sent when the work is taken up again."""
        found = await asyncio.gather(
            *(self._sent(row, made.get(row.row)) for row in rows), return_exceptions=True
        )
        for each in found:
            if isinstance(each, BaseException):
                raise each
            self._count(*each)
        self.job.done += len(rows)
        await self.hold()

    async def _sent(self, row: Incoming, application: Application | None) -> tuple[str, Sequence[RowError]]:
        """What became of a row: its application is sent, once; where that is refused, it stays a draft, and
        the row is told why."""
        if application is None:
            wrong = row.errors or row.problems
            return ("left" if wrong else row.kind), wrong
        try:
            await submit(
                self.site, self.actor, application, revision=application.revision, summed=self.sums_up
            )
        except WritingStopped:
            raise
        except AnswersInvalid as error:
            return "kept", [self.rows.error(row, each.path, each.message) for each in error.errors]
        except TorokuError as error:
            if error.status >= 500:
                raise
            return "kept", [self.told(row, error)]
        return "sent", ()


async def _made(job: Job, rows: Sequence[Incoming]) -> dict[int, Application]:
    """The applications an earlier run has begun of these rows."""
    where = {"batch.job": job.id, "batch.row": {"$in": [row.row for row in rows]}}
    found = await Application.find(where).to_list()
    return {application.batch.row: application for application in found if application.batch}
