"""Tables with a row for every account of the operator (``rows_from: accounts``)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id
from models.documents.store import Session
from models.language import Message
from models.schema.database_query import for_database
from models.schema.definition import RecordType
from models.schema.fault import AnswerError
from models.schema.fields.structure import AccountField, TableField
from models.schema.reading import Reading
from models.services.site import Site
from models.services.variables import compiled

People = Mapping[str, str]
"""The names of accounts by their logins."""

NAMED = 5
"""Most accounts an error names."""


def rosters(definition: RecordType) -> Iterator[tuple[TableField, AccountField]]:
    """The tables with a row for every account, and the columns the accounts stand in."""
    for field in definition.fields:
        if isinstance(field, TableField) and field.rows_from == "accounts":
            column = next((part for part in field.fields if isinstance(part, AccountField)), None)
            if column is not None:
                yield field, column


async def accounts_of(
    site: Site, operators: Sequence[Id], column: AccountField, session: Session = None
) -> Mapping[Id, People]:
    """The accounts in use that a column can name, by their operators."""
    given = {"TODAY": site.today().isoformat(), "NOW": site.now(), "OPERATOR": {}}
    where = for_database(column.where, given, prefix="") if column.where else {}
    own = {"operator_id": {"$in": list(operators)}, "kind": "operator", "status": "active"}
    rows = Account.raw().find(
        {"$and": [own, where]}, {"operator_id": 1, "login": 1, "name": 1}, session=session
    )
    found: dict[Id, dict[str, str]] = {operator: {} for operator in operators}
    async for row in rows.sort("login", 1):
        found[row["operator_id"]][row["login"]] = row["name"]
    return found


async def with_rosters(
    site: Site, definition: RecordType, operator_id: Id | None, answers: Mapping[str, Any]
) -> dict[str, Any]:
    """`answers`, as they are typed, with a row for every account that has none yet. No table grows beyond its
    ``max_rows``."""
    filled = dict(answers)
    for table, column in rosters(definition):
        if operator_id is None:
            continue
        rows = [row for row in filled.get(table.name) or [] if isinstance(row, Mapping)]
        there = {row.get(column.name) for row in rows}
        people = (await accounts_of(site, [operator_id], column))[operator_id]
        new = [{**_defaults(table), column.name: login} for login in people if login not in there]
        filled[table.name] = [*rows, *new][: table.max_rows]
    return filled


def _defaults(table: TableField) -> dict[str, Any]:
    """What a new row begins with, as it would be typed."""
    asked = [part for part in table.fields if part.asked and part.stored]
    return {part.name: part.unparse(part.initial()) for part in asked if part.initial() is not None}


async def check_rosters(site: Site, application: Application, reading: Reading) -> list[AnswerError]:
    """An error at every table shown that leaves accounts out, naming them."""
    found = []
    for table, column in rosters(compiled(site, application).definition):
        if application.operator_id is None or table.name in reading.hidden:
            continue
        people = (await accounts_of(site, [application.operator_id], column))[application.operator_id]
        if left := left_out(people, reading.data.get(table.name), column):
            found.append(AnswerError(table.name, "left_out", _said(left)))
    return found


def left_out(people: People, rows: Any, column: AccountField) -> dict[str, str]:
    """Those of `people` no row of a table names."""
    there = {row.get(column.name) for row in rows or [] if isinstance(row, Mapping)}
    return {login: name for login, name in people.items() if login not in there}


def _said(left: People) -> Message:
    named = ", ".join(f"{name} ({login})" for login, name in list(left.items())[:NAMED])
    values = {"count": len(left), "people": named}
    return Message("A row is missing for {count} users in use: {people}.", values)
