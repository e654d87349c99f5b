"""Business days (平日) and opening hours, counted in the site's time zone."""

from collections.abc import Callable, Container
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from models.configuration.site import ClosedDays, SiteDefinition
from models.workflow.definition import Duration


class Calendar:
    """Which days count, and when the doors are open, for one site."""

    def __init__(self, site: SiteDefinition) -> None:
        self.site = site
        self.zone = ZoneInfo(site.time_zone)
        self._closed = _closed_days(site.closed_days)

    def is_business_day(self, day: date) -> bool:
        """Not Saturday, Sunday, a holiday or a closed day of the site."""
        return day.weekday() < 5 and not self._closed(day)

    def due(self, begin: datetime, duration: Duration) -> datetime:
        """The end of the last day of `duration`, the first day being the one after `begin` (Civil Code,
        articles 140–141), as an aware moment: the midnight that ends that day."""
        day = begin.astimezone(self.zone).date()
        remaining = duration.count
        while remaining > 0:
            day += timedelta(days=1)
            if duration.unit == "days" or self.is_business_day(day):
                remaining -= 1
        return datetime.combine(day + timedelta(days=1), datetime.min.time(), self.zone)

    def due_day(self, due: datetime) -> date:
        """The last day on which one may still act before `due`."""
        return (due.astimezone(self.zone) - timedelta(microseconds=1)).date()

    def is_open(self, moment: datetime) -> bool:
        """Whether operators may write at `moment` (R15); the closing time itself is outside."""
        hours = self.site.service_hours
        if hours is None:
            return True
        local = moment.astimezone(self.zone)
        if hours.days == "weekdays" and not self.is_business_day(local.date()):
            return False
        return hours.begin <= local.time() < hours.end


def _closed_days(closed: ClosedDays) -> Callable[[date], bool]:
    extra = frozenset(closed.extra)

    @lru_cache(maxsize=2048)
    def is_closed(day: date) -> bool:
        if f"{day:%m-%d}" in extra:
            return True
        return closed.holidays is not None and day in _holidays(closed.holidays)

    return is_closed


@lru_cache(maxsize=8)
def _holidays(country: str) -> Container[date]:
    import holidays  # every country's: read when a day is first counted, not at each start

    return holidays.country_holidays(country)
