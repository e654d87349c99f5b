"""The calendar: a month at a time, and one day to open or close."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.posted import number_of, text_of
from admin.views.page import Crumb, PageView, route
from models.documents.calendar_day import CalendarDay
from models.errors import TorokuError
from models.services import calendars
from models.services.calendars import YEARS, Shift, Wanted
from models.services.site import Site

WEEKDAYS = (_("Sun"), _("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"))


class Cell(NamedTuple):
    """One day of the table: why it is as it is, in words; a business day as usual needs none."""

    day: date
    href: str
    inside: bool
    business: bool
    single: bool
    today: bool
    why: str
    hours: str


class CalendarPage(PageView):
    """Which days count; staff who may, change one day at a time."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Calendar"),
            icon="calendar",
            path="/calendar",
            route_name="calendar",
            allowed=lambda request: may(request, "calendar.view"),
        )

    @route("", methods=["GET"])
    async def show_month(self, request: Request) -> Response:
        """The month asked for, or this one."""
        site = site_of(request)
        today = site.today()
        shown = _month(request.query_params.get("month") or "", today)
        first, last = shown.replace(day=1), _later(shown) - timedelta(days=1)
        return self.page(
            request,
            "system_calendar.html",
            title=_month_words(shown),
            weekdays=WEEKDAYS,
            weeks=[
                [self._cell(request, site, shown, day) for day in week] for week in calendars.month(shown)
            ],
            before=self.url(request, month=_written(shown - timedelta(days=1), today)),
            after=self.url(request, month=_written(_later(shown), today)),
            now=self.url(request),
            counted=site.calendar.business_days(first - timedelta(days=1), last),
            set_days=await calendars.single_days(first, last.replace(month=12, day=31)),
            day_href=lambda day: self.url(request, f"/{day}"),
            hours=site.calendar.site.service_hours,
        )

    @route("/{day}", methods=["GET"])
    async def show_day(self, request: Request) -> Response:
        """One day: what it is and why, and what setting it would change."""
        site = site_of(request)
        day = calendars.read_day(site, request.path_params["day"])
        stored = await calendars.find_day(day)
        turned = stored.business if stored else not site.calendar.is_business_day(day)
        wanted = Wanted(turned, stored.begin, stored.end, stored.reason) if stored else Wanted(turned)
        return await self._draw_day(request, day, stored, wanted)

    @route("/{day}", methods=["POST"])
    async def set_day(self, request: Request) -> Response:
        """Set the day as the form says."""
        site, form = site_of(request), await self.form(request, fields=10)
        day = calendars.read_day(site, request.path_params["day"])
        business = text_of(form, "business") != "no"
        typed = {name: text_of(form, name, longest=1000) for name in ("begin", "end", "reason")}
        wanted = Wanted(business, **typed)
        try:
            await calendars.set_day(
                site, actor_of(request), day, wanted, revision=number_of(form, "revision")
            )
        except TorokuError as refusal:
            return await self._draw_day(request, day, await calendars.find_day(day), wanted, refusal)
        return self._to_month(request, day, N_("The day has been set."))

    @route("/{day}/clear", methods=["POST"])
    async def clear_day(self, request: Request) -> Response:
        """Let the day be again as the configuration says."""
        site, form = site_of(request), await self.form(request, fields=5)
        day = calendars.read_day(site, request.path_params["day"])
        await calendars.clear_day(site, actor_of(request), day, revision=number_of(form, "revision"))
        return self._to_month(request, day, N_("The day is as usual again."))

    def _to_month(self, request: Request, day: date, done: str) -> Response:
        return self.back(request, f"?month={day:%Y-%m}", done=done)

    async def _draw_day(
        self,
        request: Request,
        day: date,
        stored: CalendarDay | None,
        wanted: Wanted,
        refusal: TorokuError | None = None,
    ) -> Response:
        site = site_of(request)
        if refusal is not None and not may(request, "calendar.edit"):
            raise refusal
        return self.page(
            request,
            "system_day.html",
            title=_day_words(day),
            crumbs=[
                Crumb(_month_words(day), self.url(request, month=f"{day:%Y-%m}")),
                Crumb(moments.day(day)),
            ],
            refusal=refusal,
            day=day,
            facts=_facts(site, day, stored),
            stored=stored,
            wanted=wanted,
            may_edit=calendars.may_set(site, actor_of(request), day),
            business=site.calendar.is_business_day(day),
            shifts=[_shift_words(shift) for shift in _turned(site, day)],
            promised=await calendars.promised(site, day),
            limit=calendars.COUNT_LIMIT - 1,
        )

    def _cell(self, request: Request, site: Site, shown: date, day: date) -> Cell:
        calendar = site.calendar
        near = abs(day.year - site.today().year) <= YEARS
        return Cell(
            day,
            self.url(request, f"/{day}") if near else "",
            day.month == shown.month,
            calendar.is_business_day(day),
            day in calendar.single_days,
            day == site.today(),
            _why(site, day),
            _own_hours(site, day),
        )


