"""Declarations and rules of confidentiality: words to declare, names that exist, mails in every language."""

from collections.abc import Iterator

from models.configuration.checks.conditions import check_compiles
from models.configuration.checks.mail import check_mail
from models.configuration.checks.place import Path, listed, unknown
from models.configuration.declarations import DeclarationRule
from models.configuration.load import Configuration
from models.schema.conditions import fields_in
from models.schema.definition import RecordType
from models.schema.fields.choice import DeclarationField
from models.schema.finding import Finding
from models.schema.source import Source

DECLARED = "declared"
"""What a rule of confidentiality reads declarations under."""


def check_declarations(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E078 for a declaration without words, T-E026 for an unknown role, T-E016 for a mail that is missing,
    T-E011, T-E019 and T-E079 for conditions."""
    site = configuration.site
    operator = configuration.record_types.get(site.operator_type)
    for name, rule in site.declarations.items():
        path: Path = ("site", "declarations", name)
        yield from _check_words(operator, name, rule, source, path)
        yield from unknown(source, "T-E026", (*path, "told"), rule.told, site.roles)
        if "operator" in rule.by:
            yield from check_mail(configuration, rule.mail, source, (*path, "mail"))
    for number, row in enumerate(site.confidentiality):
        place: Path = ("site", "confidentiality", number, "when")
        problems = list(check_compiles(source, row.when, place))
        yield from problems
        if not problems:
            yield from _check_names(configuration, operator, list(fields_in(row.when)), source, place)


def _check_words(
    operator: RecordType | None, name: str, rule: DeclarationRule, source: Source, path: Path
) -> Iterator[Finding]:
    field = operator.by_name.get(rule.field) if operator and rule.field else None
    if operator and rule.field and field is None:
        yield from unknown(source, "T-E011", (*path, "field"), rule.field, operator.by_name)
    elif not isinstance(field, DeclarationField) and rule.text is None:
        yield source.finding("T-E078", path, name=name)


def _check_names(
    configuration: Configuration, operator: RecordType | None, paths: list[str], source: Source, place: Path
) -> Iterator[Finding]:
    known = {*(operator.by_name if operator else ()), "lifecycle"}
    for dotted in dict.fromkeys(paths):
        first, _, rest = dotted.partition(".")
        if first == DECLARED:
            yield from unknown(source, "T-E079", place, rest, configuration.site.declarations)
        elif operator is not None and first not in known:
            yield source.finding("T-E011", place, name=first, known=listed(known))
