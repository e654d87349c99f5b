"""Files operators bring to apply for many records at once: kept, matched, rehearsed, made applications of."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from models.access import may_answer
from models.documents.base import Id, new_id
from models.documents.event import Subject
from models.documents.job import AFRESH, Job, jobs_for, move_job
from models.documents.store import Session
from models.errors import JobMoved, NotFound, SendingClosed, TransferRefused
from models.interchange.tables.columns import folded
from models.interchange.tables.comma import ENCODINGS
from models.interchange.tables.spread import ROW_LIMIT, Spread, spread_columns, spread_heads
from models.interchange.tables.table import Table, open_table
from models.language import Language, Message
from models.permissions import Actor, allowed, require
from models.schema.definition import Kind, RecordType
from models.schema.fields.choice import DeclarationField
from models.services import jobs, summaries, terms, windows
from models.services.applications import may_begin, operator_of
from models.services.applying import PERMISSION
from models.services.beginning import require_needs
from models.services.brought import content_of, keep_file
from models.services.events import record_event
from models.services.own_rows import KINDS, widths_of
from models.services.scanning import require_clean
from models.services.seeing import seen
from models.services.site import Site
from models.services.switches import require_writing

ROWS = 10_000
"""Most rows of one file."""

BYTES = 10 * 1_048_576
"""Largest file taken."""

KEPT_FOR = timedelta(days=7)
"""How long a file can be worked with; what came of it is told as long."""

WAITING = 10
"""Most files of one operator that are not over."""

LISTED = 20
"""Earlier files shown."""

SAMPLE = 3
"""Rows shown of a file that has just arrived."""

NUMBER, REVISION = "_number", "_revision"
FACTS = (NUMBER, REVISION)
"""The columns of a file that are no answers: whose record, and as of which version of it."""


@dataclass(frozen=True)
class Order:
    """What is to become of the rows: applications `sent`, or drafts. Who sends affirms the statements of the
    form, once for all rows; `terms` is the version of the terms of use accepted."""

    send: bool = False
    affirmed: bool = False
    terms: str | None = None


def kinds(site: Site, actor: Actor, definition: RecordType) -> tuple[Kind, ...]:
    """What `actor` may apply for by a file: nothing where a certificate is to be presented or each is written
    for itself, nor for the operator's own record."""
    own, rules = definition.name == site.configuration.site.operator_type, definition.applications
    if own or rules.certificate or rules.one_by_one or not definition.enabled:
        return ()
    if not allowed(actor, PERMISSION):
        return ()
    return tuple(kind for kind in KINDS.values() if may_begin(site, actor, definition, kind))


def statements(site: Site, actor: Actor, definition: RecordType) -> list[DeclarationField]:
    """The statements whoever sends the rows affirms."""
    own = seen(site, actor, definition.name, site.registry.current(definition.name).version)
    return [each for each in own.fields if isinstance(each, DeclarationField) and each.asked]


def columns(site: Site, actor: Actor, definition: RecordType, widths: Any = ROW_LIMIT) -> tuple[Spread, ...]:
    """The columns a file may have, with so many rows of each table: what `actor` answers in the form."""
    own = seen(site, actor, definition.name, site.registry.current(definition.name).version)
    return tuple(
        column
        for column in spread_columns(own, widths)
        if may_answer(actor, own.by_name[str(column.place[0])]) and may_answer(actor, column.field)
    )


