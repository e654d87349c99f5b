"""Imports and exports as somebody asks for them: asked, looked at, confirmed, taken, removed after a week."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from models.documents.base import new_id
from models.documents.event import Subject
from models.documents.job import AFRESH, TRANSFERS, Job, ResultFile, jobs_for, move_job
from models.documents.store import Session
from models.documents.transfer import query_text, read_query
from models.errors import JobMoved, NotFound, TransferRefused
from models.interchange.tables.columns import FACTS, Column, answer_columns, folded, known_heads
from models.interchange.tables.comma import ENCODINGS
from models.interchange.tables.table import Table, open_table
from models.language import Language
from models.permissions import Actor, allowed, require
from models.schema.definition import RecordType
from models.services.brought import content_of, keep_file
from models.services.events import record_event
from models.services.exporting import FORMATS, require_taking
from models.services.importing import PERMISSIONS
from models.services.incoming import FACT_NAMES
from models.services.jobs import find_for, is_own, run_this
from models.services.profiles import PROFILES, optional
from models.services.registry import Published
from models.services.scanning import require_clean
from models.services.seeing import seen
from models.services.site import Site
from models.services.stepping_up import require_recent

KEPT_FOR = timedelta(days=7)
"""How long the files of a job are kept."""

WAITING_LIMIT = 5
"""Most transfers of one person that wait or run."""

LIST_LIMIT = 100
PURPOSE_LIMIT = 500
TOLD = ("profile", "recipient", "into", "filename", "format", "asked", "named", "sha256")
"""What an event says of a transfer besides its purpose."""

SMALL = 1000
"""Records of an export that is made while its requester waits."""

SAMPLE = 5
"""Rows looked at when a file arrives."""


@dataclass(frozen=True)
class Wanted:
    """What an export is to hold. `where` and `order` are those of a list, `asked` is how its address says
    them; `named` are free texts and uploads that go to state bodies all the same."""

    profile: str = "all"
    format: str = "csv"
    encoding: str = "utf-8"
    heads: str = "labels"
    language: Language = "ja"
    purpose: str = ""
    recipient: str = ""
    named: tuple[str, ...] = ()
    where: Mapping[str, Any] | None = None
    order: Sequence[tuple[str, int]] = (("_id", -1),)
    asked: str = ""


def exported_types(site: Site, actor: Actor) -> list[RecordType]:
    """The record types whose records `actor` may take away."""
    return _types(site) if allowed(actor, "record.export") else []


def places(site: Site, actor: Actor, definition: RecordType) -> list[str]:
    """Where rows of a type may go to: ``records`` in force, ``drafts`` of applications an operator goes on
    with. Drafts are for what an operator can apply for without terms or a certificate; what is published is
    written one by one."""
    applied = definition.applications
    plain = not applied.terms and applied.certificate is None and "register" in applied.kinds
    own = definition.name == site.configuration.site.operator_type
    offered = {
        "records": definition.publication is None,
        "drafts": plain and not own and not definition.is_ours,
    }
    return [place for place, open_to in offered.items() if open_to and allowed(actor, PERMISSIONS[place])]


def imported_types(site: Site, actor: Actor) -> list[RecordType]:
    """The record types whose records `actor` may bring in."""
    return [kind for kind in _types(site) if places(site, actor, kind)]


def _types(site: Site) -> list[RecordType]:
    found = (published.definition for published in site.registry.all_current().values())
    return [definition for definition in found if definition.enabled]


async def ask_export(site: Site, actor: Actor, type_name: str, wanted: Wanted) -> Job:
    """Put an export into the queue, and write the event of who takes what, for what and whom (R80, R82).

    Raises NotAllowed, NotFound, TransferRefused (no purpose, too many at once), ConfirmationRequired (for a
    state body, where who asks did not prove who they are lately). Asking for the same twice makes one."""
    require_taking(actor)
    published = _published(site, type_name)
    _check_wanted(site, actor, published, wanted)
    if wanted.profile == "state_bodies":
        require_recent(site, actor)
    where = query_text(wanted.where or {})
    parameters = {
        **{name: getattr(wanted, name) for name in ("profile", "format", "encoding", "heads", "language")},
        "recipient": wanted.recipient.strip()[:PURPOSE_LIMIT],
        "named": list(wanted.named),
        "where": where,
        "order": [list(each) for each in wanted.order],
        "asked": wanted.asked[:1000],
    }
    job = _job(site, actor, "export", type_name, wanted.purpose, parameters)
    same = await _waiting(actor, {"kind": "export", "type": type_name, "parameters": parameters})
    if same:
        return same[0]
    await _keep(site, actor, job, "records.exported")
    return job


async def do_small(site: Site, actor: Actor, job: Job) -> bool:
    """Do an export at once, in this process, when it holds no more than SMALL records; whether it is done."""
    where = read_query(job.parameters["where"])
    if job.state != "queued" or await site.records[job.type].count(where, SMALL + 1) > SMALL:
        return False
    return await run_this(site, job)


def _check_wanted(site: Site, actor: Actor, published: Published, wanted: Wanted) -> None:
    if wanted.profile not in PROFILES or wanted.format not in FORMATS or wanted.encoding not in ENCODINGS:
        raise TransferRefused("Choose what the file is to hold and how it is written.")
    if not wanted.purpose.strip():
        raise TransferRefused("Write what the file is for.")
    if wanted.profile == "state_bodies" and not wanted.recipient.strip():
        raise TransferRefused("Name the body the file is for.")
    offered = {path for path, _ in optional(seen(site, actor, published.definition.name, published.version))}
    if not set(wanted.named) <= offered:
        raise TransferRefused("Choose what the file is to hold and how it is written.")


async def begin_import(
    site: Site, actor: Actor, type_name: str, into: str, filename: str, content: bytes, *, purpose: str = ""
) -> Job:
    """Keep a file somebody brought, with its heads matched as far as they are known; nothing is read yet
    but its first rows. Raises NotAllowed, NotFound, TransferRefused."""
    published = _published(site, type_name)
    if into not in PERMISSIONS:
        raise TransferRefused("Choose where the rows go to.")
    require(actor, PERMISSIONS[into])
    if into == "records" and published.definition.publication is not None:
        raise TransferRefused("What is published is written, approved and corrected one by one.")
    if into not in places(site, actor, published.definition):
        raise TransferRefused("Drafts of this type cannot be made from a file.")
    if not purpose.strip():
        raise TransferRefused("Write why these rows are brought in.")
    await require_clean(site, actor, content, Subject(kind="record_type", label=type_name))
    table = open_table(content)
    table.first(SAMPLE)
    parameters = {
        "into": into,
        "filename": filename[:200],
        "encoding": table.encoding,
        "format": table.kind,
        "heads": list(table.heads),
        "mapping": matched(site, actor, published, table.heads),
    }
    job = _job(site, actor, "import", type_name, purpose, parameters)
    job.state = "prepared"
    await _require_room(actor)
    await keep_file(site, job, filename, content)
    await _keep(site, actor, job, "records.import_begun")
    return job


def import_columns(site: Site, actor: Actor, published: Published) -> tuple[Column, ...]:
    """The answers a file may bring, of those `actor` may read."""
    own = seen(site, actor, published.definition.name, published.version)
    return tuple(column for column in answer_columns(own) if column.is_readable)


def matched(site: Site, actor: Actor, published: Published, heads: Sequence[str]) -> list[str]:
    """The column each head stands for, "" where none does; each column once."""
    own = seen(site, actor, published.definition.name, published.version)
    flat = answer_columns(own)
    names = {c.name for c in (*flat, *answer_columns(own, nested=True)) if c.is_readable} | FACT_NAMES
    known, taken, found = known_heads(flat), set[str](), []
    for head in heads:
        name = head if head in names else known.get(folded(head), "")
        found.append(name if name in names - taken else "")
        taken.add(name)
    return found


async def look(site: Site, job: Job) -> Table:
    """The file of an import again, for a look at its first rows. Raises NotFound, TransferRefused."""
    return open_table(await content_of(site, job), job.parameters.get("encoding", ""))


async def go(
    site: Site,
    actor: Actor,
    job: Job,
    phase: str,
    *,
    mapping: Sequence[str] | None = None,
    encoding: str = "",
) -> Job:
    """Have an import checked (``check``, with the columns its heads stand for), or brought in (``apply``,
    once it was checked as it is). Raises NotFound for somebody else's, JobMoved, TransferRefused."""
    if not is_own(actor, job) or job.kind != "import":
        raise NotFound
    require(actor, PERMISSIONS[job.parameters["into"]])
    parameters = dict(job.parameters)
    if phase == "check":
        parameters["mapping"] = _mapped(site, actor, job, mapping or ())
        parameters["encoding"] = encoding if encoding in ENCODINGS else parameters["encoding"]
    elif phase != "apply" or job.phase != "check" or not (job.counts.keys() & {"new", "changed"}):
        raise JobMoved
    values = {**AFRESH, "phase": phase, "parameters": parameters}

    async def body(session: Session) -> Job:
        moved = await move_job(job, ("prepared",), values, session)
        if moved is None:
            raise JobMoved
        if phase == "apply":
            await _tell(site, actor, job, "records.import_confirmed", session, **job.counts)
        return moved

    return await site.store.transaction(body)


