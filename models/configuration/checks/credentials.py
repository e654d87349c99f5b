"""What a site writes about client certificates and losses: days that fall, roles there are."""

from collections.abc import Iterator

from models.configuration.checks.place import unknown
from models.configuration.load import Configuration
from models.schema.finding import Finding
from models.schema.source import Source


def check_credentials(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E072 for days that do not fall, T-E073 for roles of the staff there are not, T-E108 where operators
    get accounts they cannot sign in with."""
    site = configuration.site
    days = site.certificates.remind
    if list(days) != sorted(set(days), reverse=True):
        yield source.finding("T-E072", ("site", "certificates", "remind"))
    for number, role in enumerate(site.losses.to if "losses" in source.value["site"] else ()):
        yield from unknown(source, "T-E073", ("site", "losses", "to", number), role, site.roles)
    own = configuration.record_types.get(site.operator_type)
    if own is not None and site.certificates.needed and not own.applications.certificate:
        flow = configuration.workflows.get(own.applications.workflow)
        steps = flow.transitions.values() if flow else ()
        if any(call.effect == "issue_administrator" for step in steps for call in step.effects):
            yield source.finding("T-E108", ("site", "operator_type"), name=own.label)
