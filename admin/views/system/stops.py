"""The stops: what is stopped or announced, for whom, on which ground; and what was, for ever."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.posted import number_of, text_of
from admin.views.page import Crumb, PageView, route
from models.documents.base import Id, read_id
from models.documents.event import Event
from models.documents.stop import OPERATOR, SITE, Level, Stop
from models.errors import TorokuError
from models.services import stops
from models.services.side_words import side_words
from models.services.site import Site
from models.services.switches import GROUNDS, TEXT_LIMIT, ground_of

PAST = 30
"""Stops that are over, on one page."""

LEVELS: Mapping[Level, Any] = {
    "read_only": _("Only reading: nothing is written"),
    "closed": _("Closed: only the page that says so"),
}

TYPED = ("operator", "level", "code", "text", "starts", "until", "reason", "whom")
"""What is kept on the page when a form is refused."""


class StopsPage(PageView):
    """Everything that is stopped; set, changed and ended by those who may, seen by all staff."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Stops"),
            icon="switch",
            path="/stops",
            route_name="stops",
            allowed=lambda request: may(request, "stop.view"),
        )

    @route("", methods=["GET"])
    async def show_all(self, request: Request) -> Response:
        """What stands, what is announced, what was."""
        return await self._all(request)

    @route("", methods=["POST"])
    async def set_one(self, request: Request) -> Response:
        """Set a stop as the form says, at once or planned."""
        site, actor = site_of(request), actor_of(request)
        form = await self.form(request, fields=20)
        try:
            scope, label = await _whom(site, form)
            await stops.set_stop(
                site,
                actor,
                scope,
                level="closed" if text_of(form, "level") == "closed" else "read_only",
                code=number_of(form, "code"),
                text=text_of(form, "text", longest=5000),
                starts=_moment(site, form, "starts"),
                until=_moment(site, form, "until"),
                label=label,
                token=text_of(form, "token", longest=64) or None,
            )
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return await self._all(request, refusal, _typed(form))
        return self.back(request, done=N_("The stop is set. It holds in every process within a second."))

    @route("/{id}", methods=["GET"])
    async def show_one(self, request: Request) -> Response:
        """One stop, and everything that was done with it."""
        return await self._one(request, await _found(request))

    @route("/{id}/change", methods=["POST"])
    async def change(self, request: Request) -> Response:
        """Let it last longer or shorter, or tell it otherwise."""
        site, stop = site_of(request), await _found(request)
        form = await self.form(request, fields=20)
        try:
            await stops.change_stop(
                site,
                actor_of(request),
                stop.id,
                until=_moment(site, form, "until"),
                text=text_of(form, "text", longest=5000),
                reason=text_of(form, "reason", longest=5000),
                revision=number_of(form, "revision"),
            )
        except TorokuError as refusal:
            return await self._refused(request, stop, refusal, form)
        return self.back(request, f"/{stop.id}", done=N_("The stop has been changed."))

    @route("/{id}/end", methods=["POST"])
    async def end(self, request: Request) -> Response:
        """End it now, or call it off."""
        stop, form = await _found(request), await self.form(request, fields=20)
        reason, revision = text_of(form, "reason", longest=5000), number_of(form, "revision")
        try:
            await stops.end_stop(site_of(request), actor_of(request), stop.id, reason, revision=revision)
        except TorokuError as refusal:
            return await self._refused(request, stop, refusal, form)
        return self.back(request, done=N_("The stop has been ended."))

    async def _refused(self, request: Request, stop: Stop, refusal: TorokuError, form: FormData) -> Response:
        if refusal.status not in (409, 422):
            raise refusal
        return await self._one(request, await stops.find_stop(stop.id), refusal, _typed(form))

    async def _all(
        self, request: Request, refusal: TorokuError | None = None, typed: Mapping[str, str] | None = None
    ) -> Response:
        site, now = site_of(request), site_of(request).now()
        live = await stops.live_stops(site)
        page = max(1, _number(request.query_params.get("page")))
        past = await stops.past_stops(site, PAST + 1, (page - 1) * PAST)
        return self.page(
            request,
            "system_stops.html",
            refusal=refusal,
            standing=[self._row(request, stop) for stop in live if stop.stands(now)],
            planned=[self._row(request, stop) for stop in live if stop.is_planned(now)],
            past=[self._row(request, stop) for stop in past[:PAST]],
            newer=self.url(request, page=page - 1) if page > 1 else "",
            older=self.url(request, page=page + 1) if len(past) > PAST else "",
            levels=list(LEVELS.items()),
            grounds=_grounds(),
            limit=TEXT_LIMIT,
            may_set=may(request, "stop.set"),
            typed=typed or {"token": token_hex(16)},
        )

    async def _one(
        self,
        request: Request,
        stop: Stop,
        refusal: TorokuError | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        now = site_of(request).now()
        return self.page(
            request,
            "system_stop.html",
            refusal=refusal,
            title=_whom_words(request, stop),
            crumbs=[Crumb(_whom_words(request, stop))],
            stop=stop,
            row=self._row(request, stop),
            state=_state(stop, now),
            facts=_facts(stop),
            history=_timeline(await stops.history(stop.id)),
            may_set=may(request, "stop.set") and not stop.is_over(now) and stop.cause is None,
            planned=stop.is_planned(now),
            limit=TEXT_LIMIT,
            typed=typed or {"text": stop.text, "until": _written(site_of(request), stop.until)},
        )

    def _row(self, request: Request, stop: Stop) -> Mapping[str, Any]:
        return {
            "href": self.url(request, f"/{stop.id}"),
            "whom": _whom_words(request, stop),
            "level": LEVELS[stop.level],
            "ground": f"{stop.code}. {ground_of(stop)(language())}",
            "text": stop.text,
            "starts": stop.starts,
            "over": stop.over_at,
            "by": say("The program") if stop.automatic else stop.by.name,
        }


async def _found(request: Request) -> Stop:
    return await stops.find_stop(read_id(request.path_params["id"]))


async def _whom(site: Site, form: FormData) -> tuple[Id | None, str]:
    """The operator a stop is for, with its number and name; nobody where it is for everybody."""
    if text_of(form, "whom") != "operator":
        return None, ""
    return await stops.find_operator(site, text_of(form, "operator", longest=200))


def _moment(site: Site, form: FormData, name: str) -> datetime | None:
    return stops.read_moment(site, name, text_of(form, name, longest=40))


def _written(site: Site, moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(site.calendar.zone):%Y-%m-%dT%H:%M}"


def _typed(form: FormData) -> Mapping[str, str]:
    return {name: text_of(form, name, longest=5000) for name in (*TYPED, "token")}


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else 1


def _grounds() -> list[tuple[Any, str]]:
    spoken = language()
    return [("", "—"), *((code, f"{code}. {text(spoken)}") for code, text in GROUNDS.items())]


def _whom_words(request: Request, stop: Stop) -> str:
    if stop.key == SITE:
        return say("Everybody")
    kind = stop.key.partition(":")[0]
    words = {
        OPERATOR: side_words(site_of(request))["Operator"](language()),
        "account": say("Account"),
        "certificate": say("Certificate"),
        "address": say("Address"),
    }
    return f"{words.get(kind, kind)} {stop.label or stop.key.partition(':')[2]}"


def _state(stop: Stop, now: datetime) -> tuple[str, str]:
    if stop.stands(now):
        return say("Stopped"), "bad"
    return (say("Announced"), "warn") if stop.is_planned(now) else (say("Over"), "done")


def _facts(stop: Stop) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        (say("Ground"), f"{stop.code}. {ground_of(stop)(language())}"),
        (say("What those concerned are told"), stop.text),
        (say("What is possible"), LEVELS[stop.level]),
        (say("Set by"), say("The program") if stop.automatic else stop.by.name),
    ]
    if stop.cause is not None:
        facts.append((say("Belongs to"), stop.cause.label))
    return facts


def _timeline(events: Sequence[Event]) -> list[dict[str, Any]]:
    """What was done, as the timeline draws it."""
    words = {"stop.set": say("Stopped"), "stop.changed": say("Changed"), "stop.ended": say("Ended")}
    tones = {"stop.set": "bad", "stop.ended": "good"}
    return [
        {
            "at": event.at,
            "who": event.actor.name,
            "what": words.get(event.action, event.action),
            "note": str(event.details.get("reason") or event.details.get("text") or ""),
            "tone": tones.get(event.action, ""),
        }
        for event in events
    ]
