"""Addresses mails come back from, and what came back: why nothing is sent there, and the way back."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette_admin import flash

from admin.actor import actor_of, may, site_of
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import number_of, read_form, text_of
from admin.refusals import public_message
from admin.views.base import Order, Row
from admin.views.columns import Choice, Column, Operator, Query, flat
from admin.views.records import Asked, RawListView
from admin.views.system.rules import seen_only
from models.documents.bounce import Bounce
from models.documents.dead_address import DeadAddress
from models.documents.rows import rows_of
from models.errors import AddressMoved, AnswersInvalid
from models.language import translate
from models.services import unreachable
from models.services.administration import REASON_LIMIT

KINDS: Mapping[str, Choice] = {
    "failed": Choice(_("not delivered"), "bad"),
    "delayed": Choice(_("delayed"), "warn"),
    "delivered": Choice(_("delivered"), "good"),
    "answer": Choice(_("automatic answer"), "plain"),
    "foreign": Choice(_("about a mail that never went there"), "warn"),
    "unknown": Choice(_("about no mail of ours"), "plain"),
    "unread": Choice(_("not understood"), "warn"),
}


def _dead(_operator: Operator, text: str) -> Query:
    """Whether mails are withheld; raises ValueError for what is neither yes nor no."""
    if text not in ("true", "false"):
        raise ValueError(text)
    return {"dead_at": {"$type": "date"} if text == "true" else None}


LISTED = (
    Column("written", _("E-mail address")),
    Column("dead_at", _("Mails withheld since"), "moment", filters=("given",), match=_dead),
    Column("status", _("Status code"), "code"),
    Column("bounces", _("Mails that came back"), "number"),
    Column("last_at", _("Last came back"), "moment", sortable=True),
    Column("revived.at", _("Put right"), "moment"),
)


class DeadAddressesView(RawListView):
    """Which addresses mails come back from, with their way back."""

    list_template = "dead_addresses.html"
    detail_template = "dead_address.html"
    styles = ("system.css", "figures.css")

    def __init__(self) -> None:
        super().__init__(
            key="dead_addresses",
            menu_label=_("Addresses mails come back from"),
            icon="mail",
            columns=LISTED,
            details=[*LISTED[1:3], Column("text", _("In the server's words"), wrap=True), *LISTED[3:5]],
            source=rows_of(DeadAddress),
            rule=seen_only("address.view"),
            order=(("last_at", -1),),
            search=("address",),
        )

    async def searched(self, text: str, order: Order, alone: bool) -> Asked:
        """By the beginning of an address, whatever its case."""
        return await super().searched(text.casefold(), order, alone)

    async def list_extras(self, request: Request) -> Mapping[str, Any]:
        """How many are dead, and what came back lately that is worth a look."""
        counts = await unreachable.counts(site_of(request))
        root = root_of(request)
        lists = {
            "dead": (_("Mails withheld"), f"{root}/dead_addresses/list?dead_at__given=true"),
            "unread": (KINDS["unread"].label, f"{root}/bounces/list?kind__eq=unread"),
            "foreign": (KINDS["foreign"].label, f"{root}/bounces/list?kind__eq=foreign"),
        }
        return {"counts": [(label, counts[name], href) for name, (label, href) in lists.items()]}

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """Why, who has it, what failed, and the form that puts it right."""
        address, root = DeadAddress.model_validate(row), root_of(request)
        owners = await unreachable.owners(address)
        people = may(request, "account.view")
        return {
            "reason": unreachable.reason_of(site_of(request), address)(language()) if address.dead_at else "",
            "owners": [(each, f"{root}/people/{each.id}" if people else "") for each in owners],
            "failures": list(reversed(address.failures)),
            "messages": f"{root}/messages/detail?pk=",
            "mails": f"{root}/messages/list?to_address__eq={address.written}",
            "revived": address.revived,
            "post": f"{root}/dead_addresses/{address.id}/put-right"
            if address.dead_at and may(request, "address.put_right")
            else "",
            "revision": address.revision,
            "limit": REASON_LIMIT,
            "problem": getattr(request.state, "problem", ""),
            "typed": getattr(request.state, "typed", ""),
        }

    def own_routes(self) -> list[Route]:
        """One more: putting right."""
        act = Route(
            "/dead_addresses/{id}/put-right", self.put_right, methods=["POST"], name="dead-address-right"
        )
        return [act, *super().own_routes()]

    async def put_right(self, request: Request) -> Response:
        """Let mails go there again, for the reason given."""
        form = await read_form(request, fields=5)
        row = await unreachable.find_address(actor_of(request), str(request.path_params["id"]))
        reason, revision = text_of(form, "reason", longest=5000), number_of(form, "revision")
        try:
            await unreachable.put_right(site_of(request), actor_of(request), row, reason, revision=revision)
        except (AddressMoved, AnswersInvalid) as refusal:
            return await self._refused(request, row, refusal, reason)
        flash(request, say("Mails are sent to this address again."))
        return RedirectResponse(f"{root_of(request)}/dead_addresses/detail?pk={row.id}", status_code=303)

    async def _refused(
        self, request: Request, row: DeadAddress, refusal: AddressMoved | AnswersInvalid, reason: str
    ) -> Response:
        request.state.typed = reason
        if isinstance(refusal, AnswersInvalid):
            request.state.problem = refusal.errors[0].message(language())
        else:
            request.state.problem = public_message(refusal)
        stored = await self.source.one(str(row.id), self.reach(request, "view"))
        response = await self.draw_detail(request, stored or {})
        response.status_code = refusal.status
        return response


def _addresses(value: Any) -> str:
    """The addresses a mail tells of, as it is stored."""
    rows = value if isinstance(value, list) else []
    return ", ".join(dict.fromkeys(str(row["address"]) for row in rows if row.get("address")))


def _reason(value: Any) -> str:
    return translate(value, language()) if value else ""


class BouncesView(RawListView):
    """Every mail that came back, and what was made of it; of those nobody can read, their beginning."""

    detail_template = "bounce.html"
    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            key="bounces",
            menu_label=_("Mails that came back"),
            icon="mail",
            columns=[
                Column("at", _("Taken in"), "moment", sortable=True, filters=("gte", "lte")),
                Column("kind", _("What it is"), "state", choices=KINDS, filters=("eq",)),
                Column("reported", _("E-mail address"), show=_addresses),
                Column("reason", _("Why it is not understood"), wrap=True, show=_reason),
                Column("source", _("Came by"), "code"),
            ],
            source=rows_of(Bounce),
            rule=seen_only("address.view"),
            order=(("at", -1),),
        )

    def title_of(self, row: Row) -> str:
        """When it was taken in."""
        return flat(row.get("at"))

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """What it says of each recipient, or how it begins."""
        bounce = Bounce.model_validate(row)
        return {
            "reported": [(each, KINDS[each.kind]) for each in bounce.reported],
            "messages": f"{root_of(request)}/messages/detail?pk=",
            "beginning": bounce.kept.decode("utf-8", "replace"),
        }
