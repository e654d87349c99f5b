"""What every page of a notice begins with: the record an address names, its editions, whom it is for."""

from datetime import date
from typing import Any

from starlette.requests import Request

from admin.actor import actor_of, may, site_of
from admin.language import language
from admin.links import root_of
from admin.views import notice_told as told
from admin.views.page import Crumb, PageView
from admin.views.record_facts import number_of
from models.documents.base import read_id
from models.documents.publication import Publication
from models.documents.record import Record
from models.errors import NotFound
from models.schema.definition import RecordType
from models.services import audiences, ledger, noticeboard
from models.services.audiences import Reach
from models.services.mailed import masked


class NoticeBase(PageView):
    """The pages beneath ``/notices/{id}``."""

    styles = ("system.css", "figures.css", "record.css", "correction.css", "notices.css")

    async def find(self, request: Request) -> tuple[Record, RecordType]:
        """The notice an address names, and its type as it is now. Raises NotAllowed, NotFound,
        TransitionRefused (it is damaged)."""
        site, actor = site_of(request), actor_of(request)
        record = await noticeboard.find(site, actor, read_id(str(request.path_params["id"])))
        return record, site.registry.current(record.type).definition

    async def find_edition(self, request: Request) -> tuple[Record, Publication]:
        """The notice and the edition an address names. Raises as ``find`` does."""
        record, _definition = await self.find(request)
        number = number_of(str(request.path_params["edition"]))
        if not number:
            raise NotFound
        return record, await noticeboard.edition(record, number)

    def way(self, request: Request, record: Record, *words: str) -> list[Crumb]:
        """The way to a page beneath a notice."""
        here = Crumb(record.number, self.url(request, f"/{record.id}"))
        return [here, *(Crumb(each) for each in words)]

    def edition_href(self, request: Request, edition: Publication, rest: str = "", **query: Any) -> str:
        """The address of an edition, or of a page beneath it."""
        path = f"/{edition.record_id}/editions/{edition.edition}{rest}"
        return self.url(request, path, **query)

    async def reach(self, request: Request, edition: Publication) -> Reach:
        """How many an edition would be for now. Raises NotFound where its audience is gone."""
        return await audiences.count(
            site_of(request),
            edition.audience,
            importance=edition.importance,
            required=edition.required,
        )

    async def figures(self, request: Request, edition: Publication) -> dict[str, Any]:
        """What the ledger of an edition comes to, ready to be drawn."""
        found = await ledger.figures(edition)
        return {
            "figures": found,
            "bar": told.bar(found, edition.acknowledge),
            "width": told.WIDTH,
            "asked": edition.acknowledge,
            "listing": edition.listed_at is None and edition.shown,
            "href": self.edition_href(request, edition, "/ledger"),
        }

    def files(self, request: Request, edition: Publication) -> list[tuple[str, str, str]]:
        """What is attached to an edition: name, SHA-256 and where it is had, for who may see records."""
        base = f"{root_of(request)}/{edition.type}/file?pk={edition.record_id}&file="
        opens = may(request, "record.view")
        return [
            (
                str(each.get("filename")),
                str(each.get("sha256", "")),
                f"{base}{each.get('id')}" if opens else "",
            )
            for each in edition.attachments
        ]

    def address(self, request: Request, to: str) -> str:
        """A mail address as this person may see it: whole for who may see the outbox."""
        return to if may(request, "message.view") else masked(to)

    def today(self, request: Request) -> date:
        """The day, as files are named by it."""
        return site_of(request).today()

    @property
    def spoken(self) -> Any:
        """The language of the answer."""
        return language()
