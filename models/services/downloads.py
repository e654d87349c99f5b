"""An operator's own records as a file: what its list shows now, made at once or as a job."""

from models.documents.base import read_id
from models.documents.job import Job
from models.errors import NotFound, TransferRefused
from models.language import Language, translate
from models.permissions import Actor, require
from models.services import transfers
from models.services.listings import Asked, narrowed, order_for
from models.services.site import Site
from models.services.switches import require_writing

FORMATS = ("csv", "xlsx")
PROFILES = ("list", "all")
PURPOSE = "A copy of our own registrations"


async def ask(
    site: Site,
    actor: Actor,
    type_name: str,
    asked: Asked,
    *,
    written: str = "csv",
    profile: str = "list",
    language: Language = "ja",
) -> Job:
    """Have the records of a list written to a file, in its order: at once where they are few
    (``transfers.SMALL``), else by the worker. Raises NotAllowed, NotFound, TransferRefused."""
    require(actor, "record.export_own")
    await require_writing(site, actor)
    if written not in FORMATS or profile not in PROFILES:
        raise TransferRefused("Choose what the file is to hold and how it is written.")
    where, _ = narrowed(site, actor, type_name, asked)
    wanted = transfers.Wanted(
        profile=profile,
        format=written,
        language=language,
        purpose=translate(PURPOSE, language),
        where=where,
        order=order_for(site, actor, type_name, asked.sort),
    )
    job = await transfers.ask_export(site, actor, type_name, wanted)
    await transfers.do_small(site, actor, job)
    return await find(site, actor, str(job.id))


async def find(site: Site, actor: Actor, identifier: str) -> Job:
    """One of `actor`'s own downloads. Raises NotFound."""
    require(actor, "record.export_own")
    job = await transfers.find(site, actor, read_id(identifier))
    if job.kind != "export":
        raise NotFound
    return job
