"""The mails that were sent to the applicant's side, to be read again."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, operator_visit, page, visit_of
from models.documents.message import MessageStatus
from models.language import Message, translate
from models.letters.page import to_fragment
from models.services import applications
from models.services.mailed import LINK, Mail, mails_about, mails_to_operator

STATES: Mapping[MessageStatus, Message] = {
    "queued": Message("Waiting to be sent"),
    "sending": Message("Being sent"),
    "retrying": Message("Not delivered yet, being tried again"),
    "sent": Message("Sent"),
    "failed": Message("Could not be delivered"),
    "bounced": Message("Came back: the address does not take mails"),
    "withheld": Message("Not sent: mails to this address do not arrive"),
    "aborted": Message("Called off by our staff"),
}
"""What is said of a mail's state."""

WITHHELD: Mapping[str, Message] = {
    "withdrawn": Message("Not sent: the notice was withdrawn before"),
    "replaced": Message("Not sent: a later edition of the notice was published before"),
}
"""What is said instead of a mail that was not sent for another reason than its address."""

Line = tuple[Mail, datetime, str, Markup | None]


async def show_mails(request: Request) -> Response:
    """The mails about one application. Raises NotFound."""
    visit = visit_of(request)
    application = await applications.find(visit.site, visit.actor, visit.parameter("reference"))
    mails = await mails_about(visit.site, visit.actor, application)
    return page(visit, "mails", {"mails": list(_lines(visit, mails)), "application": application})


async def list_mails(request: Request) -> Response:
    """The mails to my operator, newest first. Raises NotFound for a place in the list that is not there."""
    visit = operator_visit(request)
    before = request.query_params.get("before", "")
    mails, last = await mails_to_operator(visit.site, visit.actor, before)
    context = {"mails": list(_lines(visit, mails)), "last": last, "first": not before, "application": None}
    return page(visit, "mails", context)


def _lines(visit: Visit, mails: list[Mail]) -> Iterator[Line]:
    for mail in mails:
        stopped = WITHHELD.get(mail.withheld_why) if mail.status == "withheld" else None
        said = stopped or STATES[mail.status]
        yield mail, mail.at, said(visit.language), None if mail.body is None else _body(visit, mail.body)


def _body(visit: Visit, body: str) -> Markup:
    """The text as its writer laid it out, with words where one-time links stood."""
    return to_fragment(body.replace(LINK, translate("(one-time link)", visit.language)))
