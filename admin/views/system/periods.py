"""The site's periods: lengths of time its flows name, and what they are for."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.views.page import PageView, route
from models.services.site import Site
from models.workflow.definition import Duration

WORDS = {
    "hours": N_("{count} hours"),
    "days": N_("{count} days"),
    "business_days": N_("{days} business days"),
}
"""A length in words, by its unit."""


class PeriodsPage(PageView):
    """``/periods``: what ``site.yaml`` sets, and where it is used; read-only."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Periods"),
            icon="calendar",
            path="/periods",
            route_name="periods",
            allowed=lambda request: may(request, "calendar.view"),
        )

    def is_listed(self, request: Request) -> bool:
        """Not where the site names none."""
        return bool(site_of(request).configuration.site.periods)

    @route("", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """Every period with its length and its uses."""
        site = site_of(request)
        rows = [
            (period.label(language()), name, words_of(period.length), list(uses_of(site, name)))
            for name, period in site.configuration.site.periods.items()
        ]
        return self.page(request, "system_periods.html", rows=rows)


def words_of(length: Duration | None) -> str:
    """A length in words; that there is no limit where there is none."""
    if length is None:
        return say("No limit")
    return say(WORDS[length.unit], {"count": length.count, "days": length.count})


def uses_of(site: Site, name: str) -> Iterator[str]:
    """The states and the steps whose term a period is, each with its flow."""
    for flow in (*site.workflows.values(), *site.lifecycles.values()):
        for (concept, part, *_key), named in flow.named_periods:
            if named == name:
                label = (flow.states if concept == "states" else flow.transitions)[part].label(language())
                yield f"{flow.label(language())}: {label}" if flow.label else label
