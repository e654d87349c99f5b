"""Demo data: accounts, registered records and notices of the configuration's ``demo`` folders.

Records go through the same effect as approved applications, so numbers, versions and events are real."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.authority import FolderAuthority
from app.certificates import TrialAuthority, write_certificate
from app.demo_files import DemoRows, Row, read_demo
from app.demo_notices import tell_notice
from app.demo_records import DemoRecords
from app.story import count_as_sent, tell_story
from models.documents.account import Account, Delegation, Duties
from models.documents.record import Record
from models.errors import ConfigurationError
from models.permissions import SYSTEM
from models.services.delegates import rules_of
from models.services.identifying import actor_for
from models.services.passwords import hash_password
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


async def load_demo(
    site: Site, folder: Path, *, applications: bool = False, authority: FolderAuthority | None = None
) -> list[DemoAccount]:
    """Load the demo data where it is not loaded yet, and describe the accounts there are; certificates are
    written to `folder`, those of an `authority` to its own besides. With `applications`, also the weeks of
    work that fill the queue.

    Raises ConfigurationError in production, and when a demo file cannot be used."""
    if site.production:
        raise ConfigurationError(message="Demo data is refused in production.")
    demo = read_demo(site.configuration)
    accounts = {row["login"]: row for row in reversed(demo.rows["accounts"])}
    people = [accounts[login] for login in dict.fromkeys(row["login"] for row in demo.rows["accounts"])]
    if people and await Account.find_one({"login": people[0]["login"]}) is None:
        records = DemoRecords(site, folder, authority or TrialAuthority(site.now()))
        await _load(records, demo, people, listed=applications)
        if applications:
            await tell_story(site, demo.rows["applications"])
    logins = [row["login"] for row in people]
    known = {account.login async for account in Account.find({"login": {"$in": logins}})}
    return [_describe(site, row, folder, authority) for row in people if row["login"] in known]


async def _load(records: DemoRecords, demo: DemoRows, people: list[Row], *, listed: bool) -> None:
    site, issuer = records.site, records.issuer
    if site.configuration.site.certificates.needed:
        write_certificate(records.folder, NEW_OPERATOR, issuer.issue("new-operator-01", "New Operator"))
    await records.load_operators(demo)
    hashed = hash_password(PASSWORD)
    for row in people:
        await _load_account(site, row, records.operator(row.get("operator", "")), hashed)
    await records.load_others(demo)
    await count_as_sent()
    for row in demo.rows["notices"]:
        await tell_notice(site, row, listed=listed)


async def _load_account(site: Site, row: Row, operator: Record | None, hashed: str) -> None:
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


def _describe(site: Site, row: Row, folder: Path, authority: FolderAuthority | None) -> DemoAccount:
    key = row.get("operator") if site.configuration.site.certificates.needed else None
    certificate = folder / f"{key}.pem" if key else None
    if key and authority is not None:
        certificate = authority.file(f"{key}-01")
    return DemoAccount(row["login"], row["name"], ", ".join(row["roles"]), certificate)
