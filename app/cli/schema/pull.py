"""``schema pull``: what is published, written back into the files."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from app.cli.schema.plan import Name
from app.cli.speech import say
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.configuration.load import Configuration
from models.schema.definition import ChoiceList, RecordType, walk
from models.schema.fields.choice import ListedField
from models.schema.writing import write_yaml
from models.services.registry import Published
from models.services.sources import source_of

Folder = Annotated[
    Path | None, typer.Option(help="Write here instead of over the files the types come from.")
]


def pull(record_type: Name = None, folder: Folder = None) -> None:
    """Write what is published into the files, where they describe something else.

    As it was written, comments and all, where that is known. Choice lists follow their published options."""
    settings = Settings()
    configuration = configuration_of(settings)
    for path, text in asyncio.run(_written(settings, configuration, record_type, folder)).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        say("Written: {path}", path=str(path))


async def _written(
    settings: Settings, configuration: Configuration, record_type: str | None, folder: Path | None
) -> dict[Path, str]:
    async with open_site(settings, configuration, owner=False, publish=False) as site:
        published = site.registry.all_current()
        names = [record_type] if record_type else list(published)
        wanted = [site.registry.current(name) for name in names]
        described = configuration.record_types
        changed = [p for p in wanted if not _is_described(p, described) or folder is not None]
        if not changed:
            say("The files describe what is published.")
        files: dict[Path, str] = {}
        for each in changed:
            files[_path(configuration, folder, "record_type", each.definition.name)] = source_of(each)
            files |= dict(_lists(configuration, folder, each.definition))
        return files


def _is_described(published: Published, described: Mapping[str, RecordType]) -> bool:
    known = described.get(published.definition.name)
    return known is not None and known.checksum == published.definition.checksum


def _path(configuration: Configuration, folder: Path | None, concept: str, name: str) -> Path:
    known = configuration.files.get((concept, name))
    if known is not None and folder is None:
        return known
    part = {"record_type": "record_types", "choices": "choices"}[concept]
    return (folder or configuration.modules[0]) / part / f"{name}.yaml"


def _lists(
    configuration: Configuration, folder: Path | None, definition: RecordType
) -> Iterator[tuple[Path, str]]:
    """The choice lists whose published options are not those of the files."""
    for _, field in walk(definition.fields):
        if not isinstance(field, ListedField) or field.choices is None:
            continue
        known = configuration.choices.get(field.choices)
        if known is None or known.options != field.options:
            label = known.label if known else field.label
            written = ChoiceList(choices=field.choices, label=label, options=field.options)
            text = write_yaml(written.model_dump(mode="json", by_alias=True, exclude_defaults=True))
            yield _path(configuration, folder, "choices", field.choices), text
