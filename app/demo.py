"""Demo data: accounts, registered records and notices of the configuration's ``demo`` folders.

Records go through the same effect as approved applications, so numbers, versions and events are real."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.authority import FolderAuthority
from app.certificates import TrialAuthority, write_certificate
from app.demo_notices import tell_notice
from app.story import tell_story
from models.documents.account import Account, Delegation, Duties
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.record import Record
from models.documents.store import Session
from models.errors import ConfigurationError
from models.permissions import SYSTEM
from models.schema.definition import RecordType
from models.schema.finding import Finding
from models.schema.reading import read_data
from models.schema.source import Source, read_source
from models.services import certificates
from models.services.beginning import next_reference
from models.services.delegates import rules_of
from models.services.effects import Work, register
from models.services.identifying import actor_for
from models.services.passwords import hash_password
from models.services.registry import Published
from models.services.secrets import seal_answers
from models.services.site import Site
from models.services.terms import accept, in_force

PASSWORD = "toroku-demo-2026"  # noqa: S105 - demo data is refused in production
NEW_OPERATOR = "new-operator"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """What to print about one demo account."""

    login: str
    name: str
    role: str
    certificate: Path | None


Issuer = TrialAuthority | FolderAuthority


async def load_demo(
    site: Site, folder: Path, *, applications: bool = False, authority: FolderAuthority | None = None
) -> list[DemoAccount]:
    """Load the demo data where it is not loaded yet; certificates are written to `folder`, those of an
    `authority` to its own besides. With `applications`, also the weeks of work that fill the queue.

    Raises ConfigurationError in production, and when a demo file cannot be used."""
    if site.production:
        raise ConfigurationError(message="Demo data is refused in production.")
    sources = {str(next(iter(s.value.values()))): s for s in _sources(site)}
    accounts = sources["accounts"].value["accounts"] if "accounts" in sources else []
    if accounts and await Account.find_one({"login": accounts[0]["login"]}) is None:
        await _load(site, sources, folder, authority or TrialAuthority(site.now()), listed=applications)
        if applications and "applications" in sources:
            await tell_story(site, sources["applications"].value["applications"])
    return [_describe(account, folder, authority) for account in accounts]


def _sources(site: Site) -> Iterator[Source]:
    for module in site.configuration.modules:
        for path in sorted((module / "demo").glob("*.yaml")):
            source = read_source(path)
            if isinstance(source, Finding):
                raise ConfigurationError((source,))
            yield source


async def _load(
    site: Site, sources: Mapping[str, Source], folder: Path, authority: Issuer, *, listed: bool
) -> None:
    write_certificate(folder, NEW_OPERATOR, authority.issue("new-operator-01", "New Operator"))
    operators: dict[str, Record] = {}
    for row in sources["records"].value["records"] if "records" in sources else []:
        await _load_record(site, row, operators, authority, folder)
    hashed = hash_password(PASSWORD)
    for row in sources["accounts"].value["accounts"]:
        await _load_account(site, row, operators, hashed)
    for row in sources["notices"].value["notices"] if "notices" in sources else []:
        await tell_notice(site, row, listed=listed)


async def _load_record(
    site: Site, row: Mapping[str, Any], operators: dict[str, Record], authority: Issuer, folder: Path
) -> None:
    published = site.registry.current(row["record_type"])
    data, owner = dict(row["data"]), operators.get(row.get("operator", ""))
    presented = await _certificate(site, published.definition, data, authority, folder)
    variables = {"TODAY": site.today().isoformat(), "BEFORE": data, "OPERATOR": owner.data if owner else {}}
    reading = read_data(published.compiled, data, variables)
    if reading.errors:
        wrong = reading.errors[0]
        facts = {"path": wrong.path, "key": wrong.key}
        raise ConfigurationError((), "A demo record does not hold: {path}: {key}", **facts)
    sealed = seal_answers(site, published.definition, reading.data)
    application = await _approved(site, published, owner, sealed)
    application.certificate = presented

    async def body(session: Session) -> Record | None:
        work = Work(site, SYSTEM, application, session)
        await register(work, {})
        if presented is not None and work.record is not None and work.record.operator_id is not None:
            await certificates.bind(site, application, work.record.operator_id, session)
        kept = {"record_id": work.record.id, "number": work.record.number} if work.record else {}
        await application.model_copy(update=kept).insert(session=session)
        return work.record

    record = await site.store.transaction(body)
    if record is not None and record.operator_id == record.id:
        operators[str(data.get("operator_code"))] = record


async def _certificate(
    site: Site, definition: RecordType, data: dict[str, Any], authority: Issuer, folder: Path
) -> str | None:
    """A certificate made for this record where its type has one; its facts take their place in `data`."""
    field = definition.applications.certificate
    if field is None:
        return None
    code = str(data.get("operator_code"))
    pem = authority.issue(f"{code}-01", code)
    write_certificate(folder, code, pem)
    presented = await certificates.present(site, pem)
    data[field] = certificates.facts(presented)
    return presented.fingerprint


async def _approved(
    site: Site, published: Published, owner: Record | None, data: dict[str, Any]
) -> Application:
    """The application a demo record came by, as if it had been approved just now."""
    return Application(
        id=new_id(),
        reference=await next_reference(site),
        type=published.definition.name,
        kind="register",
        schema_version=published.version,
        state="approved",
        open=False,
        operator_id=owner.id if owner else None,
        operator_name=owner.title if owner else "",
        title=published.definition.title_of(data),
        data=data,
        created_at=site.now(),
        updated_at=site.now(),
        submitted_at=site.now(),
        decided_at=site.now(),
    )


async def _load_account(
    site: Site, row: Mapping[str, Any], operators: Mapping[str, Record], hashed: str
) -> None:
    operator = operators.get(row.get("operator", ""))
    text = in_force(site) if row["kind"] == "operator" else None
    account = Account(
        login=row["login"],
        kind=row["kind"],
        name=row["name"],
        email=row["email"],
        roles=list(row["roles"]),
        operator_id=operator.id if operator else None,
        delegation=_delegation(site, row["delegate"]) if "delegate" in row else None,
        issued_for=operator.id if operator and "administrator" in row["roles"] else None,
        password_hash=hashed,
        status="active",
        created_at=site.now(),
        password_changed_at=site.now(),
        accepted_terms=text.version if text else "",
        accepted_at=site.now() if text else None,
        told_terms=text.version if text else "",
    )
    await account.insert()
    if text is not None:
        await accept(site, actor_for(account), account.name, text, None, None)


def _delegation(site: Site, told: Mapping[str, Any]) -> Delegation:
    """The scope of a demo delegate: the organisation, the record types, for how many days from today."""
    duties = rules_of(site).duties
    return Delegation(
        organisation=told["organisation"],
        types=list(told["types"]),
        begins=site.today().isoformat(),
        ends=(site.today() + timedelta(days=told["days"])).isoformat(),
        duties=Duties(version=duties.version, text=duties.text.ja, by=SYSTEM.person, at=site.now()),
    )


def _describe(row: Mapping[str, Any], folder: Path, authority: FolderAuthority | None) -> DemoAccount:
    operator = row.get("operator")
    certificate = folder / f"{operator}.pem" if operator else None
    if operator and authority is not None:
        certificate = authority.file(f"{operator}-01")
    return DemoAccount(row["login"], row["name"], ", ".join(row["roles"]), certificate)
