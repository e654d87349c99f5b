"""Demo records: registered by the effect of approved applications, with the steps of their lifecycle taken by
the services of real ones, at a clock set back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.authority import FolderAuthority
from app.certificates import TrialAuthority, write_certificate
from app.demo_files import DemoRows, Row
from app.story import at
from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id, new_id
from models.documents.record import Record
from models.documents.store import Session
from models.errors import ConfigurationError, TorokuError
from models.permissions import SYSTEM, Actor
from models.schema.compiled import CompiledType
from models.schema.definition import RecordType, singles
from models.schema.reading import Reading, read_data
from models.services import certificates, consents, lifecycles, step_answers
from models.services.applications import facts_of
from models.services.beginning import next_reference, prefilled
from models.services.effects import Work, register
from models.services.identifying import actor_for
from models.services.registry import Published
from models.services.secrets import seal_answers
from models.services.site import Site
from models.workflow.engine import holds

Issuer = TrialAuthority | FolderAuthority

HANDLE = "@"
"""What a text begins with that stands for the number of another row's record."""


@dataclass
class DemoRecords:
    """What loading records needs and leaves: the records by the handle of their row, and the operators by
    every unique answer of theirs."""

    site: Site
    folder: Path
    issuer: Issuer
    by_handle: dict[str, Record] = field(default_factory=dict)
    operators: dict[str, Record] = field(default_factory=dict)

    async def load_operators(self, rows: DemoRows) -> None:
        """Register the operators, before there are accounts. Raises ConfigurationError."""
        for number, row in enumerate(rows.rows["records"]):
            if row["record_type"] == self.site.configuration.site.operator_type:
                await self._load(row, foreign=number in rows.foreign)

    async def load_others(self, rows: DemoRows) -> None:
        """Register everything else, what a row names before the row, and take the steps of all. Raises
        ConfigurationError where a row names one that is not there."""
        own = self.site.configuration.site.operator_type
        waiting = [row for row in rows.rows["records"] if row["record_type"] != own]
        while waiting:
            ready = [row for row in waiting if not self._missing(row)]
            if not ready:
                name = min(self._missing(waiting[0]))
                raise ConfigurationError((), "A demo record names one that is not there: {name}", name=name)
            for row in ready:
                await self._load(row)
            waiting = [row for row in waiting if row not in ready]

    def operator(self, key: str) -> Record | None:
        """The operator a row names, by a unique answer of its record; None where it names none. Raises
        ConfigurationError."""
        if key and key not in self.operators:
            raise ConfigurationError((), "The demo has no operator “{name}”.", name=key)
        return self.operators.get(key)

    def _missing(self, row: Row) -> set[str]:
        named = {text for text in _texts(row.get("data")) if text.startswith(HANDLE)}
        return named - self.by_handle.keys()

    async def _load(self, row: Row, *, foreign: bool = False) -> None:
        then = at(self.site, self.site.now() + timedelta(days=row.get("day", 0)))
        published, owner = then.registry.current(row["record_type"]), self.operator(row.get("operator", ""))
        data = _filled(row["data"], self.by_handle)
        if foreign:
            data = {name: value for name, value in data.items() if name in published.definition.by_name}
        presented = await self._certificate(published.definition, data)
        origin = "staff" if row.get("begun_by") == "staff" else "operator"
        reading = read(then, published.compiled, data, owner, origin, lenient=foreign)
        by_staff = published.definition.is_ours or origin == "staff"
        application = await approved(then, published, reading, owner, by_staff=by_staff)
        application.certificate = presented
        record = await bring_in(then, application, row.get("into"))
        record = await self._take(then, record, row)
        self._keep(row, published.definition, record)

    def _keep(self, row: Row, definition: RecordType, record: Record) -> None:
        if "as" in row:
            self.by_handle[HANDLE + row["as"]] = record
        if record.operator_id == record.id:
            for name in keys_of(definition):
                self.operators.setdefault(str(record.data.get(name)), record)

    async def _certificate(self, definition: RecordType, data: dict[str, Any]) -> str | None:
        """A certificate made for this record where its type has one; its facts take their place in `data`."""
        name = definition.applications.certificate
        if name is None:
            return None
        key = next(str(data[key]) for key in keys_of(definition) if data.get(key))
        pem = self.issuer.issue(f"{key}-01", key)
        write_certificate(self.folder, key, pem)
        presented = await certificates.present(self.site, pem)
        data[name] = certificates.facts(presented)
        return presented.fingerprint

    async def _take(self, site: Site, record: Record, row: Row) -> Record:
        """The record after the steps its row tells of."""
        moment = site.now()
        for step in row.get("steps", ()):
            moment += timedelta(days=step.get("after", 0))
            try:
                record = await self._step(at(site, moment), record, step)
            except (TorokuError, KeyError) as error:
                facts = {
                    "name": f"{record.title}: {step.get('step', step.get('consent'))}",
                    "why": repr(error),
                }
                raise ConfigurationError(
                    (), "A demo record cannot take a step: {name}: {why}", **facts
                ) from error
        return record

    async def _step(self, site: Site, record: Record, step: Row) -> Record:
        actor, seen = await _actor(site, step["by"]), record.revision
        if "consent" in step:
            return await consents.give(
                site, actor, record, step["consent"], step["party"], step.get("note", ""), revision=seen
            )
        given = _filled(step.get("data", {}), self.by_handle)
        told = {name: step[name] for name in ("reason", "ground") if name in step}
        asks = given or step_answers.asked_by(site, record, step["step"]) is not None
        data = _changed(site, record, step["step"], given) if asks else None
        return await lifecycles.act(site, actor, record, step["step"], revision=seen, data=data, **told)


