"""Taking registered records away as a file: the job that writes it, and the rule of what may be in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from models.documents.account import Account
from models.documents.job import Job, ResultFile
from models.documents.transfer import Transfer, read_query
from models.errors import NotAllowed, TransferRefused
from models.interchange.tables.cells import NOTICE_MARK, Cell, structured
from models.interchange.tables.columns import FACTS, Column, answer_columns, heads_of
from models.interchange.tables.comma import CommaWriter
from models.interchange.tables.lines import LinesWriter
from models.interchange.tables.workbook import WorkbookWriter
from models.interchange.tables.writer import Writer
from models.language import Language, translate
from models.permissions import Actor, require
from models.schema.classes import CLASSES, strictest
from models.schema.clock_columns import CLOCK_LABELS, turn_words
from models.schema.definition import RecordType
from models.services.breathing import Breath
from models.services.identifying import acting
from models.services.profiles import PROFILES, leaving, tells_title
from models.services.progress import Hold, Progress
from models.services.records import scope
from models.services.rights import rights
from models.services.roles import may_act
from models.services.seeing import seen
from models.services.site import Site
from models.services.spanning import shown

FORMATS = ("csv", "xlsx", "jsonl")

PART = 1_000_000
"""Bytes of the result put away at once."""

PIECE = 25
"""Records written between two looks at the time."""


def require_taking(actor: Actor) -> None:
    """Raise NotAllowed unless `actor` may take away records they may see, an operator those of its own."""
    require(actor, "record.export_own" if actor.kind == "operator" else "record.export")


async def requester_of(site: Site, job: Job) -> Actor:
    """Who asked for a job, with the roles they have now. Raises NotAllowed when they may not act any more."""
    identifier = job.requester.id if job.requester else None
    account = await Account.get(identifier) if identifier else None
    if account is None or not may_act(site, account):
        raise NotAllowed
    return acting(site, account)


def shape_of(site: Site, actor: Actor, job: Job) -> RecordType:
    """What of the type in force leaves with a job: what its requester may read, by its profile."""
    current = site.registry.current(job.type)
    named = job.parameters.get("named") or ()
    return leaving(seen(site, actor, job.type, current.version), job.parameters["profile"], named)


async def export(site: Site, job: Job, progress: Progress, hold: Hold) -> None:
    """Write the file a job asks for, from where it stands; in the usual order after a break it goes on, in
    any other it begins anew. Raises NotAllowed when its requester may not any more."""
    actor = await requester_of(site, job)
    require_taking(actor)
    await _Exporting(site, actor, job, progress, hold).run()


def writer_of(job: Job) -> Writer:
    """The writer of a job's format, as far as it came."""
    parameters = job.parameters
    if parameters["format"] == "csv":
        return CommaWriter(parameters.get("encoding", "utf-8"), job.writer)
    if parameters["format"] == "xlsx":
        return WorkbookWriter(job.writer)
    return LinesWriter(job.writer)


