"""Attachments of an application: handed out so that nothing in them runs, and looked into safely."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admin.actor import actor_of, site_of
from admin.views.answers import PICTURES
from admin.views.page import Crumb, route
from admin.views.review_consents import ReviewConsents
from models.services.excerpts import excerpt_of
from models.services.uploads import INLINE, open_upload

NOTHING = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""The policy of an attachment: nothing in it runs, loads or knows where it came from."""

PDF = "application/pdf"
VIEWED = "default-src 'none'; object-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The same for what browsers show by a viewer of their own, which a sandbox would keep out."""


class ReviewFiles(ReviewConsents):
    """The addresses under ``/applications/{reference}/files``."""

    @route("/{reference}/files/{identifier}", methods=["GET"])
    async def file(self, request: Request) -> Response:
        """An attachment: shown when its kind is safe to show, else handed over as a download."""
        application = await self.find(request)
        identifier = str(request.path_params["identifier"])
        stored, content = await open_upload(site_of(request), actor_of(request), application, identifier)
        how = "inline" if stored.content_type in INLINE else "attachment"
        headers = {
            "Content-Disposition": f"{how}; filename*=UTF-8''{quote(stored.filename)}",
            "Content-Length": str(stored.size),
            "Content-Security-Policy": VIEWED if stored.content_type == PDF else NOTHING,
        }
        return StreamingResponse(content, media_type=stored.content_type, headers=headers)

    @route("/{reference}/files/{identifier}/about", methods=["GET"])
    async def about(self, request: Request) -> Response:
        """What an attachment is: its kind, size and hash, a picture as such, the beginning of a text."""
        application = await self.find(request)
        identifier = str(request.path_params["identifier"])
        found = await excerpt_of(site_of(request), actor_of(request), application, identifier)
        reference = application.reference
        return self.page(
            request,
            "review/file.html",
            title=found.upload.filename,
            crumbs=[Crumb(reference, self.url(request, f"/{reference}")), Crumb(found.upload.filename)],
            excerpt=found,
            address=self.url(request, f"/{reference}/files/{identifier}"),
            back=self.url(request, f"/{reference}"),
            picture=found.upload.content_type in PICTURES,
            opens=found.upload.content_type in INLINE,
        )
