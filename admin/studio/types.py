"""The record types: which there are, and everything about one."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.studio.report import report
from admin.studio.sample import DrawForm, samples
from admin.studio.source import text_changes, told_changes
from admin.studio.work import work_for
from admin.views.page import Crumb, PageView, route
from models.documents.schema_change import SchemaChange
from models.errors import NotFound, TorokuError
from models.permissions import require
from models.services import proposals, publishing
from models.services.impact import assess
from models.services.registry import Published
from models.services.site import Site
from models.services.sources import source_of
from models.workflow.diagram import draw, name_of

COUNTED = 10_001
"""Records are counted up to here."""

PARTS = ("versions", "form", "source", "workflow", "examples")


class TypeLine(NamedTuple):
    """One record type as the list draws it."""

    name: str
    label: str
    version: int
    at: datetime | None
    fields: int
    records: str
    open: tuple[SchemaChange, ...]
    differs: bool
    enabled: bool


class VersionLine(NamedTuple):
    """One version of a type: who published it when, and in short what it changed."""

    published: Published
    current: bool
    changes: list[Any]


class TypePages(PageView):
    """``/studio`` and ``/studio/types/…``: to be read by everybody who may see schemas."""

    draw_form: DrawForm

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """Every record type with what is going on with it."""
        site = site_of(request)
        waiting: dict[str, list[SchemaChange]] = {}
        for change in await proposals.list_changes(site, actor_of(request)):
            if change.open:
                waiting.setdefault(change.type, []).append(change)
        lines = [
            await _type_line(site, published, tuple(waiting.get(name, ())))
            for name, published in sorted(site.registry.all_current().items())
        ]
        return self.page(
            request,
            "studio/index.html",
            lines=lines,
            waiting=waiting,
            altered=sorted(site.registry.altered),
            may_propose=may(request, "schema.propose"),
        )

    @route("/types/{name}", methods=["GET"])
    async def show_type(self, request: Request) -> Response:
        """One part of what there is about a type."""
        published = self.published(request)
        part = request.query_params.get("part") or "versions"
        if part not in PARTS:
            raise NotFound
        definition = published.definition
        return self.page(
            request,
            "studio/type.html",
            title=definition.label(language()),
            crumbs=[Crumb(definition.label(language()))],
            part=part,
            tabs=self._tabs(request, definition.name, part),
            published=published,
            definition=definition,
            spoken=language(),
            differs=_differs(site_of(request), published),
            may_propose=may(request, "schema.propose"),
            **await self._part(request, published, part),
        )

    def published(self, request: Request) -> Published:
        """The version in force of the type the address names. Raises NotFound."""
        return site_of(request).registry.current(str(request.path_params["name"]))

    def _tabs(self, request: Request, name: str, current: str) -> list[tuple[str, str, bool]]:
        labels = {
            "versions": say("Versions"),
            "form": say("Form"),
            "source": say("Source"),
            "workflow": say("Workflow"),
            "examples": say("Examples"),
        }
        return [
            (self.url(request, f"/types/{name}", part=part), labels[part], part == current) for part in PARTS
        ]

    async def _part(self, request: Request, published: Published, part: str) -> dict[str, Any]:
        site, definition = site_of(request), published.definition
        if part == "form":
            return {"samples": samples(definition, self.draw_form)}
        if part == "workflow":
            return {"diagrams": list(_diagrams(site, published))}
        if part == "source":
            return {"source": source_of(published)}
        if part == "examples":
            return {}
        changes = await proposals.list_changes(site, actor_of(request), definition.name)
        return {
            "versions": _version_lines(site, definition.name),
            "changes": [change for change in changes if change.open],
            "references": {change.reference for change in changes},
            "job": await work_for({"type": definition.name}),
        }

    @route("/types/{name}/versions/{version}", methods=["GET"])
    async def show_version(self, request: Request) -> Response:
        """One version: what it changed, in words and in text, and its source."""
        current, version = self.published(request), self._version(request)
        name = current.definition.name
        before = _before(site_of(request), version)
        return self.page(
            request,
            "studio/version.html",
            title=say("Version {number}", {"number": version.version}),
            crumbs=[self.type_crumb(request, current), Crumb(str(version.version))],
            published=version,
            before=before,
            changes=told_changes(before.definition, version.definition) if before else [],
            lines=text_changes(before, version) if before else [],
            source=source_of(version),
            name=name,
            rolls_back=version.version != current.version and may(request, "schema.approve"),
        )

    def type_crumb(self, request: Request, published: Published) -> Crumb:
        """The step of the way that leads to the type's own page."""
        definition = published.definition
        return Crumb(definition.label(language()), self.url(request, f"/types/{definition.name}"))

    def _version(self, request: Request) -> Published:
        """The version the address names. Raises NotFound, also for one that cannot be read."""
        wanted, name = str(request.path_params["version"]), str(request.path_params["name"])
        found = (p for p in site_of(request).registry.versions(name) if str(p.version) == wanted)
        version = next(found, None)
        if version is None:
            raise NotFound
        return version

    @route("/types/{name}/rollback/{version}", methods=["GET"])
    async def ask_rollback(self, request: Request) -> Response:
        """What going back to a version would touch, and the button that does it."""
        return await self._draw_rollback(request)

    async def _draw_rollback(self, request: Request, refusal: TorokuError | None = None) -> Response:
        require(actor_of(request), "schema.approve")
        site, current, version = site_of(request), self.published(request), self._version(request)
        if version.version == current.version:
            raise NotFound
        impact = await assess(site, current, publishing.going_back(site, current, version))
        return self.page(
            request,
            "studio/rollback.html",
            title=say("Go back to version {number}", {"number": version.version}),
            crumbs=[self.type_crumb(request, current), Crumb(say("Go back"))],
            refusal=refusal,
            current=current,
            published=version,
            impact=impact,
            report=report(request, current.definition.name, impact),
        )

    @route("/types/{name}/rollback/{version}", methods=["POST"])
    async def roll_back(self, request: Request) -> Response:
        """Go back; what refuses is said on the page that asked."""
        actor = actor_of(request)
        require(actor, "schema.approve")
        version = self._version(request)
        name = version.definition.name
        try:
            done = await publishing.rollback(site_of(request), actor, name, version.version)
        except NotFound:
            raise
        except TorokuError as refusal:
            return await self._draw_rollback(request, refusal)
        values = {"old": version.version, "new": done.version}
        said = N_("Version {new} is in force; it is version {old} again.")
        return self.back(request, f"/types/{name}", done=said, values=values)


