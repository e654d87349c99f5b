"""The editor: a record type's YAML, checked, previewed, weighed and proposed. What was typed always stays."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, site_of
from admin.language import N_, language, say
from admin.refusals import Problem, problems_of
from admin.studio.beginning import template
from admin.studio.draft import LARGEST_PART, LARGEST_TEXT, Draft, line_numbers, read_draft, read_moment
from admin.studio.insertion import insert_step
from admin.studio.report import Touched, report
from admin.studio.sample import Sample, samples
from admin.studio.types import TypePages
from admin.studio.words import words
from admin.views.page import Crumb, route
from models.configuration.candidate import read_candidate
from models.errors import ConfigurationError, NotFound, SchemaChangeRefused, StepsFailed, TorokuError
from models.permissions import require
from models.schema.changes import compare_definitions
from models.schema.definition import RecordType
from models.schema.finding import Finding
from models.services import proposals
from models.services.impact import Impact, assess
from models.services.registry import Published
from models.services.sources import source_of

MOST_FAILED = 20
"""Records named when steps do not work on them."""

PLACE = "text"
"""The id of the editor: what a problem of the whole text is about."""


@dataclass
class Shown:
    """What the page says beside the text. `checked` tells "nothing found" from "not looked yet"."""

    draft: Draft
    findings: tuple[Finding, ...] = ()
    checked: bool = False
    samples: list[Sample] = field(default_factory=list)
    impact: Impact | None = None
    report: list[Touched] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()
    code: str = ""
    said: str = ""

    @property
    def status(self) -> int:
        """422 where something must be put right before it can be proposed."""
        wrong = any(finding.severity == "error" for finding in self.findings)
        return 422 if wrong or self.problems else 200


class EditorPages(TypePages):
    """``/studio/new`` and ``/studio/types/{name}/edit``, for those who may propose."""

    @route("/new", methods=["GET"])
    async def begin_type(self, request: Request) -> Response:
        """The editor with the text a new type begins from."""
        require(actor_of(request), "schema.propose")
        configuration = site_of(request).configuration
        text = template(next(iter(configuration.workflows)), next(iter(configuration.lifecycles)))
        return self._draw_editor(request, Shown(Draft(text)))

    @route("/new", methods=["POST"])
    async def receive_type(self, request: Request) -> Response:
        """What was typed for a new type."""
        return await self._receive(request)

    @route("/types/{name}/edit", methods=["GET"])
    async def edit_type(self, request: Request) -> Response:
        """The editor with the source in force, or with that of a proposal of this type."""
        require(actor_of(request), "schema.propose")
        published = self.published(request)
        wanted = request.query_params.get("proposal")
        text = await self._proposed(request, wanted) if wanted else source_of(published)
        return self._draw_editor(request, Shown(Draft(text, base=published.version)))

    async def _proposed(self, request: Request, reference: str) -> str:
        change = await proposals.find_change(site_of(request), actor_of(request), reference)
        if change.type != request.path_params["name"]:
            raise NotFound
        return change.source

    @route("/types/{name}/edit", methods=["POST"])
    async def receive_edit(self, request: Request) -> Response:
        """What was typed for a type there is."""
        return await self._receive(request)

    async def _receive(self, request: Request) -> Response:
        require(actor_of(request), "schema.propose")
        form = await self.form(request, field_bytes=LARGEST_PART)
        draft = read_draft(form)
        if draft.is_too_long:
            return self._draw_editor(request, _too_long(draft))
        shown = await self._done(request, draft)
        if isinstance(shown, Response):
            return shown
        if form.get("part"):
            return self.site.render(request, "studio/findings.html", self._facts(request, shown))
        return self._draw_editor(request, shown)

    async def _done(self, request: Request, draft: Draft) -> Shown | Response:
        """What the button does; a text that cannot be used is told for every button."""
        site = site_of(request)
        candidate = await asyncio.to_thread(read_candidate, draft.text, site.configuration)
        definition, name = candidate.definition, request.path_params.get("name")
        other = definition is not None and name not in (None, definition.name)
        problems = (_renamed(str(name)),) if other else ()
        shown = Shown(draft, candidate.findings, checked=True, problems=problems)
        if definition is None or shown.status != 200:
            return shown
        return await self._act(request, shown, definition)

    async def _act(self, request: Request, shown: Shown, definition: RecordType) -> Shown | Response:
        action, _, change = shown.draft.action.partition(":")
        if action == "preview":
            drawn = await asyncio.to_thread(samples, definition, self.draw_form)
            return replace(shown, samples=drawn)
        if action == "impact":
            return await self._weigh(request, shown, definition)
        if action == "insert":
            return self._insert(request, shown, definition, change)
        if action == "propose":
            return await self._propose(request, shown, definition)
        return shown

    def _standing(self, request: Request, definition: RecordType) -> Published | None:
        """What is in force under this name; None for a new type."""
        return site_of(request).registry.all_current().get(definition.name)

    async def _weigh(self, request: Request, shown: Shown, definition: RecordType) -> Shown:
        standing = self._standing(request, definition)
        if standing is None:
            return replace(shown, said=say("This is a new record type: nothing is stored under it yet."))
        impact = await assess(site_of(request), standing, definition)
        lines = report(request, definition.name, impact, shown.draft.acknowledged)
        return replace(shown, impact=impact, report=lines)

    def _insert(self, request: Request, shown: Shown, definition: RecordType, change: str) -> Shown:
        """Put the step suggested for a change (``code:path``) into the text; it is compared anew for it."""
        standing = self._standing(request, definition)
        if standing is None:
            raise NotFound
        found = compare_definitions(standing.definition, definition, standing.version)
        step = next((one.step for one in found if f"{one.code}:{one.path}" == change), None)
        if step is None:
            message = say("Your text has no such change any more. Look at the impact again.")
            return replace(shown, problems=(Problem(message, PLACE),))
        try:
            text = insert_step(shown.draft.text, standing.version, step)
        except ValueError:
            message = say("The list “evolution” of your text cannot be read; put the step in by hand.")
            return replace(shown, problems=(Problem(message, PLACE),))
        said = say("The step was put into the text. Look at the impact again.")
        return replace(shown, draft=replace(shown.draft, text=text), said=said)

    async def _propose(self, request: Request, shown: Shown, definition: RecordType) -> Shown | Response:
        site, draft = site_of(request), shown.draft
        try:
            moment = read_moment(draft.effective, site.calendar.zone)
        except (ValueError, OverflowError):
            message = say("This is not a date and time.")
            return replace(shown, problems=(Problem(message, "effective"),))
        try:
            change = await proposals.propose(
                site,
                actor_of(request),
                draft.text,
                note=draft.note,
                acknowledged=sorted(draft.acknowledged),
                effective_at=moment,
            )
        except TorokuError as refusal:
            return await self._refused(request, shown, definition, refusal)
        said = N_("Proposed as {reference}. Another steward decides on it.")
        return self.back(
            request, f"/proposals/{change.reference}", done=said, values={"reference": change.reference}
        )

    async def _refused(
        self, request: Request, shown: Shown, definition: RecordType, refusal: TorokuError
    ) -> Shown:
        """The text again with the reason; where data would be hurt, the table of what would be."""
        if isinstance(refusal, SchemaChangeRefused) and refusal.rows:
            shown = await self._weigh(request, shown, definition)
        findings = refusal.findings if isinstance(refusal, ConfigurationError) else shown.findings
        problems = (*problems_of(refusal), *_failures(refusal))
        return replace(shown, findings=findings, problems=problems, code=refusal.code)

    def _draw_editor(self, request: Request, shown: Shown) -> Response:
        name = request.path_params.get("name")
        standing = self.published(request) if name else None
        title = say("Change “{type}”", {"type": standing.definition.label}) if standing else say("New type")
        crumbs = [self.type_crumb(request, standing), Crumb(say("Edit"))] if standing else [Crumb(title)]
        return self.page(
            request,
            "studio/editor.html",
            title=title,
            crumbs=crumbs,
            status=shown.status,
            published=standing,
            moved=standing is not None and shown.draft.base not in (None, standing.version),
            words=words(site_of(request)),
            longest=LARGEST_TEXT,
            zone=str(site_of(request).calendar.zone),
            address=self.url(request, f"/types/{name}/edit" if name else "/new"),
            **self._facts(request, shown),
        )

    def _facts(self, request: Request, shown: Shown) -> Mapping[str, Any]:
        spoken = language()
        last = shown.draft.text.count("\n") + 1
        findings = [
            (f.severity, min(f.line, last), f.code, f.problem(spoken), f.remedy(spoken))
            for f in shown.findings
        ]
        marks = {line: severity for severity, line, *_ in reversed(findings)}
        return {
            "shown": shown,
            "draft": shown.draft,
            "findings": findings,
            "errors": sum(finding.severity == "error" for finding in shown.findings),
            "excerpt": line_numbers(marks, shown.draft.text),
            "problems": shown.problems,
            "refusal_code": shown.code,
        }


def _too_long(draft: Draft) -> Shown:
    values = {"longest": f"{LARGEST_TEXT:,}", "length": f"{len(draft.text):,}"}
    message = say("The text has {length} characters; {longest} are the most. Nothing was checked.", values)
    return Shown(draft, problems=(Problem(message, PLACE),))


def _failures(refusal: TorokuError) -> Iterator[Problem]:
    """The records the steps do not work on, one line each."""
    for failure in refusal.failures[:MOST_FAILED] if isinstance(refusal, StepsFailed) else ():
        yield Problem(f"{failure.number} {failure.path}: {failure.message(language())}")


def _renamed(name: str) -> Problem:
    message = say(
        "This page changes “{name}”; keep “record_type: {name}”, or begin a new type.", {"name": name}
    )
    return Problem(message, PLACE)