def _mapped(site: Site, actor: Actor, job: Job, mapping: Sequence[str]) -> list[str]:
    """The columns given for the heads. Raises TransferRefused for one there is none of, or twice."""
    heads = job.parameters["heads"]
    columns = import_columns(site, actor, site.registry.current(job.type))
    own = seen(site, actor, job.type, site.registry.current(job.type).version)
    known = {column.name for column in (*columns, *answer_columns(own, nested=True))}
    known |= {name for name, _ in FACTS}
    given = [name for name in mapping if name]
    if len(mapping) != len(heads) or not set(given) <= known:
        raise TransferRefused("Choose what each head of the file stands for.")
    if len(set(given)) != len(given):
        raise TransferRefused("Two heads of the file stand for the same column.")
    if not given:
        raise TransferRefused("No head of the file is known. Choose what each stands for.")
    return list(mapping)


async def take(site: Site, actor: Actor, job: Job) -> tuple[ResultFile, AsyncIterator[bytes]]:
    """The file an export left, and its bytes; every time is an event. Only its requester may, as what is in
    it is what they may read. Raises NotFound."""
    if not is_own(actor, job) or job.state != "done" or job.result is None or is_expired(site, job):
        raise NotFound
    require_taking(actor)
    result = job.result

    async def body(session: Session) -> None:
        await _tell(site, actor, job, "records.taken", session, count=job.done)

    await site.store.transaction(body)
    return result, _bytes(site, result)


