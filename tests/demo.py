"""The demo data of a test's site: loaded by the program once, put in again for the tests after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.demo import DemoAccount, load_demo
from app.settings import Settings
from models.documents.store import Mongo
from models.services.site import Site
from tests.shelf import Documents, hashes_of

Key = tuple[str, date]
"""The settings of a site, which say its configuration and keys, and its day."""


@dataclass(frozen=True)
class Loaded:
    """What loading changed: whole collections, and the certificates it wrote, by name."""

    documents: Documents
    certificates: Mapping[str, bytes]


_loaded: dict[Key, Loaded] = {}


async def prepare_demo(site: Site, folder: Path, settings: Settings) -> list[DemoAccount]:
    """``load_demo`` for a site just opened with `settings`, ten times as fast from the second test on."""
    key = (settings.model_dump_json(), site.today())
    if key in _loaded:
        _write(folder, _loaded[key].certificates)
        await _put_in(site.store.mongo, _loaded[key].documents)
        return await load_demo(site, folder)
    before = await hashes_of(site.store.mongo)
    told = await load_demo(site, folder)
    _loaded[key] = Loaded(await _changed(site.store.mongo, before), _certificates(folder))
    return told


def _certificates(folder: Path) -> Mapping[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.glob("*.pem")}


async def _changed(mongo: Mongo, before: Mapping[str, str]) -> Documents:
    now = await hashes_of(mongo)
    names = [name for name in now if now[name] != before.get(name)]
    return {name: await mongo[name].find({}).sort("_id", 1).to_list(None) for name in names}


def _write(folder: Path, certificates: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in certificates.items():
        (folder / name).write_bytes(content)


async def _put_in(mongo: Mongo, documents: Documents) -> None:
    for name, rows in documents.items():
        await mongo[name].delete_many({})
        await mongo[name].insert_many(rows)
