"""``schema json-schema``: JSON Schemas for editors, and of what the records of a type hold."""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.speech import say
from app.opening import configuration_of, open_site
from app.settings import ROOT, Settings
from models.configuration.meta_schema import meta_schemas
from models.errors import NotFound
from models.schema.json_schema import record_schema

MANUAL = ROOT / "docs" / "manual"

Folder = Annotated[Path, typer.Option(help="Where the schemas of the configuration's files are written.")]
Kind = Annotated[
    str | None, typer.Option("--type", help="Print the schema of this record type's stored data instead.")
]
Version = Annotated[
    int | None, typer.Option(help="With --type: the published version; left out: as the files describe it.")
]


def json_schema(folder: Folder = Path("schemas"), kind: Kind = None, version: Version = None) -> None:
    """Write JSON Schemas that let an editor complete and check the configuration's files while one types.

    With --type, print the JSON Schema (draft 2020-12) of what the records of a type hold."""
    if kind is not None:
        typer.echo(_text(_of_records(kind, version)), nl=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for concept, schema in meta_schemas(keys_of(MANUAL)).items():
        path = folder / f"{concept}.schema.json"
        path.write_text(_text(schema), encoding="utf-8")
        say("Written: {path}", path=str(path))
    say("The first line of a file names its schema, for example:")
    typer.echo(f"# yaml-language-server: $schema={(folder / 'record_type.schema.json').resolve().as_uri()}")


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _of_records(name: str, version: int | None) -> dict[str, Any]:
    settings = Settings()
    configuration = configuration_of(settings)
    if version is not None:
        return asyncio.run(_published(settings, name, version))
    if name not in configuration.record_types:
        raise NotFound
    return record_schema(configuration.record_types[name])


async def _published(settings: Settings, name: str, version: int) -> dict[str, Any]:
    async with open_site(settings, configuration_of(settings), owner=False, publish=False) as site:
        found = site.registry.at(name, version)
        if found.version != version:
            raise NotFound
        return record_schema(found.definition, version)


def keys_of(manual: Path) -> dict[str, dict[str, str]]:
    """What the manual says of each key, by the class it belongs to; nothing where the manual is not there."""
    told: dict[str, dict[str, str]] = {}
    for page in sorted(manual.glob("*.md")):
        for name, rows in re.findall(r"<!-- keys: (\w+) -->\n((?:\|.*\n)+)", page.read_text("utf-8")):
            cells = [row.split("|") for row in rows.splitlines()[2:]]
            told[name] = {key: _plain(row[-2]) for row in cells for key in re.findall(r"`(\w+)`", row[1])}
    return told


def _plain(cell: str) -> str:
    """A cell of the manual without its links."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", cell).strip()
