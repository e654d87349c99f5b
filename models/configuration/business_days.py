"""Counting business days from one day, for many others at once."""

from datetime import date, timedelta

from models.configuration.calendar import Calendar

DAY = timedelta(days=1)


class BusinessDays:
    """Business days between `today` and other days. A day is looked at once, however many are counted:
    made for a page, so that what the calendar says now holds for it."""

    def __init__(self, calendar: Calendar, today: date) -> None:
        self.today = today
        self._counts_as = calendar.is_business_day
        self._to = {today: 0}
        self._last = self._first = today

    def until(self, day: date) -> int:
        """How many lie after today up to and with `day`; below zero for a `day` gone by, the ones since."""
        if day > self._last:
            self._forward(day)
        elif day < self._first:
            self._backward(day)
        return self._to[day]

    def since(self, day: date) -> int:
        """How many lie after `day` up to and with today: the first day is not counted (Civil Code,
        article 140)."""
        return -self.until(day)

    def _forward(self, day: date) -> None:
        while self._last < day:
            before, self._last = self._to[self._last], self._last + DAY
            self._to[self._last] = before + self._counts_as(self._last)

    def _backward(self, day: date) -> None:
        while self._first > day:
            after = self._to[self._first] - self._counts_as(self._first)
            self._first -= DAY
            self._to[self._first] = after
