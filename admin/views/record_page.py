"""The page of one registered record: its answers, what was kept aside, and what it was before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin.actor import actor_of, may, site_of
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import read_form, text_of
from admin.views.answers import Reader, kept_aside
from admin.views.base import Row
from admin.views.columns import Column
from admin.views.records import RawListView
from admin.views.review import Told
from models.documents.record import Record, RecordVersion
from models.errors import NotFound
from models.schema.definition import RecordType
from models.services.records import history_of
from models.services.secrets import reveal
from models.services.seeing import kept_for, seen
from models.workflow.definition import State


class RecordPage(RawListView):
    """A record's page, drawn by the version the record was written under; the list is ``RecordsView``'s."""

    detail_template = "record.html"
    kind: RecordType
    states: Mapping[str, State]

    def title_of(self, row: Row) -> str:
        return str(row.get("title") or row.get("number"))

    def details_for(self, request: Request, row: Row) -> Sequence[Column]:
        """Number, state and what else is not an answer."""
        facts = [c for c in self.columns_for(request) if not c.path.startswith("data.") and c.path != "title"]
        versions = (Column("revision", _("Version")), Column("schema_version", _("Schema version")))
        return [*facts, *versions]

    def own_routes(self) -> list[Route]:
        """One more: uncovering a secret."""
        uncover = Route(f"/{self.key}/uncover", self.uncover, methods=["POST"], name=f"{self.key}-uncover")
        return [uncover, *super().own_routes()]

    async def uncover(self, request: Request) -> Response:
        """The record's page with one secret uncovered, this once."""
        form = await read_form(request, fields=5)
        row = await self.source.one(text_of(form, "pk"), self.reach(request, "view"))
        if row is None:
            raise NotFound
        path = text_of(form, "path", longest=200)
        told = await reveal(site_of(request), actor_of(request), Record.model_validate(row), path)
        request.state.uncovered = {path: told}
        return await self.draw_detail(request, row)

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """The answers by the version they were written under, what was kept aside, and every version that was
        ever in force, newest first."""
        site, actor, states = site_of(request), actor_of(request), self.states
        versions = await history_of(site, actor, self.kind.name, row["_id"])
        definition = seen(site, actor, self.kind.name, row["schema_version"])
        return {
            "history": [_told(version, states) for version in versions],
            "sections": list(_sections(definition, row.get("data") or {}, self._reader(request))),
            "attic": list(kept_aside(kept_for(site, actor, self.kind.name, row.get("attic")))),
        }

    def _reader(self, request: Request) -> Reader:
        uncover = f"{root_of(request)}/{self.key}/uncover" if may(request, "secret.reveal") else ""
        known: Mapping[str, str] | None = getattr(request.state, "uncovered", None)
        return Reader(language(), uncover=uncover, uncovered=known)


def _sections(
    definition: RecordType, data: Mapping[str, Any], reader: Reader
) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """The answers, laid out as the form is; what no page asks for comes last."""
    asked = {name for page in definition.laid_out for name in page.fields}
    rest = tuple(field.name for field in definition.fields if field.name not in asked)
    for label, names in (*((p.label(language()), p.fields) for p in definition.laid_out), ("", rest)):
        fields = [definition.by_name[name] for name in names if name in definition.by_name]
        lines = [(f.label(language()), reader.show(f, data.get(f.name))) for f in fields if f.stored]
        if lines:
            yield label or say("Calculated"), lines


def _told(version: RecordVersion, states: Mapping[str, State]) -> Told:
    state = states.get(version.lifecycle)
    what = say("Version {number}", {"number": version.revision})
    label = state.label(language()) if state else version.lifecycle
    return Told(at=version.at, who=version.by.name, what=f"{what} – {label}", note="")
