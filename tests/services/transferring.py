"""Records of every field type, and the ways they leave and come back in tests."""

from pathlib import Path
from typing import Any

from models.documents.base import new_id
from models.documents.job import Job
from models.documents.record import Record
from models.permissions import Actor
from models.schema.reading import read_data
from models.services import jobs, transfers
from models.services.registry import Published
from models.services.secrets import seal
from models.services.site import Site
from models.services.transfers import Wanted
from tests.services.stored import store_records

ROOT = Path(__file__).parent.parent.parent
MODULES = tuple(ROOT / "fixtures" / name for name in ("capacity_market", "showcase"))
HARMFUL = (
    "=1+1",
    "'=1+1",
    "''",
    "+81",
    "@x",
    "-",
    "＝あ",
    "\u3000=1",
    "a\nb",
    '"quoted"',
    "_x0041_",
    "; , 、",
)


async def operator(site: Site) -> Record:
    """A registered operator."""
    published = site.registry.current("operator")
    [record] = await store_records(site, published, {"operator_code": "9A01"})
    return record


async def showcases(site: Site, owner: Record) -> list[Record]:
    """One record with every kind of answer, one with nothing that is not asked for, and some whose texts
    look like formulas."""
    published = site.registry.current("showcase")
    [example, bare] = published.definition.examples
    file = {"id": str(new_id()), "filename": "図面.pdf", "size": 5, "content_type": "application/pdf"}
    declared = {"affirmed": True, "at": "2026-04-01T09:00:00+09:00", "text_version": "1"}
    kept = {"password": seal(site, "hunter2-word"), "clerk": "U-1", "promise": declared}
    full = {**example.given, "drawing": file, "photos": [file, {**file, "id": str(new_id())}], **kept}
    names = ("has_site", "area", "presented", "units", "person")
    small = {**{name: bare.given[name] for name in names}, "amount": 9_000_000, "begins": "2027-04-01"}
    texts = [
        {**small, **kept, "short_text": f"見本 {number}", "story": text}
        for number, text in enumerate(HARMFUL)
    ]
    stored = [_read(published, each) for each in (full, {**small, **kept, "short_text": "見本二号"}, *texts)]
    keys = {"operator_id": owner.id}
    records = await store_records(site, published, *stored, **keys)
    for record in records:
        await site.records["showcase"].collection.update_one(
            {"_id": record.id}, {"$set": {"number": f"S{record.number[-5:]}"}}
        )
    return records


def _read(published: Published, given: dict[str, Any]) -> dict[str, Any]:
    """The answers as the program stores them."""
    read = read_data(published.compiled, given, {"TODAY": "2026-11-22", "BEFORE": {}, "OPERATOR": {}})
    assert read.errors == ()
    return read.data


async def exported(site: Site, actor: Actor, **wanted: Any) -> tuple[Job, bytes]:
    """The job of an export, and its file."""
    job = await transfers.ask_export(
        site, actor, wanted.pop("type_name", "showcase"), Wanted(**{"purpose": "試験", **wanted})
    )
    assert await jobs.run_this(site, job)
    job = await jobs.find_job(job.id)  # type: ignore[arg-type]
    assert job.state == "done", job.problem
    _, content = await transfers.take(site, actor, job)
    return job, b"".join([piece async for piece in content])


async def checked(
    site: Site, actor: Actor, content: bytes, type_name: str = "showcase", into: str = "records"
) -> Job:
    """An import that was begun and rehearsed."""
    job = await transfers.begin_import(site, actor, type_name, into, "x.csv", content, purpose="試験")
    job = await transfers.go(site, actor, job, "check", mapping=job.parameters["mapping"])
    return await done(site, job)


async def applied(site: Site, actor: Actor, job: Job) -> Job:
    """The same, brought in."""
    return await done(site, await transfers.go(site, actor, job, "apply"))


async def done(site: Site, job: Job) -> Job:
    await jobs.run_this(site, job)
    return await jobs.find_job(job.id)  # type: ignore[arg-type]


async def stored(site: Site, type_name: str = "showcase") -> list[dict[str, Any]]:
    """All records of a type as they are stored."""
    found: list[dict[str, Any]] = await site.records[type_name].collection.find().sort("_id", 1).to_list()
    return found