async def _bytes(site: Site, result: ResultFile) -> AsyncIterator[bytes]:
    for part in result.parts:
        async for piece in site.store.attachments.read(part):
            yield piece


def is_expired(site: Site, job: Job) -> bool:
    """Whether its files have been removed, or are about to be."""
    return job.expires_at is not None and job.expires_at <= site.now()


async def listed(site: Site, actor: Actor) -> list[Job]:
    """The transfers `actor` asked for, the newest first."""
    where = {"requester.id": actor.account_id, "kind": {"$in": list(TRANSFERS)}}
    return await jobs_for(where, LIST_LIMIT) if actor.account_id is not None else []


async def find(site: Site, actor: Actor, identifier: Any) -> Job:
    """One transfer `actor` may see. Raises NotFound."""
    job = await find_for(site, actor, identifier)
    if job.kind not in TRANSFERS:
        raise NotFound
    return job


async def remove_one(site: Site) -> bool:
    """Remove the files of a job that is kept no longer; False when there is none."""
    found = await jobs_for({"expires_at": {"$lte": site.now()}, "state": {"$ne": "running"}}, 1)
    if not found:
        return False
    job = found[0]
    await site.store.attachments.remove(f"job:{job.id}")
    values: dict[str, Any] = {"result": None, "source": None, "expires_at": None}
    if job.kind == "bulk":
        values["failed"] = []  # cells of the file are told with what is wrong with them
    over = {} if job.is_over else {"state": "cancelled", "finished_at": site.now()}
    await move_job(job, (job.state,), {**values, **over})
    return True


# --- keeping ------------------------------------------------------------------------------------------------


def _published(site: Site, type_name: str) -> Published:
    published = site.registry.all_current().get(type_name)
    if published is None or not published.definition.enabled:
        raise NotFound
    return published


def _job(
    site: Site, actor: Actor, kind: Any, type_name: str, purpose: str, parameters: dict[str, Any]
) -> Job:
    identifier = new_id()
    return Job(
        id=identifier,
        kind=kind,
        type=type_name,
        lane=f"transfer:{identifier}",
        requester=actor.person,
        purpose=purpose.strip()[:PURPOSE_LIMIT],
        parameters=parameters,
        created_at=site.now(),
        expires_at=site.now() + KEPT_FOR,
    )


async def _waiting(actor: Actor, where: Mapping[str, Any]) -> list[Job]:
    open_now = {"requester.id": actor.account_id, "state": {"$in": ["queued", "running"]}}
    return await jobs_for({**open_now, **where}, WAITING_LIMIT)


async def _require_room(actor: Actor) -> None:
    waiting = await _waiting(actor, {"kind": {"$in": list(TRANSFERS)}})
    if len(waiting) >= WAITING_LIMIT:
        raise TransferRefused(
            "You have {count} imports and exports under way. Wait for them, or cancel one.",
            count=len(waiting),
        )


async def _keep(site: Site, actor: Actor, job: Job, action: str) -> None:
    await _require_room(actor)
    facts = {name: job.parameters[name] for name in TOLD if name in job.parameters}

    async def body(session: Session) -> None:
        await job.insert(session=session)
        await _tell(site, actor, job, action, session, purpose=job.purpose, **facts)

    await site.store.transaction(body)


async def _tell(site: Site, actor: Actor, job: Job, action: str, session: Session, **details: Any) -> None:
    subject = Subject(kind="record_type", id=job.id, label=job.type)
    await record_event(site, actor, action, subject, session, job=str(job.id), **details)
