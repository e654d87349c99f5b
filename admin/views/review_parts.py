"""Parts of the review page that come from the rules of a decision: what a step will do with the mails as they
would go out, what colleagues wrote among themselves, and what to do when the record in force has changed."""

from abc import abstractmethod
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.views.page import PageView
from models.documents.application import Application
from models.errors import TorokuError
from models.schema.definition import RecordType


class ReviewParts(PageView):
    """Routes and context that ``ReviewPage`` takes over; it says how an application is found and drawn.

    Every part stands inside the review page's one form, so that whatever was typed comes along with any of
    its buttons and is still there afterwards."""

    @abstractmethod
    async def find(self, request: Request) -> Application:
        """The application the address names. Raises NotFound."""

    @abstractmethod
    async def draw(
        self,
        request: Request,
        application: Application,
        typed: FormData | None = None,
        refusal: TorokuError | None = None,
    ) -> Response:
        """The review page, with what was typed."""

    async def parts(
        self, request: Request, application: Application, definition: RecordType, typed: FormData | None
    ) -> dict[str, Any]:
        """What ``review/conflict.html``, ``review/outcome.html`` and ``review/comments.html`` draw from.

        `definition` is the form narrowed to what the reader may see. ``outcome.html`` is included once per
        step that is offered, where ``choice.name`` is its name; the other two once per page."""
        del request, application, definition, typed
        return {"outcomes": {}, "conflict": None, "comments": None}
