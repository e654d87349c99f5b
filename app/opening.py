"""Opening a site: configuration read and checked, database connected and prepared, types published."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.database import Database, open_database
from app.scanner import scanner_for
from app.settings import Settings
from app.tls import Files
from models.clock import Clock, Entropy, system_clock, system_entropy
from models.configuration.calendar import Calendar
from models.configuration.check import check
from models.configuration.load import Configuration, load_configuration
from models.documents.former_lines import take_over_former
from models.documents.prepare import bind, prepare
from models.services import calendars, inbox_events, owing
from models.services.key_register import register_keys
from models.services.registry import Registry
from models.services.site import Site
from models.services.terms import keep_versions
from models.services.trust import Trust
from models.services.versions import kinds_of, publish_new, renew_walls


def configuration_of(settings: Settings) -> Configuration:
    """The checked configuration. Raises ConfigurationError with every finding."""
    return load_configuration(settings.config, check)


def trust_of(settings: Settings) -> Trust | None:
    """The authorities of client certificates, with their lists; None where anybody may have issued them.
    Raises ConfigurationError."""
    files = Files(settings.tls) if settings.tls is not None else None
    authorities = settings.client_ca or (files.authorities if files else None)
    if authorities is None:
        return None
    configured = settings.client_crl is not None
    revoked = settings.client_crl or (files.revoked if files else None)
    return Trust(authorities, revoked, list_required=configured)


@asynccontextmanager
async def open_site(
    settings: Settings,
    configuration: Configuration,
    *,
    owner: bool,
    publish: bool = True,
    keys: bool = True,
    clock: Clock = system_clock,
    entropy: Entropy = system_entropy,
) -> AsyncIterator[Site]:
    """A site ready for its services; `owner` starts the embedded database, else a running one is used.

    Without `publish`, types that were never published are left for a command that says so; without `keys` it
    opens even where a sealing key is missing."""
    url = settings.database_url.get_secret_value()
    async with open_database(url, data_dir=settings.data, owner=owner) as database:
        yield await build_site(settings, configuration, database, clock, entropy, publish=publish, keys=keys)


async def build_site(
    settings: Settings,
    configuration: Configuration,
    database: Database,
    clock: Clock = system_clock,
    entropy: Entropy = system_entropy,
    *,
    publish: bool = True,
    keys: bool = True,
) -> Site:
    """The site on a connected database: collections, indexes and walls are made sure of, types that were
    never published become version 1. A changed file waits: its type stays as it is published."""
    await bind(database)
    registry = Registry()
    await registry.refresh()
    site = Site(
        configuration=configuration,
        registry=registry,
        store=database,
        clock=clock,
        entropy=entropy,
        calendar=Calendar(configuration.site),
        secret=settings.key,
        sealing_keys=settings.sealing,
        base_url=settings.base_url,
        production=settings.production,
        scanner=scanner_for(settings.scanner),
        always_open=settings.hours == "always",
        limits_watched=settings.limits == "watched",
        trust=trust_of(settings),
        staff_codes=settings.staff_codes == "required",
        followers=(inbox_events.follow, owing.follow),
    )
    await prepare(database, kinds_of(site))
    if keys:
        await register_keys(site)
    await take_over_former(database)
    if publish:
        await publish_new(site)
        await renew_walls(site)
    await keep_versions(site)
    await calendars.refresh(site)
    return site
