"""Retention: the classes, what a report found due, who approved it and what was done."""

from datetime import UTC
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.export import BOM, lines
from admin.language import N_, language
from admin.language import lazy_gettext as _
from admin.moments import day
from admin.posted import number_of, text_of
from admin.views.page import Crumb, PageView, route
from models.documents.base import read_id
from models.documents.retention import RetentionRun
from models.errors import NotFound, TorokuError
from models.services import retention
from models.services.site import Site

PAGE = 100
"""Things of a report on one page."""

STATES = {
    "counting": (_("The report is being made"), "info"),
    "reported": (_("Waits for approval"), "warn"),
    "approved": (_("Under way"), "info"),
    "done": (_("Done"), "good"),
    "refused": (_("Not approved"), "plain"),
}
ITEMS = {
    "due": (_("Due"), "warn"),
    "emptied": (_("Files are being removed"), "info"),
    "held": (_("Under a legal hold"), "bad"),
    "done": (_("Done"), "good"),
    "gone": (_("No longer due"), "plain"),
}
KINDS = {
    "record": _("Registration"),
    "application": _("Application"),
    "account": _("Account"),
    "certificate": _("Certificate"),
    "message": _("Mail"),
}
THEN = {"keep": _("kept"), "anonymise": _("anonymised"), "erase": _("erased")}
TABLES = {
    "accounts": _("Accounts"),
    "certificates": _("Certificates"),
    "messages": _("Mails"),
    "events": _("Event log"),
}


class RetentionPage(PageView):
    """What is kept how long, and the runs of the job that lets it go."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Retention"),
            icon="terms",
            path="/retention",
            route_name="retention",
            allowed=lambda request: may(request, "retention.view"),
        )

    @route("", methods=["GET"])
    async def show_all(self, request: Request) -> Response:
        """The classes, and the runs there were."""
        return await self._all(request)

    @route("", methods=["POST"])
    async def ask(self, request: Request) -> Response:
        """Have a report made; nothing is erased by it."""
        await self.form(request, fields=5)
        try:
            run = await retention.ask_report(site_of(request), actor_of(request))
        except TorokuError as refusal:
            if refusal.status != 409:
                raise
            return await self._all(request, refusal)
        return self.back(request, f"/{run.id}", done=N_("The report is being made. Nothing is erased by it."))

    @route("/{id}", methods=["GET"])
    async def show_one(self, request: Request) -> Response:
        """One run: its numbers, and what it found."""
        return await self._one(request, await _found(request))

    @route("/{id}/{deed}", methods=["POST"])
    async def decide(self, request: Request) -> Response:
        """Approve what a report says, or end the run."""
        site, actor, run = site_of(request), actor_of(request), await _found(request)
        deed = str(request.path_params["deed"])
        if deed not in ("approve", "refuse"):
            raise NotFound
        form = await self.form(request, fields=10)
        reason, revision = text_of(form, "reason", longest=5000), number_of(form, "revision")
        try:
            if deed == "approve":
                await retention.approve(site, actor, read_id(run.id), revision=revision)
            else:
                await retention.refuse(site, actor, read_id(run.id), reason, revision=revision)
        except TorokuError as refusal:
            if refusal.status != 409:
                raise
            return await self._one(request, await _found(request), refusal)
        return self.back(request, f"/{run.id}", done=N_("What you decided has been kept."))

    @route("/{id}/report", methods=["GET"])
    async def report(self, request: Request) -> Response:
        """The report as a file: what was found and what became of it."""
        run = await _found(request)
        rows = [row async for row in retention.report_rows(actor_of(request), run)]
        headers = {"Content-Disposition": f'attachment; filename="retention-{run.day}-{run.id}.csv"'}
        return Response((BOM + lines(rows)).encode(), media_type="text/csv", headers=headers)

    async def _all(self, request: Request, refusal: TorokuError | None = None) -> Response:
        site, actor = site_of(request), actor_of(request)
        return self.page(
            request,
            "system_retention.html",
            refusal=refusal,
            classes=[_class(site, *each) for each in retention.classes(site)],
            runs=[self._run(request, each) for each in await retention.runs(actor)],
            may_run=may(request, "retention.run"),
        )

    async def _one(self, request: Request, run: RetentionRun, refusal: TorokuError | None = None) -> Response:
        page = max(1, number_of(request.query_params, "page"))  # type: ignore[arg-type]
        found = await retention.items(run, skip=(page - 1) * PAGE, limit=PAGE + 1)
        own = run.asked_by.id == actor_of(request).account_id
        named = site_of(request).configuration.site.retention
        return self.page(
            request,
            "system_retention_run.html",
            title=f"{self.menu_label} {day(run.day)}",
            crumbs=[Crumb(day(run.day))],
            refusal=refusal,
            run=run,
            row=self._run(request, run),
            items=[_item(each, named) for each in found[:PAGE]],
            counts=[(ITEMS[name][0], count) for name, count in run.counts.items() if name in ITEMS],
            kept=[(named[name].label(language()), n) for name, n in run.kept.items() if name in named],
            newer=self.url(request, f"/{run.id}", page=page - 1) if page > 1 else "",
            older=self.url(request, f"/{run.id}", page=page + 1) if len(found) > PAGE else "",
            may_approve=run.state == "reported" and may(request, "retention.approve") and not own,
            may_refuse=run.state == "reported" and (own or may(request, "retention.approve")),
            own=own and run.state == "reported",
        )

    def _run(self, request: Request, run: RetentionRun) -> dict[str, Any]:
        label, tone = STATES[run.state]
        return {"run": run, "href": self.url(request, f"/{run.id}"), "state": label, "tone": tone}


def _class(site: Site, name: str, found: Any, tables: list[str]) -> dict[str, Any]:
    kinds, spoken = site.registry.all_current(), language()
    told = [kinds[each].definition.label(spoken) if each in kinds else str(TABLES[each]) for each in tables]
    return {
        "name": name,
        "label": found.label(spoken),
        "years": found.years,
        "then": THEN[found.then],
        "of": told,
    }


def _item(item: Any, named: Any) -> dict[str, Any]:
    label, tone = ITEMS[item.state]
    found = named.get(item.retention)
    return {
        "item": item,
        "kind": KINDS[item.kind],
        "class": found.label(language()) if found else item.retention,
        "then": THEN[item.action],
        "state": label,
        "tone": tone,
        "ended": item.ended_at.astimezone(UTC),
    }


async def _found(request: Request) -> RetentionRun:
    return await retention.find_run(read_id(request.path_params["id"]))
