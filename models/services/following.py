"""Staying current: every process takes over what another one published, within a second, without restart."""

from models.documents.record import RecordTypeVersion
from models.documents.watching import watch
from models.services.site import Site


async def follow(site: Site) -> None:
    """Refresh the registry whenever a version is published anywhere. Never ends by itself."""
    async for _ in watch(site.store, RecordTypeVersion):
        await site.registry.refresh()
