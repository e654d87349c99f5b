"""A record type whose answers are for different people, each holding a text that cannot be mistaken; and
everybody who might come across it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette

from models.documents.account import Account
from models.documents.application import Application
from models.documents.record import Record, RecordVersion
from models.permissions import Actor
from models.schema.definition import RecordType, walk
from models.services import uploads
from models.services.applications import save_page
from models.services.beginning import begin
from models.services.identifying import actor_for
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import submit
from tests.app.conftest import Inside
from tests.app.people import Member, Operator
from tests.schema.definitions import a_type
from tests.schema.definitions import field as described
from tests.services.people import decide
from tests.services.stored import publish

NAME = "vault"
FEW = {"read": ["reviewer", "operator_administrator"]}
STAFF_FEW = {"read": ["approver", "operator_administrator"]}
ASKED: dict[str, Any] = {"list": True, "filter": True, "sort": True}

VAULT = a_type(
    described("title"),
    described("price", access=FEW, **ASKED),
    described("after", access=FEW, show_when={"price": {"$exists": True}}),
    described("twice", "computed", value={"$concat": ["$price", "!"]}, access=FEW),
    described("grade", access=STAFF_FEW, **ASKED),
    described("paper", "file", accept=["txt"], access=FEW),
    described("pin", "secret", access=FEW),
    described("inside", "group", fields=[described("open"), described("kept", access=FEW)]),
    described("lines", "table", fields=[described("what"), described("cost", access=FEW)]),
    described("closed", classification="confidential", **ASKED),
    described("fixed", required=True, access={"write": ["operator_administrator"]}),
    record_type=NAME,
    collection="vaults",
    number={"field": "vault_number", "format": "V{seq:07}"},
)

PAGES = ("page_1", "page_2")

STAFF = ("reviewer", "approver", "steward", "auditor", "system_administrator")
OPERATORS = {"administrator": "operator_administrator", "user": "operator_user"}


def marked(name: str, more: str = "") -> str:
    """The text that stands in an answer."""
    return f"MARKER{name}{more}"


PLACES: Mapping[str, str] = {
    marked("title"): "title",
    marked("price"): "price",
    marked("newprice"): "price",
    marked("remark"): "price",
    marked("attic"): "price",
    marked("after"): "after",
    marked("grade"): "grade",
    marked("paper"): "paper",
    marked("content"): "paper",
    marked("pin"): "pin",
    marked("open"): "inside.open",
    marked("kept"): "inside.kept",
    marked("what"): "lines.what",
    marked("cost"): "lines.cost",
    marked("closed"): "closed",
    marked("fixed"): "fixed",
}
"""Every marker, and the field whose answer it is."""


def readers(marker: str) -> frozenset[str] | None:
    """The words that may read a marker, as the definition says; None for everybody."""
    found = {".".join(path): each.access for path, each in walk(VAULT.fields)}
    access = found[PLACES[marker]]
    return frozenset(access.read) if access and access.read is not None else None


@dataclass
class Vault:
    """The record, the application that registered it, the change of it that was sent back for correction,
    and a browser of everybody."""

    app: Starlette
    site: Site
    record: Record
    first: Application
    application: Application
    upload: str
    clients: Mapping[str, httpx.AsyncClient] = field(default_factory=dict)
    actors: Mapping[str, Actor] = field(default_factory=dict)


def answers(price: str) -> dict[str, Any]:
    """What is typed into the form."""
    return {
        "title": marked("title"),
        "price": price,
        "after": marked("after"),
        "grade": marked("grade"),
        "pin": marked("pin"),
        "inside": {"open": marked("open"), "kept": marked("kept")},
        "lines": [{"what": marked("what"), "cost": marked("cost")}],
        "fixed": marked("fixed"),
    }


async def write(site: Site, actor: Actor, application: Application, typed: Mapping[str, Any]) -> Application:
    """Save every page with what is typed for it."""
    definition = site.registry.at(application.type, application.schema_version).definition
    for page in definition.laid_out:
        mine = {name: typed[name] for name in page.fields if name in typed}
        application = await save_page(
            site, actor, application, page.name, mine, revision=application.revision
        )
    return application


async def people(inside: Inside) -> tuple[dict[str, Actor], dict[str, httpx.AsyncClient]]:
    """Everybody with one role each, signed in."""
    await inside.load_demo()
    actors, clients = {}, {}
    staff = await Account.find_one({"login": "reviewer-1"})
    operator = await Account.find_one({"login": "minato-admin"})
    assert staff is not None
    assert operator is not None
    await Account.raw().update_one({"_id": operator.id}, {"$set": {"roles": ["user"]}})  # another takes over
    certificate = (inside.folder / "demo" / "9A01.pem").read_bytes()
    for role in (*STAFF, *OPERATORS):
        known = operator if role in OPERATORS else staff
        values = known.model_dump(exclude={"id", "login", "name", "roles", "issued_for"})
        account = Account(**values, login=f"only-{role}", name=f"only {role}", roles=[role])
        await account.insert()
        actors[role], clients[role] = actor_for(account, confirmed_at=inside.site.now()), inside.browser()
        if role in STAFF:
            await Member(clients[role]).sign_in(account.login)
        else:
            await Operator(clients[role]).sign_in(account.login, certificate)
    return actors, clients


async def fill(inside: Inside, definition: RecordType = VAULT) -> Vault:
    """Register one, ask for a change of it, and have that sent back."""
    site = inside.site
    actors, clients = await people(inside)
    await publish(site, definition)
    owner, reviewer, approver = (actors[who] for who in ("administrator", "reviewer", "approver"))
    application = await begin(site, owner, definition.name)
    content = marked("content").encode()
    paper = await uploads.attach(site, owner, application, "paper", f"{marked('paper')}.txt", content)
    application = replace_revision(application, application.revision + 1, paper)
    application = await write(site, owner, application, answers(marked("price")))
    application = await submit(site, owner, application, revision=application.revision)
    application = await decide(site, reviewer, approver, application)
    records = site.records[definition.name]
    kept = {"path": "price", "label": "price", "value": marked("attic"), "version": 1}
    written = {"attic": [kept], "data.closed": marked("closed")}
    await records.collection.update_one({"_id": application.record_id}, {"$set": written})
    written = {"data.closed": marked("closed")}
    await RecordVersion.raw().update_one({"record_id": application.record_id}, {"$set": written})
    record = await records.get(application.record_id)
    assert record is not None
    change = await begin(site, owner, definition.name, "change", record_id=record.id)
    change = await write(site, owner, change, {**answers(marked("newprice")), "pin": change.answers["pin"]})
    change = await submit(site, owner, change, revision=change.revision)
    change = await take_step(site, reviewer, change, "claim")
    change = await take_step(site, reviewer, change, "return", Given(remarks={"price": marked("remark")}))
    return Vault(inside.app, site, record, application, change, paper["id"], clients, actors)


def replace_revision(application: Application, revision: int, paper: Mapping[str, Any]) -> Application:
    """The application as it is after the upload."""
    kept = {**application.answers, "paper": dict(paper)}
    changed: Application = application.model_copy(update={"revision": revision, "answers": kept})
    return changed
