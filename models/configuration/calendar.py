"""Business days (平日) and opening hours, counted in the site's time zone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from models.configuration.site import ClosedDays, SiteDefinition
from models.language import Language
from models.workflow.definition import Duration


@dataclass(frozen=True, slots=True)
class SingleDay:
    """What the staff said of one day: it wins over weekends, holidays and the site's hours. Without hours of
    its own, a business day has the usual ones."""

    business: bool
    begin: time | None = None
    end: time | None = None


class Calendar:
    """Which days count, and when the doors are open, for one site. ``take`` brings the single days; what is
    counted afterwards is counted with them."""

    def __init__(self, site: SiteDefinition) -> None:
        self.site = site
        self.zone = ZoneInfo(site.time_zone)
        self._closed = _closed_days(site.closed_days)
        self._single: Mapping[date, SingleDay] = {}
        self._years: dict[int, tuple[int, ...]] = {}

    @property
    def single_days(self) -> Mapping[date, SingleDay]:
        """The days the staff set one by one."""
        return self._single

    def take(self, days: Mapping[date, SingleDay]) -> None:
        """Count with these single days from now on, in the place of the earlier ones."""
        if days != self._single:
            self._single, self._years = dict(days), {}

    def with_day(self, day: date, single: SingleDay | None) -> "Calendar":
        """This calendar as it would be if `day` were set so (None: not set)."""
        other = Calendar(self.site)
        rest = {known: value for known, value in self._single.items() if known != day}
        other.take(rest if single is None else {**rest, day: single})
        return other

    def is_business_day(self, day: date) -> bool:
        """What the staff set; else not Saturday, Sunday, a holiday or a closed day of the site."""
        single = self._single.get(day)
        return self.is_usual_business_day(day) if single is None else single.business

    def is_usual_business_day(self, day: date) -> bool:
        """Whether `day` counts where nobody sets it."""
        return day.weekday() < 5 and not self._closed(day)

    def is_closed_yearly(self, day: date) -> bool:
        """Whether the site closes on this day of every year."""
        return f"{day:%m-%d}" in self.site.closed_days.extra

    def holiday(self, day: date, language: Language) -> str:
        """The name of a public holiday; "" on other days."""
        country = self.site.closed_days.holidays
        return "" if country is None else str(_holidays(country, language).get(day) or "")

    def business_days(self, after: date, until: date) -> int:
        """How many business days lie after `after` up to and with `until`; negative where that lies before.
        Years are counted once: asking for many pairs of days costs nothing more."""
        if until < after:
            return -self.business_days(until, after)
        whole = sum(self._year(year)[-1] for year in range(after.year, until.year))
        return whole + self._passed(until) - self._passed(after)

    def _passed(self, day: date) -> int:
        return self._year(day.year)[(day - date(day.year, 1, 1)).days]

    def _year(self, year: int) -> tuple[int, ...]:
        """How many business days have begun by each day of a year."""
        found = self._years.get(year)
        if found is None:
            day, passed, counts = date(year, 1, 1), 0, []
            while day.year == year:
                passed += self.is_business_day(day)
                counts.append(passed)
                day += timedelta(days=1)
            found = self._years[year] = tuple(counts)
        return found

    def due(self, begin: datetime, duration: Duration) -> datetime:
        """The end of the last day of `duration`, the first day being the one after `begin` (Civil Code,
        articles 140–141), as an aware moment: the midnight that ends that day. Hours are counted from the
        moment itself."""
        if duration.unit == "hours":
            return begin + timedelta(hours=duration.count)
        day = begin.astimezone(self.zone).date()
        remaining = duration.count
        while remaining > 0:
            day += timedelta(days=1)
            if duration.unit == "days" or self.is_business_day(day):
                remaining -= 1
        return self.midnight(day + timedelta(days=1))

    def midnight(self, day: date) -> datetime:
        """The moment `day` begins."""
        return datetime.combine(day, time.min, self.zone)

    def due_day(self, due: datetime) -> date:
        """The last day on which one may still act before `due`."""
        return (due.astimezone(self.zone) - timedelta(microseconds=1)).date()

    def hours(self, day: date) -> tuple[time, time] | None:
        """From when to when operators may write on `day` (R15); None where the doors stay closed."""
        single, usual = self._single.get(day), self.site.service_hours
        if single is not None and not single.business:
            return None
        if single is not None and single.begin is not None and single.end is not None:
            return single.begin, single.end
        if usual is None:
            return time.min, time.max
        if usual.days == "weekdays" and not self.is_business_day(day):
            return None
        return usual.begin, usual.end

    def is_open(self, moment: datetime) -> bool:
        """Whether operators may write at `moment` (R15); the closing time itself is outside."""
        local = moment.astimezone(self.zone)
        hours = self.hours(local.date())
        return (
            hours is not None
            and hours[0] <= local.time()
            and (local.time() < hours[1] or hours[1] == time.max)
        )

    def opening(self, moment: datetime) -> datetime | None:
        """The first moment from `moment` on when operators may write: `moment` itself where the doors are
        open, None where they stay closed for ``LOOK_AHEAD`` days."""
        if self.is_open(moment):
            return moment
        today = moment.astimezone(self.zone).date()
        for day in (today + timedelta(days=ahead) for ahead in range(LOOK_AHEAD)):
            hours = self.hours(day)
            begin = datetime.combine(day, hours[0], self.zone) if hours else moment
            if begin > moment:
                return begin
        return None

    def closing(self, moment: datetime) -> datetime | None:
        """The first moment after `moment`, at which the doors are open, when they are not; None where they
        stay open for ``LOOK_AHEAD`` days."""
        today = moment.astimezone(self.zone).date()
        for day in (today + timedelta(days=ahead) for ahead in range(LOOK_AHEAD)):
            hours = self.hours(day)
            if hours is None or (day > today and hours[0] > time.min):
                return self.midnight(day)
            if hours[1] != time.max:
                return datetime.combine(day, hours[1], self.zone)
        return None


LOOK_AHEAD = 400
"""Days within which the doors open again, or close: further ahead nothing is promised."""


def _closed_days(closed: ClosedDays) -> Callable[[date], bool]:
    extra = frozenset(closed.extra)

    @lru_cache(maxsize=2048)
    def is_closed(day: date) -> bool:
        if f"{day:%m-%d}" in extra:
            return True
        return closed.holidays is not None and day in _holidays(closed.holidays)

    return is_closed


@lru_cache(maxsize=8)
def _holidays(country: str, language: Language = "ja") -> Mapping[date, str]:
    import holidays  # every country's: read when a day is first counted, not at each start

    return holidays.country_holidays(country, language="en_US" if language == "en" else language)