@dataclass
class _Exporting:
    """One run of a job."""

    site: Site
    actor: Actor
    job: Job
    progress: Progress
    hold: Hold
    waiting: list[bytes] = field(default_factory=list)
    operators: dict[Any, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        job = self.job
        self.language: Language = "en" if job.parameters.get("language") == "en" else "ja"
        self.nested = job.parameters["format"] == "jsonl"
        self.narrowed = shape_of(self.site, self.actor, job)
        self.transfer = Transfer(self.site.store, self.site.registry.current(job.type).definition.collection)
        self.order = [(str(path), int(way)) for path, way in job.parameters.get("order") or [("_id", -1)]]
        self.breath = Breath()

    async def run(self) -> None:
        where = self._where()
        self.job.total = await self.transfer.count(where)
        where = self._after(where)
        self.writer = writer_of(self.job)
        if self.job.result is None:
            self._begin()
        lines = self._liner()
        async for batch in self.transfer.batches(where, self.order, self._projection()):
            batch = await shown(self.site, self.job.type, batch)
            await self._name_operators(batch)
            for start in range(0, len(batch), PIECE):
                rows = [lines(record) for record in batch[start : start + PIECE]]
                self.waiting.append(self.writer.rows(rows))
                await self.breath()
            self.job.done += len(batch)
            if sum(map(len, self.waiting)) > PART:
                await self._put(batch[-1]["_id"])
        self.waiting.append(self.writer.end())
        await self._put(self.job.last_id)

    def _where(self) -> dict[str, Any]:
        """What was asked for, of what the requester may see now."""
        parts = [scope(self.site, self.actor, self.job.type), read_query(self.job.parameters["where"])]
        needed = [part for part in parts if part]
        return {"$and": needed} if len(needed) > 1 else (needed[0] if needed else {})

    def _after(self, where: dict[str, Any]) -> dict[str, Any]:
        """What is left of it: behind the last record written."""
        if self.job.last_id is None or self.job.result is None:
            return where
        if [path for path, _ in self.order] != ["_id"]:
            self.job.result, self.job.writer, self.job.done, self.job.last_id = None, {}, 0, None
            return where
        behind = {"_id": {"$gt" if self.order[0][1] > 0 else "$lt": self.job.last_id}}
        return {"$and": [where, behind]} if where else behind

    def _begin(self) -> None:
        stamp = self.site.now().astimezone(self.site.calendar.zone).strftime("%Y%m%d-%H%M")
        self.job.result = ResultFile(
            filename=f"{self._handled()}{self.job.type}-{stamp}.{self.writer.ending}",
            content_type=self.writer.content_type,
        )
        self.job.done = 0
        self.waiting.append(self.writer.begin(self._notice(), self._heads()))

    def _handled(self) -> str:
        """What the name of a file begins with that holds something confidential."""
        return "confidential-" if strictest(self.narrowed.fields) == "confidential" else ""

    def _notice(self) -> list[str]:
        """What the file says about itself: whose it is, for what and whom, and how to handle it (R80)."""
        job, spoken = self.job, self.language
        moment = self.site.now().astimezone(self.site.calendar.zone).strftime("%Y-%m-%d %H:%M")
        told = {
            "site": self.site.configuration.site.name,
            "type": self.site.registry.current(job.type).definition.label,
            "profile": PROFILES[job.parameters["profile"]],
            "class": CLASSES[strictest(self.narrowed.fields)],
            "who": job.requester.name if job.requester else "",
            "when": moment,
            "purpose": job.purpose,
            "recipient": job.parameters.get("recipient") or "—",
        }
        line = translate(
            "Handle with care ({class}). {site}, {type} ({profile}); {when}, {who}; purpose: {purpose}; "
            "recipient: {recipient}. Not to be passed on without prior written consent.",
            spoken,
            **told,
        )
        return [f"{NOTICE_MARK} {line} {rights(self.site, spoken)}".replace("\n", " ").strip()]

    def _facts(self) -> tuple[str, ...]:
        titled = tells_title(self.site.registry.current(self.job.type).definition, self.narrowed)
        unasked = {f"_{name}" for name in CLOCK_LABELS if name not in self.narrowed.columns}
        left = unasked if titled else {*unasked, "_title"}
        return tuple(name for name, _ in FACTS if name not in left)

    def _columns(self) -> tuple[Column, ...]:
        return answer_columns(self.narrowed, nested=self.nested)

    def _heads(self) -> list[str]:
        columns, facts = self._columns(), self._facts()
        if self.nested or self.job.parameters.get("heads") == "names":
            return [*facts, *(column.name for column in columns)]
        labels = dict(FACTS)
        return [*(labels[name](self.language) for name in facts), *heads_of(columns, self.language)]

    def _projection(self) -> Mapping[str, Any]:
        facts = (name.removeprefix("_") for name in self._facts())
        kept = (*facts, "awaits", "schema_version", "operator_id")
        answers = [f"data.{name}" for name in self.narrowed.by_name]
        return dict.fromkeys((*kept, *answers), 1)

    def _liner(self) -> Callable[[Mapping[str, Any]], list[Cell]]:
        """How a record becomes a row, worked out once."""
        columns, facts = self._columns(), self._facts()
        spellers = [
            (column.path, column.take, None if self.nested else column.speller(self.language))
            for column in columns
        ]
        told = [self._teller(name) for name in facts]
        return lambda record: [*(tell(record) for tell in told), *_answers(record.get("data"), spellers)]

    def _teller(self, name: str) -> Callable[[Mapping[str, Any]], Cell]:
        if name == "_operator":
            return lambda record: self.operators.get(record.get("operator_id"), "")
        if name == "_lifecycle" and not self.nested:
            lifecycle = self.site.registry.current(self.job.type).definition.lifecycle
            states = self.site.lifecycles[lifecycle].shown_to(self.actor.kind).states
            words = {code: state.label(self.language) for code, state in states.items()}
            return lambda record: words.get(str(record.get("lifecycle")), str(record.get("lifecycle", "")))
        if name == "_awaits" and not self.nested:
            sides = {side: label(self.language) for side, label in turn_words(self.actor.kind).items()}
            return lambda record: sides.get(str(record.get("awaits")), "")
        if name == "_due" and self.actor.kind == "operator":
            return lambda record: _fact("due", record) if record.get("awaits") else None
        return partial(_fact, name.removeprefix("_"))

    async def _name_operators(self, batch: Sequence[Mapping[str, Any]]) -> None:
        """Look the numbers of the operators up that are not known yet."""
        unknown = {record.get("operator_id") for record in batch} - self.operators.keys()
        if not unknown:
            return
        own = self.site.records[self.site.configuration.site.operator_type].name
        found = await Transfer(self.site.store, own).find({"_id": {"$in": list(unknown)}}, {"number": 1})
        self.operators |= dict.fromkeys(unknown, "")
        self.operators |= {row["_id"]: str(row.get("number", "")) for row in found}

    async def _put(self, last: Any) -> None:
        """Put what waits away, and tell how far it is in one write; what a break leaves over is removed with
        the rest."""
        content, result = b"".join(self.waiting), self.job.result
        if result is None:
            raise TransferRefused
        self.waiting = []
        owner = f"job:{self.job.id}"
        part = await self.site.store.attachments.put(result.filename, result.content_type, owner, content)
        result.parts.append(part.id)
        result.size += len(content)
        self.job.last_id, self.job.writer = last, dict(self.writer.state())
        self.job.total = max(self.job.total, self.job.done)
        self.job.counts = {"unwritten": int(self.job.writer.get("unwritten", 0))}
        await self.hold(result=result.model_dump(), writer=self.job.writer)
        self.progress(self.job.done, self.job.total)


def _fact(name: str, record: Mapping[str, Any]) -> Cell:
    value = record.get(name)
    if value is None or isinstance(value, str | int):
        return value
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else str(value)


def _answers(data: Any, spellers: Sequence[Any]) -> Iterator[Any]:
    """The cells of a record's answers; what is damaged is told as it is."""
    known = data if isinstance(data, Mapping) else {}
    for path, take, spell in spellers:
        try:
            value = take(known)
            yield value if spell is None else spell(value)
        except (TypeError, ValueError, KeyError):
            yield structured(known.get(path[0]))
