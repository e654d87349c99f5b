"""The linter: what only shows when the files are seen together. All findings at once, each at its line."""

from collections.abc import Iterator
from itertools import chain

from models.configuration.checks.access import check_access
from models.configuration.checks.asking import check_asking, check_reminding
from models.configuration.checks.audiences import check_audiences
from models.configuration.checks.circles import check_circles
from models.configuration.checks.conditions import check_conditions
from models.configuration.checks.credentials import check_credentials
from models.configuration.checks.dashboard import check_dashboard
from models.configuration.checks.declarations import check_declarations
from models.configuration.checks.evolution import check_evolution
from models.configuration.checks.examples import check_examples
from models.configuration.checks.fields import check_fields
from models.configuration.checks.flows import check_flow
from models.configuration.checks.later import check_later
from models.configuration.checks.limits import check_limits
from models.configuration.checks.links import check_links
from models.configuration.checks.lists import check_use_of_lists
from models.configuration.checks.mail import check_use_of_mail
from models.configuration.checks.mail_words import check_footer
from models.configuration.checks.names import check_counts, check_list, check_names
from models.configuration.checks.orders import check_columns, check_orders
from models.configuration.checks.outgoing import check_outgoing
from models.configuration.checks.pages import check_pages
from models.configuration.checks.panels import check_panels
from models.configuration.checks.people import check_people
from models.configuration.checks.place import Sources, Subject, first, unknown
from models.configuration.checks.privacy import check_privacy
from models.configuration.checks.publication import check_clock, check_publication
from models.configuration.checks.reach import check_reach
from models.configuration.checks.readers import check_readers
from models.configuration.checks.record_terms import check_terms
from models.configuration.checks.retention import check_retention
from models.configuration.checks.routes import check_route_use, check_routes
from models.configuration.checks.secrets import check_secrets
from models.configuration.checks.texts import check_texts
from models.configuration.checks.windows import check_during, check_window
from models.configuration.load import Configuration
from models.schema.definition import RecordType
from models.schema.finding import Finding
from models.schema.source import Source
from models.workflow.definition import Flow

LOOKS = (
    check_names,
    check_fields,
    check_links,
    check_orders,
    check_columns,
    check_pages,
    check_later,
    check_conditions,
    check_circles,
    check_evolution,
    check_access,
    check_readers,
    check_secrets,
    check_during,
    check_asking,
    check_publication,
    check_panels,
    check_route_use,
)
"""What is looked at in every record type, in this order."""


def check(configuration: Configuration, sources: Sources) -> Iterator[Finding]:
    """Every finding that needs more than one value to see."""
    for (concept, name), source in sources.items():
        if concept == "record_type":
            yield from check_record_type(configuration, configuration.record_types[name], source)
        else:
            yield from first(source, check_texts(source, source.value))
        if concept == "choices":
            yield from first(source, check_list(configuration.choices[name], source))
        elif concept == "workflow":
            yield from _check_flow(configuration, configuration.workflows[name], source)
            yield from first(source, check_reminding(configuration, configuration.workflows[name], source))
        elif concept == "lifecycle":
            yield from _check_flow(configuration, configuration.lifecycles[name], source)
        elif concept == "window":
            yield from first(source, check_window(configuration, configuration.windows[name], source))
    yield from _check_site(configuration, sources)
    yield from check_use_of_mail(configuration)
    yield from check_use_of_lists(configuration, sources)


def _check_flow(configuration: Configuration, flow: Flow, source: Source) -> Iterator[Finding]:
    for look in (check_flow, check_clock, check_terms):
        yield from first(source, look(configuration, flow, source))


def check_flows(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """What is to be said of every lifecycle and workflow, as if they all stood in one file."""
    for flow in (*configuration.lifecycles.values(), *configuration.workflows.values()):
        yield from _check_flow(configuration, flow, source)


def check_record_type(configuration: Configuration, kind: RecordType, source: Source) -> Iterator[Finding]:
    """Everything about one record type; what needs sound conditions, when nothing else is wrong."""
    if too_many := list(check_counts(kind, source)):
        yield from too_many
        return
    subject = Subject(configuration, kind, source)
    yield from first(source, check_texts(source, source.value))
    findings = list(first(source, chain.from_iterable(look(subject) for look in LOOKS)))
    yield from findings
    yield from first(source, check_privacy(subject))
    if not any(finding.severity == "error" for finding in findings):
        yield from check_reach(subject)
        yield from check_examples(subject)


def _check_site(configuration: Configuration, sources: Sources) -> Iterator[Finding]:
    path = ("site", "operator_type")
    operator = configuration.site.operator_type
    yield from unknown(sources["site", "site"], "T-E023", path, operator, configuration.record_types)
    yield from first(sources["site", "site"], check_dashboard(configuration, sources["site", "site"]))
    yield from first(sources["site", "site"], check_audiences(configuration, sources["site", "site"]))
    yield from first(sources["site", "site"], check_declarations(configuration, sources["site", "site"]))
    yield from first(sources["site", "site"], check_footer(configuration, sources["site", "site"]))
    yield from first(sources["site", "site"], check_credentials(configuration, sources["site", "site"]))
    yield from first(sources["site", "site"], check_people(configuration, sources["site", "site"]))
    yield from first(sources["site", "site"], check_retention(configuration, sources["site", "site"]))
    yield from first(sources["site", "site"], check_limits(configuration, sources["site", "site"]))
    yield from first(sources["site", "site"], check_outgoing(configuration, sources["site", "site"]))
    yield from first(sources["site", "site"], check_routes(configuration, sources["site", "site"]))
    collections: set[str] = set()
    for name, kind in configuration.record_types.items():
        if kind.collection in collections:
            yield sources["record_type", name].finding("T-E018", ("collection",), name=kind.collection)
        collections.add(kind.collection)
