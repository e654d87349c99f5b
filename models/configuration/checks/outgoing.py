"""The pace of mails and how long they are kept: names that are domains, times that leave room for work."""

import re
from collections.abc import Iterator
from datetime import timedelta

from models.configuration.load import Configuration
from models.schema.finding import Finding
from models.schema.source import Source

DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")

LEAST_KEPT = timedelta(days=7)
"""Mails are tried for five days; then somebody has to look at them and send them again."""


def check_outgoing(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E106 for a rate of something that is no domain as mails have it, T-E107 for texts that are gone
    before a failed mail could be sent again."""
    rules = configuration.site.mail
    for name in rules.domains:
        if not DOMAIN.fullmatch(name):
            yield source.finding("T-E106", ("site", "mail", "domains", name), name=name)
    if rules.keep_bodies < LEAST_KEPT:
        place = ("site", "mail", "keep_bodies")
        yield source.finding("T-E107", place, days=LEAST_KEPT.days)
