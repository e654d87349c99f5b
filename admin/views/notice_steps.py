"""A step of a notice: what it does, to how many, with which mail, and the form that takes it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import site_of
from admin.language import N_, language, say
from admin.views import notice_told as told
from admin.views import record_steps
from admin.views.notice_base import NoticeBase
from admin.views.page import route
from models.documents.record import Record
from models.errors import NotFound, TorokuError
from models.schema.definition import RecordType
from models.services import noticeboard
from models.services.noticeboard import Preview
from models.services.side_words import side_words
from models.workflow.definition import State, Transition

ANNOUNCING = frozenset({"publish"})
"""Effects by which somebody is told; the page of a step with one says who."""


class NoticeSteps(NoticeBase):
    """``/notices/{id}/steps/{step}``: publishing, withdrawing, archiving, whatever its lifecycle has."""

    @route("/{id}/steps/{step}", methods=["GET"])
    async def step(self, request: Request) -> Response:
        """What a step would do, and the form that takes it."""
        record, definition = await self.find(request)
        return await self._draw_step(request, record, definition)

    @route("/{id}/steps/{step}", methods=["POST"])
    async def take(self, request: Request) -> Response:
        """Take the step; refused, the form comes back with what was typed."""
        posted = replace(await record_steps.read(request), step=self._step(request))
        record, definition = await self.find(request)
        try:
            moved = await record_steps.take(request, record, posted)
        except NotFound:
            raise
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            record, definition = await self.find(request)
            return await self._draw_step(request, record, definition, refusal, posted)
        state = told.states_of(site_of(request), definition)[moved.lifecycle].label
        return self.back(request, f"/{record.id}", done=N_("Done: {state}"), values={"state": state})

    def _step(self, request: Request) -> str:
        return str(request.path_params["step"])[:64]

    async def _draw_step(
        self,
        request: Request,
        record: Record,
        definition: RecordType,
        refusal: TorokuError | None = None,
        posted: record_steps.Posted | None = None,
    ) -> Response:
        states = told.states_of(site_of(request), definition)
        name = self._step(request)
        try:
            drawn = await record_steps.context(request, record, name, states, refusal, posted)
        except TorokuError as late:
            raise refusal or late from late
        return self.page(
            request,
            "notice_step.html",
            title=drawn["label"],
            crumbs=self.way(request, record, drawn["label"]),
            refusal=refusal,
            record=record,
            back=self.url(request, f"/{record.id}"),
            **{**drawn, **_badges(states, record, drawn)},
            **await self._announced(request, record, drawn),
            moment=_moment(definition, record, self._later(request, definition, drawn)),
        )

    def _later(self, request: Request, definition: RecordType, drawn: dict[str, Any]) -> Transition | None:
        """What the clock publishes by itself once this step is taken, at the moment an answer names."""
        lifecycle = site_of(request).lifecycles[definition.lifecycle]
        following = drawn["outcome"].transition.to
        return next(
            (
                each
                for each in lifecycle.transitions.values()
                if each.at and not each.after and following in each.origins and _publishes(each)
            ),
            None,
        )

    async def _announced(self, request: Request, record: Record, drawn: dict[str, Any]) -> dict[str, Any]:
        """Whom a step that publishes tells, and with which mail."""
        definition = site_of(request).registry.current(record.type).definition
        later = self._later(request, definition, drawn)
        if later is None and not _publishes(drawn["outcome"].transition):
            return {"refusal_told": "", "articles": [], "reach": [], "mail": None}
        preview = await noticeboard.preview_of(site_of(request), record)
        return {
            "refusal_told": told.refused(preview.refusal),
            "articles": told.written(preview.edition) if preview.edition else [],
            **await self.announced(request, preview),
        }

    async def announced(self, request: Request, preview: Preview) -> dict[str, Any]:
        """Whom an edition would be for, and the mail they would have."""
        if preview.edition is None:
            return {"reach": [], "mail": None}
        try:
            reach = told.reached(side_words(site_of(request)), await self.reach(request, preview.edition))
        except NotFound:
            return {"reach": [], "mail": None}
        return {
            "reach": reach,
            "mail": noticeboard.mail_of(site_of(request), preview.edition, language(), say("(name)")),
        }


def _badges(states: Mapping[str, State], record: Record, drawn: dict[str, Any]) -> dict[str, Any]:
    """The state before and after, with the tones a notice's states have."""
    transition = drawn["outcome"].transition
    ends, publishes = _ends(transition), _publishes(transition)
    return {
        "before": told.badge_of(states, record.lifecycle, ends),
        "after": told.badge_of(states, transition.to, publishes),
    }


def _moment(definition: RecordType, record: Record, later: Transition | None) -> str:
    """The answer that says when it is published by itself; "" where no clock does it."""
    field = definition.by_name.get(later.at) if later is not None and later.at else None
    return field.show(record.data.get(field.name), language()) if field is not None else ""


def _publishes(transition: Transition) -> bool:
    return any(call.effect in ANNOUNCING for call in transition.effects)


def _ends(transition: Transition) -> bool:
    """Whether readers see the notice until this step."""
    return any(call.effect in ("withdraw", "archive") for call in transition.effects)
