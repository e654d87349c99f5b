"""A type whose form picks, keeps secrets and takes files, and an operator with something to pick."""

from dataclasses import replace
from typing import Any

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import new_id
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services.beginning import begin
from models.services.identifying import actor_for
from models.services.site import Site
from tests.schema.definitions import a_type, field, options
from tests.services.stored import publish, store_records

AREA = field("area", "choice", options=options("east", "west"))

PLANT = a_type(
    field("title"),
    AREA,
    field("kw", "integer"),
    record_type="bench_plant",
    collection="bench_plants",
)

EAST = field("plant", "reference", to="bench_plant", where={"data.area": "east"}, copy={"capacity": "kw"})

CONTRACT = a_type(
    field("title"),
    field("with_plant", "boolean"),
    {**EAST, "show_when": {"with_plant": True}},
    field("capacity", "integer"),
    field("rows", "table", fields=[{**EAST, "name": "plant"}, field("capacity", "integer"), field("note")]),
    field("who", "account", where={"roles": "contact"}),
    field("pin", "secret", min_length=4),
    field(
        "inside",
        "group",
        fields=[
            field("word", "secret"),
            field("note"),
            field("fixed", read_only=True),
            field("frozen", read_only_when={"title": "closed"}),
            field("paper", "file"),
        ],
    ),
    field("papers", "files", max_files=2, accept=["txt"]),
    record_type="bench_contract",
    collection="bench_contracts",
    title="{title} {pin}",
    pages=[
        {
            "name": "all",
            "label": {"ja": "全部"},
            "fields": ["title", "with_plant", "plant", "capacity", "rows", "who", "pin", "inside", "papers"],
        }
    ],
)


async def operator(site: Site, login: str, *roles: str, of: Any = None) -> Actor:
    """Somebody of an operator."""
    account = Account(
        login=login,
        kind="operator",
        name=f"{login}さん",
        email=f"{login}@example.jp",
        roles=list(roles),
        operator_id=of or new_id(),
        status="active",
        created_at=site.now(),
    )
    await account.insert()
    return actor_for(account)


async def plants(site: Site, owner: Actor, *data: dict[str, Any], **keys: Any) -> list[str]:
    """The numbers of plants registered for an operator."""
    if "bench_plant" not in site.registry.all_current():
        await publish(site, PLANT)
    published = site.registry.current("bench_plant")
    stored = await store_records(site, published, *data, **{"operator_id": owner.operator_id, **keys})
    return [record.number for record in stored]


async def contract(site: Site, actor: Actor, definition: RecordType = CONTRACT) -> Application:
    """A draft of this operator."""
    if definition.name not in site.registry.all_current():
        await publish(site, definition)
    return await begin(site, actor, definition.name)


def another(actor: Actor) -> Actor:
    """The same person at another operator."""
    return replace(actor, operator_id=new_id())
