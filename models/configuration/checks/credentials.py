"""What a site writes about client certificates and losses: days that fall, roles there are, mails to send."""

from collections.abc import Iterator, Mapping

from models.configuration.checks.place import unknown
from models.configuration.load import Configuration
from models.schema.finding import Finding
from models.schema.source import Source

MAILS: Mapping[str, tuple[str, ...]] = {
    "certificates": ("certificate_changed", "certificate_expiring"),
    "losses": ("loss_closed", "loss_confirm", "loss_received", "loss_reported", "thread_message"),
}
"""The mails the program sends about each, by the key of ``site.yaml``."""


def check_credentials(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E071 for mails that are missing where ``certificates`` or ``losses`` is written, T-E072 for days that
    do not fall, T-E073 for roles of the staff that do not exist."""
    site = configuration.site
    for key, names in MAILS.items():
        if key in source.value["site"]:
            yield from _missing(configuration, source, key, names)
    days = site.certificates.remind
    if list(days) != sorted(set(days), reverse=True):
        yield source.finding("T-E072", ("site", "certificates", "remind"))
    for number, role in enumerate(site.losses.to if "losses" in source.value["site"] else ()):
        yield from unknown(source, "T-E073", ("site", "losses", "to", number), role, site.roles)


def _missing(
    configuration: Configuration, source: Source, key: str, names: tuple[str, ...]
) -> Iterator[Finding]:
    wanted = [(name, language) for name in names for language in configuration.site.languages]
    gone = [
        f"{name}.{language}.md" for name, language in wanted if (name, language) not in configuration.mail
    ]
    if gone:
        yield source.finding("T-E071", ("site", key), name=key, files=", ".join(gone))