def _turned(site: Site, day: date) -> list[Shift]:
    """What happens to deadlines when the day counts the other way round."""
    single = calendars.checked(Wanted(not site.calendar.is_business_day(day), reason="-"))
    return calendars.shifts(site, day, single)


def _shift_words(shift: Shift) -> dict[str, Any]:
    spoken = language()
    return {
        "what": f"{shift.workflow(spoken)}・{shift.state(spoken)}"
        if spoken == "ja"
        else f"{shift.workflow(spoken)}: {shift.state(spoken)}",
        "count": shift.duration.count,
        "begins": moments.day(shift.begins),
        "before": moments.day(shift.before),
        "after": moments.day(shift.after),
    }


def _why(site: Site, day: date) -> str:
    calendar = site.calendar
    if day in calendar.single_days:
        return say("Opened by staff") if calendar.is_business_day(day) else say("Closed by staff")
    if holiday := calendar.holiday(day, language()):
        return holiday
    if calendar.is_closed_yearly(day):
        return say("Closed every year")
    return say("Weekend") if day.weekday() > 4 else ""


def _own_hours(site: Site, day: date) -> str:
    single = site.calendar.single_days.get(day)
    if single is None or single.begin is None or single.end is None:
        return ""
    return f"{single.begin:%H:%M}–{single.end:%H:%M}"


def _facts(site: Site, day: date, stored: CalendarDay | None) -> Iterator[tuple[str, Any]]:
    calendar = site.calendar
    yield say("Counts as"), say("Business day") if calendar.is_business_day(day) else say("Closed")
    usual = calendar.is_usual_business_day(day)
    why = calendar.holiday(day, language()) or (
        say("Closed every year") if calendar.is_closed_yearly(day) else ""
    )
    yield say("As usual"), why or (say("Business day") if usual else say("Weekend"))
    hours = calendar.hours(day)
    if calendar.site.service_hours is not None or (stored and stored.begin):
        yield say("Opening hours"), f"{hours[0]:%H:%M}–{hours[1]:%H:%M}" if hours else say("Closed")
    if stored is not None:
        yield say("Reason"), stored.reason
        yield say("Set by"), stored.by.name
        yield say("Set on"), moments.moment(stored.at)


def _month(text: str, today: date) -> date:
    """The first of the month asked for, this month for anything that cannot be asked."""
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today
    return asked if abs(asked.year - today.year) <= YEARS else today


def _later(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _written(day: date, today: date) -> str:
    return f"{day:%Y-%m}" if abs(day.year - today.year) <= YEARS else f"{today:%Y-%m}"


def _month_words(day: date) -> str:
    return f"{day.year}年{day.month}月" if language() == "ja" else f"{day:%B} {day.year}"


def _day_words(day: date) -> str:
    name = WEEKDAYS[(day.weekday() + 1) % 7]
    return (
        f"{day.year}年{day.month}月{day.day}日（{name}）"
        if language() == "ja"
        else f"{name} {day.day} {day:%B} {day.year}"
    )
