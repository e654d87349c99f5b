"""Staying current: every process takes over what another one changed, within a second, without restart."""

from models.documents.calendar_day import CalendarDay
from models.documents.record import RecordTypeVersion
from models.documents.stop import Stop
from models.documents.terms import TermsVersion
from models.documents.watching import watch
from models.services import calendars
from models.services.site import Site


async def follow(site: Site) -> None:
    """Take over published versions, single days of the calendar, stops and terms whenever one changes
    anywhere. Never ends by itself."""
    async for _ in watch(site.store, RecordTypeVersion, CalendarDay, Stop, TermsVersion):
        await site.registry.refresh()
        await calendars.refresh(site)
        await site.switchboard.refresh()
        await site.terms_board.refresh()
