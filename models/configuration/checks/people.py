"""The roles of the operator's side and what delegates may be: permissions and roles that there are."""

from collections.abc import Iterator

from models.configuration.checks.place import unknown
from models.configuration.load import Configuration
from models.grants import PERMISSIONS
from models.schema.finding import Finding
from models.schema.source import Source

OPERATORS = frozenset({"operator", "operator_administrator", "operator_user"})
ADMINISTRATOR = "administrator"


def check_people(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E074 for a permission operators do not have; T-E075 where the roles leave an operator without a full
    administrator, or with nobody else; T-E076 for a role a delegate cannot have."""
    site = configuration.site
    given = [name for name, row in PERMISSIONS.items() if row.holders & OPERATORS]
    for name, role in site.operator_roles.items():
        for permission in role.may or ():
            place = ("site", "operator_roles", name, "may")
            yield from unknown(source, "T-E074", place, permission, given)
    yield from _check_administrator(configuration, source)
    known = [name for name in site.operator_roles or ("user",) if name != ADMINISTRATOR]
    for name in site.delegates.roles if site.delegates else ():
        yield from unknown(source, "T-E076", ("site", "delegates", "roles"), name, known)


def _check_administrator(configuration: Configuration, source: Source) -> Iterator[Finding]:
    roles = configuration.site.operator_roles
    full = ADMINISTRATOR in roles and roles[ADMINISTRATOR].may is None
    if roles and not (full and len(roles) > 1):
        yield source.finding("T-E075", ("site", "operator_roles"))
