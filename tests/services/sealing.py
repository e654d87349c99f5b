"""Secrets everywhere they may be stored, for tests of their keys."""

import hashlib
from dataclasses import replace
from typing import Any

from models.documents.application import Application
from models.documents.code import Authenticator
from models.documents.record import Record, RecordVersion
from models.permissions import Actor
from models.services.applications import save_page
from models.services.secrets import seal
from models.services.site import Site
from models.services.submitting import submit
from tests.schema.definitions import a_type, field
from tests.services.contracts import contract
from tests.services.stored import publish, store_records

OLD, NEW = (hashlib.sha256(name).digest() for name in (b"old", b"new"))

DEVICE = a_type(
    field("title"),
    field("pin", "secret"),
    field("inside", "group", fields=[field("word", "secret"), field("note")]),
    field(
        "lines",
        "table",
        fields=[
            field("what"),
            field("code", "secret"),
            field("deep", "group", fields=[field("key", "secret")]),
        ],
    ),
    record_type="bench_device",
    collection="bench_devices",
)


def with_keys(site: Site, *keys: bytes) -> Site:
    """The site as it runs with these keys."""
    return replace(site, sealing_keys=keys)


async def record_of(site: Site, owner: Actor, *names: str) -> Record:
    """A registered device whose secrets are sealed with the keys of `site`, also in its attic and its first
    version."""
    if "bench_device" not in site.registry.all_current():
        await publish(site, DEVICE)
    data: dict[str, Any] = {
        "title": "装置",
        "pin": seal(site, names[0]),
        "inside": {"word": seal(site, names[1]), "note": "n"},
        "lines": [{"what": "a", "code": seal(site, names[2]), "deep": {"key": seal(site, names[3])}}],
    }
    published = site.registry.current("bench_device")
    (record,) = await store_records(site, published, data, operator_id=owner.operator_id)
    kept = [{"path": "former", "label": "former", "value": seal(site, names[4]), "version": 1}]
    collection = site.records["bench_device"].collection
    await collection.update_one({"_id": record.id}, {"$set": {"attic": kept}})
    version = RecordVersion(
        type="bench_device",
        record_id=record.id,
        revision=record.revision,
        schema_version=record.schema_version,
        lifecycle=record.lifecycle,
        data=data,
        by=owner.person,
        at=site.now(),
    )
    if await RecordVersion.find_one({"record_id": record.id}) is None:
        await version.insert()
    found = await site.records["bench_device"].get(record.id)
    assert found is not None
    return found


async def application_of(site: Site, owner: Actor, *, sent: bool = True) -> Application:
    """A contract that was filled in, and handed in."""
    application = await contract(site, owner)
    given = {"title": "契約", "pin": "app-pin", "inside": {"word": "app-word", "note": "n"}}
    saved = await save_page(site, owner, application, "all", given, revision=application.revision)
    return await submit(site, owner, saved, revision=saved.revision) if sent else saved


async def code_of(site: Site, owner: Actor) -> None:
    """What the owner's app computes codes from."""
    await Authenticator(id=owner.account_id, secret=seal(site, "JBSWY3DPEHPK3PXP")).insert()
