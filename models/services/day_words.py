"""Days in words, as people read them on pages and in mails."""

from datetime import date, datetime

from models.language import Language, Text
from models.services.site import Site


def day_text(day: date) -> Text:
    """A day in words, in every language."""
    return Text(ja=f"{day.year}年{day.month}月{day.day}日", en=f"{day.day} {day:%B} {day.year}")


def day_words(day: str, language: Language) -> str:
    """A day as it is stored (ISO 8601), in words."""
    return day_text(date.fromisoformat(day))(language)


def due_words(site: Site, due: datetime | None, language: Language) -> str:
    """The last day of a term that ends at `due`, in words; "" for none."""
    return "" if due is None else day_text(site.calendar.due_day(due))(language)


def until_words(site: Site, due: datetime | None, language: Language) -> str:
    """The end of a term in words, as ``until_text`` has it; "" for none."""
    return "" if due is None else until_text(site, due)(language)


def until_text(site: Site, due: datetime) -> Text:
    """The end of a term in words: its last day, and the time of that day where it does not end with it."""
    if ends_with_day(site, due):
        return day_text(site.calendar.due_day(due))
    local = due.astimezone(site.calendar.zone)
    day = day_text(local.date())
    return Text(ja=f"{day('ja')} {local:%H:%M}", en=f"{day('en')} {local:%H:%M}")


def ends_with_day(site: Site, due: datetime) -> bool:
    """Whether a term ends with its last day, so that it is told in days; otherwise to the minute."""
    local = due.astimezone(site.calendar.zone)
    return local == site.calendar.midnight(local.date())
