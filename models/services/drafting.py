"""A draft while it is typed: kept every few seconds as it stands, row by row where rows have pages."""

from collections.abc import Mapping
from typing import Any

from models.documents.application import Application
from models.errors import AnswersInvalid, NotFound
from models.permissions import Actor
from models.schema.fields.base import Raw
from models.schema.fields.structure import TableField
from models.schema.reading import AnswerError
from models.services.applications import Settled, compiled, keep_settled, settle
from models.services.site import Site


async def keep_page(
    site: Site,
    actor: Actor,
    application: Application,
    page_name: str,
    answers: Mapping[str, Any],
    *,
    revision: int,
) -> Application:
    """Keep what is typed on a page as it stands, right or wrong. No page becomes done by it; one that was
    stays so while nothing on it is wrong. Raises RecordChanged when another window was faster."""
    settled = await settle(site, actor, application, page_name, answers)
    return await _keep_as_typed(site, application, page_name, settled, revision)


async def _keep_as_typed(
    site: Site, application: Application, page_name: str, settled: Settled, revision: int
) -> Application:
    done = [name for name in application.pages_done if name != page_name or not settled.errors]
    return await keep_settled(site, application, revision, settled, done)


async def save_row(
    site: Site,
    actor: Actor,
    application: Application,
    page_name: str,
    table: str,
    rows: list[Raw],
    index: int,
    *,
    revision: int,
    leave: bool = False,
) -> Application:
    """Keep the rows of a table of which the one at `index` was filled in on a page of its own. Errors in that
    row raise AnswersInvalid unless it is left as typed (`leave`); those of other rows and questions wait for
    theirs. Raises NotFound, RecordChanged."""
    target = compiled(site, application).definition.by_name.get(table)
    if not isinstance(target, TableField) or not target.row_pages:
        raise NotFound
    settled = await settle(site, actor, application, page_name, {table: rows})
    errors = errors_of_row(settled.errors, table, index)
    if errors and not leave:
        raise AnswersInvalid(errors)
    return await _keep_as_typed(site, application, page_name, settled, revision)


def errors_of_row(errors: tuple[AnswerError, ...], table: str, index: int) -> tuple[AnswerError, ...]:
    """Those of `errors` that are in one row of a table, each once."""
    found = {error.path: error for error in errors if error.path.startswith(f"{table}.{index}.")}
    return tuple(found.values())
