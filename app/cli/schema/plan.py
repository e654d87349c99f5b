"""``schema plan``: what the files would change, and what that does to what is stored. Nothing is written."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from app.cli.bar import watched
from app.cli.schema.planned import print_planned
from app.cli.speech import fail, say, say_finding, spoken
from app.database import Database, open_database
from app.settings import Settings
from models.clock import system_clock, system_entropy
from models.configuration.calendar import Calendar
from models.configuration.check import check as linter
from models.configuration.load import Configuration, examine
from models.documents.prepare import bind
from models.errors import TorokuError
from models.language import Message, translate
from models.schema.definition import RecordType
from models.schema.evolution import check_steps
from models.services.impact import Impact, assess
from models.services.registry import Published, Registry
from models.services.site import Site

REFUSED = 3
"""Exit code: something stored would be hurt, and nothing says what becomes of it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One record type: "new", "same", "changed" with its impact, or "gone" from the files."""

    name: str
    state: str
    version: int | None = None
    impact: Impact | None = None
    problems: tuple[tuple[str, Message], ...] = ()
    """Steps of ``evolution`` that cannot be used, by the path they name."""

    @property
    def is_refused(self) -> bool:
        """Whether it could not be published as it is."""
        return bool(self.problems) or (self.impact is not None and bool(self.impact.refusals()))

    def document(self) -> dict[str, Any]:
        """Plain values, for ``--json``."""
        told: dict[str, Any] = {"type": self.name, "state": self.state, "version": self.version}
        if self.impact is None:
            return told
        refused = sorted({counted.change.path for counted in self.impact.refusals()})
        problems = [{"path": path, "problem": problem("en")} for path, problem in self.problems]
        return {**told, **self.impact.document(), "refused": refused, "problems": problems}


Name = Annotated[str | None, typer.Argument(metavar="[TYPE]", help="Only this record type.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]


def plan(record_type: Name = None, as_json: AsJson = False) -> None:
    """Compare the files with what is published and stored: what changes, what it touches, which step helps.

    Nothing is written. Exit code 0: it can be applied. 3: stored data would be hurt and no step of
    ``evolution`` says what becomes of it, or a step cannot be used. 1: the files do not hold."""
    settings = Settings()
    configuration = _configuration(settings)
    wanted = wanted_types(configuration, record_type)
    try:
        planned = asyncio.run(_plan(settings, configuration, wanted, whole=record_type is None))
    except TorokuError as error:
        fail(error)
        raise typer.Exit(1) from error
    if as_json:
        told = {"types": [each.document() for each in planned]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        print_planned(planned, configuration)
    if any(each.is_refused for each in planned):
        raise typer.Exit(REFUSED)


def _configuration(settings: Settings) -> Configuration:
    configuration, findings = examine(settings.config, linter)
    errors = [finding for finding in findings if finding.severity == "error"]
    for finding in errors:
        say_finding(finding)
    if configuration is None or errors:
        say("{count} errors.", count=len(errors))
        raise typer.Exit(1)
    return configuration


def wanted_types(configuration: Configuration, record_type: str | None) -> tuple[str, ...]:
    """The types a command is about: the one named, or all of the files; an unknown one ends the program."""
    names = tuple(configuration.record_types)
    if record_type is None:
        return names
    if record_type not in names:
        say(
            "There is no record type “{name}” in the files. There are: {known}.",
            name=record_type,
            known=", ".join(names),
        )
        raise typer.Exit(1)
    return (record_type,)


async def _plan(
    settings: Settings, configuration: Configuration, wanted: Sequence[str], *, whole: bool
) -> list[Planned]:
    url = settings.database_url.get_secret_value()
    if url.startswith("memory:") or (url.startswith("embedded:") and not (settings.data / "mongod").is_dir()):
        message = "There is no database yet, so nothing is published or stored: every type is new."
        typer.echo(translate(message, spoken()), err=True)
        return [Planned(name, "new") for name in wanted]
    async with open_database(url, data_dir=settings.data, owner=False) as database:
        site = await looking(settings, configuration, database)
        planned = [await _plan_type(site, name) for name in wanted]
        gone = sorted(site.registry.all_current().keys() - configuration.record_types.keys()) if whole else []
        return planned + [Planned(name, "gone", site.registry.current(name).version) for name in gone]


async def looking(settings: Settings, configuration: Configuration, database: Database) -> Site:
    """A site to look at: nothing is prepared, published or signed."""
    await bind(database)
    registry = Registry()
    await registry.refresh()
    return Site(
        configuration=configuration,
        registry=registry,
        store=database,
        clock=system_clock,
        entropy=system_entropy,
        calendar=Calendar(configuration.site),
        secret=b"",
        base_url=settings.base_url,
        production=settings.production,
    )


async def _plan_type(site: Site, name: str) -> Planned:
    candidate, current = site.configuration.record_types[name], site.registry.all_current().get(name)
    if current is None:
        return Planned(name, "new")
    if current.definition.checksum == candidate.checksum:
        return Planned(name, "same", current.version)
    problems = tuple(_unusable(current, candidate))
    with watched(name) as progress:
        impact = await assess(site, current, candidate, progress)
    return Planned(name, "changed", current.version, impact, problems)


def _unusable(current: Published, candidate: RecordType) -> Iterator[tuple[str, Message]]:
    """The steps that name what is not there, or lead on from a version that is not in force."""
    new = [steps for steps in candidate.evolution if steps not in current.definition.evolution]
    for steps in new:
        if steps.start != current.version:
            values = {"start": steps.start, "version": current.version}
            yield (
                ":evolution",
                Message("Steps from version {start} are not taken: version {version} is in force.", values),
            )
    own = tuple(steps for steps in candidate.evolution if steps.start == current.version)
    yield from check_steps(own, current.definition, candidate)
