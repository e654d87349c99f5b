"""An operator with a form whose rows come in a file, and the ways a file goes."""

from typing import Any

import pytest_asyncio

from models.documents.application import Application
from models.documents.job import Job
from models.documents.record import Record
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import batches, jobs
from models.services.batches import Order
from models.services.site import Site
from tests.schema.definitions import a_type, field, options
from tests.services.contracts import operator as person
from tests.services.stored import publish, store_records
from tests.services.transferring import operator

PROMISE = {"text": {"ja": "誓います", "en": "I promise"}, "text_version": "1"}

SIDE = field("side", "choice", options=[{"code": "l", "label": {"ja": "左"}, "attributes": {"x": 1}}])

KIND = a_type(
    field("title", required=True),
    field("code", unique=True),
    field("power", "integer", min=0),
    field("area", "choice", options=options("east", "west")),
    field("reason", show_when={"area": "east"}, required_when={"area": "east"}),
    field("fixed", set_once=True),
    field("secretive", access={"write": ["staff"]}),
    field("units", "table", fields=[field("name", required=True), field("kw", "integer"), SIDE]),
    field("paper", "file", accept=["pdf"]),
    field("promise", "declaration", required=True, **PROMISE),
    record_type="site_plan",
    collection="site_plans",
)


@pytest_asyncio.fixture
async def owner(site: Site) -> Record:
    await publish(site, KIND)
    return await operator(site)


@pytest_asyncio.fixture
async def mine(site: Site, owner: Record) -> Actor:
    return await person(site, "U1", "administrator", of=owner.id)


def kind(site: Site) -> RecordType:
    return site.registry.current("site_plan").definition


def lines(*rows: str, heads: str = "number,title,code,power,area,reason") -> bytes:
    return "\n".join((heads, *rows)).encode()


async def begun(site: Site, actor: Actor, content: bytes) -> Job:
    return await batches.begin(site, actor, kind(site), "plans.csv", content, "ja")


async def worked(site: Site, job: Job) -> Job:
    await jobs.run_this(site, job)
    return await jobs.find_job(job.id)  # type: ignore[arg-type]


async def checked(site: Site, actor: Actor, content: bytes) -> Job:
    return await worked(site, await batches.check(site, actor, await begun(site, actor, content)))


async def applied(site: Site, actor: Actor, job: Job, *, send: bool = True) -> Job:
    order = Order(send=send, affirmed=True)
    return await worked(site, await batches.apply(site, actor, job, order))


async def made(job: Job) -> list[Application]:
    found: list[Application] = await Application.find({"batch.job": job.id}).sort("batch.row").to_list()
    return found


async def registered(site: Site, owner: Record, *data: dict[str, Any]) -> list[Record]:
    return await store_records(site, site.registry.current("site_plan"), *data, operator_id=owner.id)


def told(job: Job) -> list[tuple[int, str, str]]:
    return [(each["row"], each["column"], each["value"]) for each in job.failed]


ROWS = (",一号,A1,5,west,", ",二号,A2,much,west,", ",三号,A3,7,east,近い", ",四号,A4,8,west,")