async def begin(
    site: Site, actor: Actor, definition: RecordType, filename: str, content: bytes, language: Language
) -> Job:
    """Keep a file, its heads matched as far as they are known. Nothing is judged yet.

    Raises NotFound, NotAllowed, TransferRefused, UploadRefused, WritingStopped."""
    await _require(site, actor, definition)
    if len(content) > BYTES:
        raise TransferRefused("The file is larger than {max_mb} MB.", max_mb=BYTES // 1_048_576)
    await _require_room(actor)
    subject = Subject(kind="record_type", label=definition.name)
    await require_clean(site, actor, content, subject)
    table = await asyncio.to_thread(_opened, content)
    job = _job(site, actor, definition, _parameters(site, actor, definition, table, filename, language))
    await keep_file(site, job, filename, content)

    async def body(session: Session) -> None:
        await job.insert(session=session)
        await _tell(site, actor, job, "applications.file_brought", session)

    await site.store.transaction(body)
    return job


async def _require(site: Site, actor: Actor, definition: RecordType) -> None:
    """Raise unless `actor` may bring rows of this type now."""
    require(actor, PERMISSION)
    await require_writing(site, actor)
    if not kinds(site, actor, definition):
        raise NotFound
    require_needs(definition, await operator_of(site, actor.operator_id))


async def _require_room(actor: Actor) -> None:
    where = {"operator_id": actor.operator_id, "state": {"$in": ["prepared", "queued", "running"]}}
    if len(await jobs_for(where, WAITING)) >= WAITING:
        raise TransferRefused(
            "{count} files of your company are under way. Finish or cancel one of them first.", count=WAITING
        )


def _opened(content: bytes) -> Table:
    """The table in a file, of no more than ROWS rows; every row is read once, so that a damaged one is told
    now."""
    table = open_table(content)
    if table.kind == "jsonl":
        raise TransferRefused("Choose a CSV or Excel (XLSX) file.")
    count = sum(1 for _ in islice(table.rows(), ROWS + 1))
    if count > ROWS:
        raise TransferRefused(
            "The file has more than {limit} rows. Split it, and bring the parts one after the other.",
            limit=f"{ROWS:,}",
        )
    if not count:
        raise TransferRefused("The file has heads, and no rows below them.")
    return table


def _parameters(
    site: Site, actor: Actor, definition: RecordType, table: Table, filename: str, language: Language
) -> dict[str, Any]:
    return {
        "into": "applications",
        "filename": filename[:200],
        "encoding": table.encoding,
        "format": table.kind,
        "language": language,
        "heads": list(table.heads),
        "mapping": matched(site, actor, definition, table.heads),
    }


def _job(site: Site, actor: Actor, definition: RecordType, parameters: dict[str, Any]) -> Job:
    return Job(
        id=new_id(),
        kind="bulk",
        type=definition.name,
        lane=f"bulk:{actor.operator_id}",
        state="prepared",
        requester=actor.person,
        operator_id=actor.operator_id,
        parameters=parameters,
        created_at=site.now(),
        expires_at=site.now() + KEPT_FOR,
    )


def widths_offered(mapping: Sequence[str]) -> dict[str, int]:
    """Rows of each table the heads of a file may be said to stand for: one more than they do."""
    return {name: count + 1 for name, count in widths_of(mapping).items()}


def matched(site: Site, actor: Actor, definition: RecordType, heads: Sequence[str]) -> list[str]:
    """The column each head stands for, "" where none does; each column once."""
    known = {**_fact_heads(definition), **spread_heads(columns(site, actor, definition), folded)}
    taken, found = set[str](), []
    for head in heads:
        name = known.get(folded(head), "")
        found.append("" if name in taken else name)
        taken.add(name)
    return found


def _fact_heads(definition: RecordType) -> dict[str, str]:
    """The heads of the columns that are no answers: names, and words in both languages."""
    number = definition.by_name.get(definition.number.field)
    said = [number.label.ja, number.label("en")] if number else []
    return {
        **{folded(word): NUMBER for word in ("_number", "番号", "登録番号", "Number", *said)},
        **{folded(word): REVISION for word in ("_revision", "版", "Version")},
    }


async def look(site: Site, job: Job) -> Table:
    """The file again, for a look at its first rows. Raises NotFound, TransferRefused."""
    content = await content_of(site, job)
    return await asyncio.to_thread(open_table, content, job.parameters.get("encoding", ""))


async def check(
    site: Site, actor: Actor, job: Job, mapping: Sequence[str] | None = None, encoding: str = ""
) -> Job:
    """Have the rows rehearsed, with the columns the heads stand for (None: as they are matched).

    Raises NotFound, NotAllowed, TransferRefused, JobMoved, WritingStopped."""
    definition = site.registry.current(job.type).definition
    await _require(site, actor, definition)
    parameters = dict(job.parameters)
    parameters["mapping"] = _mapped(site, actor, job, parameters["mapping"] if mapping is None else mapping)
    parameters["encoding"] = encoding if encoding in ENCODINGS else parameters["encoding"]
    return await _go(site, actor, job, "check", parameters, "")


def _mapped(site: Site, actor: Actor, job: Job, mapping: Sequence[str]) -> list[str]:
    definition = site.registry.current(job.type).definition
    known = {column.name for column in columns(site, actor, definition)} | set(FACTS)
    given = [name for name in mapping if name]
    if len(mapping) != len(job.parameters["heads"]) or not set(given) <= known:
        raise TransferRefused("Choose what each head of the file stands for.")
    if len(set(given)) != len(given):
        raise TransferRefused("Two heads of the file stand for the same column.")
    if not set(given) - set(FACTS):
        raise TransferRefused("No head of the file is known. Choose what each stands for.")
    return list(mapping)


async def apply(site: Site, actor: Actor, job: Job, order: Order) -> Job:
    """Make applications of the rows that were found good.

    Raises NotFound, NotAllowed, TransferRefused (statements not affirmed), TransitionRefused (terms),
    SendingClosed, JobMoved, WritingStopped."""
    definition = site.registry.current(job.type).definition
    await _require(site, actor, definition)
    if job.phase != "check" or not going(job, send=order.send):
        raise JobMoved
    require_order(site, actor, job, order)
    parameters = {**job.parameters, "send": order.send, "terms": order.terms}
    parameters["summed"] = order.send and summaries.sums_up(site, going(job, send=True))
    return await _go(site, actor, job, "apply", parameters, "applications.file_confirmed")


def going(job: Job, *, send: bool) -> int:
    """How many rows become applications."""
    counts = job.counts
    return counts.get("ready", 0) + (0 if send else counts.get("incomplete", 0))


def require_order(site: Site, actor: Actor, job: Job, order: Order) -> None:
    """Raise TransferRefused, SendingClosed where an order cannot be followed."""
    definition = site.registry.current(job.type).definition
    text = terms.in_force(site) if definition.applications.terms else None
    if text is not None and order.terms != text.version:
        raise TransferRefused("Read and accept the terms of use in force first.")
    for kind in _wanted(job):
        windows.require_beginning(site, definition, kind)
        found = windows.sending(site, definition, kind)
        if order.send and not found.open:
            said = windows.banner(site, found) or Message(SendingClosed.message)
            raise SendingClosed(said.msgid, **said.values)
    if order.send and statements(site, actor, definition) and not order.affirmed:
        raise TransferRefused("Read the statements and affirm them.")


def why_closed(site: Site, job: Job) -> Message | None:
    """Why nothing of a file can be sent now, and from when it can; None where it can."""
    definition = site.registry.current(job.type).definition
    for kind in _wanted(job):
        found = windows.sending(site, definition, kind)
        if not found.open:
            return windows.banner(site, found)
    return None


def _wanted(job: Job) -> list[Kind]:
    """The kinds of application the rows become."""
    return [kind for name, kind in KINDS.items() if job.counts.get(name)]


async def _go(
    site: Site, actor: Actor, job: Job, phase: str, parameters: Mapping[str, Any], action: str
) -> Job:
    """Put a file that waits into the queue; whoever says so is its requester from now on. One at a time is
    worked on for an operator."""
    _require_ours(actor, job)
    if await busy(actor, job):
        raise TransferRefused(
            "Another file of your company is being worked on. Wait until it is done, or cancel it."
        )
    told = {"phase": phase, "parameters": dict(parameters), "requester": actor.person.model_dump()}

    async def body(session: Session) -> Job:
        moved = await move_job(job, ("prepared",), {**AFRESH, **told}, session)
        if moved is None:
            raise JobMoved
        if action:
            await _tell(site, actor, job, action, session, send=bool(parameters.get("send")), **job.counts)
        return moved

    return await site.store.transaction(body)


def _require_ours(actor: Actor, job: Job) -> None:
    if not jobs.is_ours(actor, job):
        raise NotFound


async def busy(actor: Actor, job: Job | None = None) -> bool:
    """Whether another file of the operator is being worked on."""
    where: dict[str, Any] = {"operator_id": actor.operator_id, "state": {"$in": ["queued", "running"]}}
    found = await jobs_for({**where, "kind": "bulk"}, 2)
    return any(each.id != (job.id if job else None) for each in found)


async def cancel(site: Site, actor: Actor, job: Job) -> Job:
    """Stop working on a file; what was made of it stays. Raises NotFound, JobMoved."""
    _require_ours(actor, job)
    return await jobs.cancel(site, actor, job)


async def resume(site: Site, actor: Actor, job: Job) -> Job:
    """Go on where it stopped. Raises NotFound, NotAllowed, JobMoved, TransferRefused, WritingStopped."""
    _require_ours(actor, job)
    await _require(site, actor, site.registry.current(job.type).definition)
    if await busy(actor, job):
        raise TransferRefused(
            "Another file of your company is being worked on. Wait until it is done, or cancel it."
        )
    return await jobs.resume(site, actor, job)


async def find(site: Site, actor: Actor, type_name: str, identifier: Id) -> Job:
    """One file of the operator. Raises NotFound for anybody else's, and for one of another type."""
    require(actor, PERMISSION)
    job = await jobs.find_job(identifier)
    if job.kind != "bulk" or job.type != type_name or not jobs.is_ours(actor, job):
        raise NotFound
    return job


async def listed(site: Site, actor: Actor, type_name: str) -> list[Job]:
    """The files of the operator for one type, the newest first (at most LISTED)."""
    require(actor, PERMISSION)
    return await jobs_for({"operator_id": actor.operator_id, "kind": "bulk", "type": type_name}, LISTED)


async def _tell(site: Site, actor: Actor, job: Job, action: str, session: Session, **details: Any) -> None:
    subject = Subject(kind="record_type", id=job.id, label=job.type)
    facts = {"job": str(job.id), "sha256": job.parameters.get("sha256", "")}
    await record_event(
        site, actor, action, subject, session, operator_id=actor.operator_id, **facts, **details
    )
