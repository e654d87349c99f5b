"""Limits under which people can work, and that say what they seem to say."""

from collections.abc import Iterator
from typing import get_args

from models.configuration.limits import Limits, Manner, Rate, Whose
from models.configuration.load import Configuration
from models.schema.finding import Finding
from models.schema.source import Source

LEAST = {"reads": 60, "writes": 20, "uploads": 6, "expensive": 6, "sign_ins": 5}
"""What one person needs a minute, working quickly."""


def check_limits(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E080 for a limit under which nobody can work, T-E081 where an operator may less than one of its
    accounts, T-E082 for a stop that can never come."""
    limits = configuration.site.limits
    for manner in get_args(Manner):
        yield from _check_manner(limits, manner, source)
    longest = max(rate.seconds for rate in _rates(limits))
    if (limits.stop.after - 1) * longest > limits.stop.within * 60:
        values = {"after": limits.stop.after, "within": limits.stop.within}
        yield source.finding("T-E082", ("site", "limits", "stop"), **values)


def _check_manner(limits: Limits, manner: Manner, source: Source) -> Iterator[Finding]:
    allowed = limits.allowed(manner)
    for whose in get_args(Whose):
        rate = allowed.rate(whose)
        if rate is not None and rate.a_minute < LEAST[manner]:
            place, values = ("site", "limits", manner, whose), {"rate": str(rate), "least": LEAST[manner]}
            yield source.finding("T-E080", place, **values)
    whole, one = allowed.operator, allowed.account
    if whole is not None and one is not None and whole.a_minute < one.a_minute:
        place, values = ("site", "limits", manner, "operator"), {"whole": str(whole), "one": str(one)}
        yield source.finding("T-E081", place, **values)


def _rates(limits: Limits) -> Iterator[Rate]:
    for manner in get_args(Manner):
        for whose in get_args(Whose):
            rate = limits.allowed(manner).rate(whose)
            if rate is not None:
                yield rate
