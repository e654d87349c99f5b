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