def keys_of(definition: RecordType) -> list[str]:
    """The fields that tell records of a type from one another, by themselves."""
    return [".".join(path) for path, field in singles(definition.fields) if field.unique and len(path) == 1]


def _texts(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set().union(*map(_texts, value.values()))
    if isinstance(value, list):
        return set().union(*map(_texts, value))
    return {value} if isinstance(value, str) else set()


def _filled(value: Any, records: Mapping[str, Record]) -> Any:
    """`value` with the numbers of records in the place of their handles."""
    if isinstance(value, Mapping):
        return {name: _filled(inner, records) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, records) for inner in value]
    return records[value].number if isinstance(value, str) and value in records else value


def read(
    site: Site,
    compiled: CompiledType,
    data: Mapping[str, Any],
    owner: Record | None,
    origin: str,
    *,
    lenient: bool = False,
) -> Reading:
    """The answers, read. Raises ConfigurationError where they do not hold; a row written for a type of
    another module may leave open what this one asks for."""
    operator, today = owner.data if owner else {}, site.today().isoformat()
    variables = {"TODAY": today, "BEFORE": data, "OPERATOR": operator, "ORIGIN": origin}
    reading = read_data(compiled, data, variables)
    if reading.errors and not lenient:
        wrong = reading.errors[0]
        facts = {"path": wrong.path, "key": wrong.key}
        raise ConfigurationError((), "A demo record does not hold: {path}: {key}", **facts)
    return reading


def _changed(site: Site, record: Record, step: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """All answers of a record once `given` came with a step; rows are added where the step appends."""
    published = site.registry.current(record.type)
    asked = published.definition.steps.get(step)
    if asked is not None and asked.appends:
        given = {name: [*(record.data.get(name) or []), *rows] for name, rows in given.items()}
    number = published.definition.number.field
    answers = {name: value for name, value in {**record.data, **given}.items() if name != number}
    reading = read(site, published.form(step), answers, None, record.origin)
    computed = {name: value for name, value in reading.data.items() if name not in record.data}
    fresh = {name: reading.data[name] for name in given}
    return {**record.data, **computed, **seal_answers(site, published.definition, fresh)}


async def _actor(site: Site, login: str) -> Actor:
    """Whoever takes a step: an account by its login, or ``system``, the program."""
    if login == "system":
        return SYSTEM
    account = await Account.find_one({"login": login})
    if account is None:
        raise KeyError(login)
    return actor_for(account, confirmed_at=site.now())


async def approved(
    site: Site,
    published: Published,
    reading: Reading,
    owner: Record | None = None,
    *,
    by_staff: bool,
    of: Record | None = None,
    key: Id | None = None,
) -> Application:
    """The application a demo record came by, or its change where `of` stands already, as if it had been
    approved at that moment; by its `key` its files are kept."""
    definition = published.definition
    data = seal_answers(site, definition, reading.data)
    return Application(
        id=key or new_id(),
        reference=await next_reference(site),
        type=definition.name,
        kind="change" if of else "register",
        record_id=of.id if of else None,
        base_revision=of.revision if of else None,
        schema_version=published.version,
        state=_decided(site, definition),
        open=False,
        by_staff=by_staff,
        operator_id=owner.id if owner else None,
        operator_name=owner.title if owner else "",
        title=definition.title_of(reading.data),
        answers=prefilled(definition, data),
        data=data,
        created_at=site.now(),
        updated_at=site.now(),
        submitted_at=site.now(),
        decided_at=site.now(),
    )


def _decided(site: Site, definition: RecordType) -> str:
    """The state in which applications of a type have been registered."""
    steps = site.workflows[definition.applications.workflow].transitions.values()
    return next(step.to for step in steps if any(call.effect == "register" for call in step.effects))


async def bring_in(site: Site, application: Application, into: str | None = None) -> Record:
    """The record of an approved application; a new one begins `into` a state, or where its workflow says."""

    async def body(session: Session) -> Record:
        work = Work(site, SYSTEM, application, session)
        await register(work, {"into": into or _begins(site, application)})
        if work.record is None:
            raise ConfigurationError
        if application.certificate is not None and work.record.operator_id is not None:
            await certificates.bind(site, application, work.record.operator_id, session)
        kept = {"record_id": work.record.id, "number": work.record.number}
        await application.model_copy(update=kept).insert(session=session)
        return work.record

    return await site.store.transaction(body)


def _begins(site: Site, application: Application) -> str:
    """The state in which the workflow of a type lets its records begin, "" for the usual one."""
    flow = site.workflows[site.registry.current(application.type).definition.applications.workflow]
    facts = facts_of(application)
    for step in flow.transitions.values():
        for call in step.effects:
            if call.effect == "register" and (not call.when or holds(call.when, facts)):
                return str(call.parameters.get("into", ""))
    return ""