def _diagrams(site: Site, published: Published) -> Iterator[tuple[str, str, Markup]]:
    """What the applications of a type go through, and its records: label, name, picture (escaped SVG)."""
    applications, name = published.definition.applications.workflow, published.definition.lifecycle
    for label, flow in (
        (say("Workflow"), site.workflows[applications]),
        (say("Lifecycle"), site.lifecycles[name]),
    ):
        told = site.configuration.site
        picture = draw(flow, language(), told.roles, told.words.operator)
        yield label, name_of(flow), Markup(picture)  # noqa: S704


async def _type_line(site: Site, published: Published, waiting: tuple[SchemaChange, ...]) -> TypeLine:
    definition = published.definition
    count = await site.records[definition.name].count({}, COUNTED)
    return TypeLine(
        name=definition.name,
        label=definition.label(language()),
        version=published.version,
        at=published.published_at,
        fields=len(definition.fields),
        records=f"{COUNTED - 1:,}+" if count >= COUNTED else f"{count:,}",
        open=waiting,
        differs=_differs(site, published),
        enabled=definition.enabled,
    )


def _differs(site: Site, published: Published) -> bool:
    """Whether the files of this process describe the type otherwise than what is in force."""
    filed = site.configuration.record_types.get(published.definition.name)
    return filed is not None and filed.checksum != published.definition.checksum


def _version_lines(site: Site, name: str) -> list[VersionLine]:
    versions = site.registry.versions(name)
    return [
        VersionLine(
            version,
            version is versions[0],
            told_changes(before.definition, version.definition) if before else [],
        )
        for version, before in zip(versions, [*versions[1:], None], strict=True)
    ]


def _before(site: Site, version: Published) -> Published | None:
    """The readable version before `version`."""
    older = (p for p in site.registry.versions(version.definition.name) if p.version < version.version)
    return next(older, None)
