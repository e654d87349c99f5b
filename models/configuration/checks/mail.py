"""Mail templates: there in every language of the site, and each sent by something."""

from collections.abc import Iterator

from models.configuration.checks.place import Path
from models.configuration.load import Configuration
from models.configuration.mail import BULK_RECEIVED, SENT_BY_THE_PROGRAM
from models.language import LANGUAGES
from models.schema.finding import Finding
from models.schema.source import Source, spell


def check_mail(configuration: Configuration, template: str, source: Source, path: Path) -> Iterator[Finding]:
    """T-E016 for every language of the site in which the template is missing."""
    for language in LANGUAGES:
        if language in configuration.site.languages and (template, language) not in configuration.mail:
            yield source.finding("T-E016", path, name=template, language=language)


def check_use_of_mail(configuration: Configuration) -> Iterator[Finding]:
    """T-W005 for every template nothing sends."""
    sent = set(SENT_BY_THE_PROGRAM)
    flows = [*configuration.workflows.values(), *configuration.lifecycles.values()]
    sent |= {mail.template for flow in flows for step in flow.transitions.values() for mail in step.mail}
    sent |= {s.review.mail for flow in flows for s in flow.transitions.values() if s.review is not None}
    types = configuration.record_types.values()
    sent |= {reason.mail for kind in types for reason in kind.review.reasons if reason.mail}
    sent |= {kind.applications.asked.mail for kind in types if kind.applications.asked is not None}
    if offers_bulk(configuration):
        sent.add(BULK_RECEIVED)
    sent |= {configuration.site.terms.mail, *(each.mail for each in configuration.site.declarations.values())}
    for (name, _), template in configuration.mail.items():
        if name not in sent:
            yield Finding("T-W005", spell(template.path), 1, {"name": name})


def offers_bulk(configuration: Configuration) -> bool:
    """Whether applications of some type can be brought in a file: of any but the operator's own, with no
    certificate to be presented (``models.services.batches.kinds``)."""
    own = configuration.site.operator_type
    return any(
        kind.enabled and name != own and not kind.applications.certificate
        for name, kind in configuration.record_types.items()
    )


def check_bulk_mail(configuration: Configuration) -> Iterator[Finding]:
    """T-E016 for a language of the site in which the mail that tells of a whole file is missing; a site
    without it sends a mail for each application."""
    written = {lang: each for (name, lang), each in configuration.mail.items() if name == BULK_RECEIVED}
    if not written or not offers_bulk(configuration):
        return
    path = spell(next(iter(written.values())).path)
    for language in configuration.site.languages:
        if language not in written:
            yield Finding("T-E016", path, 1, {"name": BULK_RECEIVED, "language": language})
