"""The files people bring with rows of records: kept for some days, sealed where there may be secrets in them.

Each has a key of its own, which is sealed with the site's: when those change, only that is sealed anew."""

import asyncio
import hashlib
from typing import Any

from cryptography.fernet import Fernet

from models.access import found_at
from models.documents.job import Job
from models.errors import NotFound, TransferRefused
from models.interchange.tables.columns import FACTS
from models.schema.definition import walk
from models.services.key_register import asks_secrets
from models.services.secrets import seal, unseal
from models.services.site import Site

OWN_KEY = "file_key"
"""Among the parameters of a job: the sealed key of its file."""


async def keep_file(site: Site, job: Job, filename: str, content: bytes) -> None:
    """Keep the file a job brings in; its parameters say how to read it again.

    Raises TransferRefused where secrets may be in it and no head of its first line is known: that line would
    be kept as it stands."""
    if asks_secrets(site, job.type):
        _require_heads(job)
        key = Fernet.generate_key()
        content = await asyncio.to_thread(Fernet(key).encrypt, content)
        job.parameters |= {OWN_KEY: seal(site, key.decode()), "sha256": ""}
    else:
        job.parameters["sha256"] = hashlib.sha256(content).hexdigest()
    kept = await site.store.attachments.put(
        filename[:200], "application/octet-stream", f"job:{job.id}", content
    )
    job.source = kept.id


def _require_heads(job: Job) -> None:
    if not any(job.parameters["mapping"]):
        raise TransferRefused("No head of the file is known. Its first line has to name the columns.")


async def content_of(site: Site, job: Job) -> bytes:
    """The file a job is to bring in. Raises NotFound when it has been removed, or its key is gone."""
    if job.source is None:
        raise NotFound
    content = b"".join([piece async for piece in site.store.attachments.read(job.source)])
    sealed: Any = job.parameters.get(OWN_KEY)
    if not sealed:
        return content
    return await asyncio.to_thread(Fernet(unseal(site, sealed).encode()).decrypt, content)


def may_be_shown(site: Site, job: Job, name: str) -> bool:
    """Whether the cells of a column may be shown: of a file with secrets, only of columns known to hold
    none. `name` is the column a head stands for, "" for none."""
    if not asks_secrets(site, job.type) or name in dict(FACTS):
        return True
    definition = site.registry.current(job.type).definition
    found = found_at(definition, name)
    field = found[-1] if found else definition.by_name.get(name.partition(".")[0])
    return field is not None and not any(each.confidential for _, each in walk((field,)))
