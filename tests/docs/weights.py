"""What the public pages and the operators' weigh, and what axe finds on them, written into the README:
``python -m tests.docs.weights``. Ends with 1 when a page is over its budget or has a fault.

The pages are those of the program's own routes that links lead to: a new page is weighed without being named.
Each is loaded with nothing kept from the one before. 1 kB is 1,000 bytes as sent, headers left out."""

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import typer
from playwright.sync_api import Browser, Page, Request
from playwright.sync_api import Error as Unopened

from app.main import create_app
from app.settings import ROOT, Settings
from tests.app.routes import doors
from tests.docs.demo import shown_demo
from tests.docs.reference import table
from tests.journey.people import press
from tests.journey.server import Program
from tests.journey.visitors import begin_application, browsing, enter_portal, findings_of

README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- weights -->\n).*?(<!-- end: weights -->)", re.DOTALL)

PAGE, SCRIPT = 50_000, 30_000
"""Most bytes of a page with everything it loads, and of its scripts."""

MOST = 120
"""Pages one visitor opens at most."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One page: who opened it, its address, bytes sent by kind, requests to other hosts, what axe finds."""

    who: str
    name: str
    kinds: Mapping[str, int]
    foreign: int
    faults: tuple[str, ...]

    @property
    def whole(self) -> int:
        return sum(self.kinds.values())

    @property
    def problems(self) -> Iterator[str]:
        """What is wrong with the page, in words."""
        if self.whole > PAGE:
            yield f"{self.whole} bytes in all"
        if self.kinds.get("script", 0) > SCRIPT:
            yield f"{self.kinds['script']} bytes of script"
        if self.foreign:
            yield f"{self.foreign} requests to other hosts"
        yield from self.faults

    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        sizes = [self.kinds.get(kind, 0) for kind in ("document", "script", "stylesheet")]
        kilobytes = [f"{size / 1000:.1f}" for size in (*sizes, self.whole)]
        return (self.who, f"`{self.name}`", *kilobytes, str(self.foreign), str(len(self.faults) or "none"))


class Scales:
    """Weighs what one browser tab loads; the tab keeps nothing of the page before."""

    def __init__(self, page: Page, who: str) -> None:
        self.page, self.who = page, who
        self.asked: list[Request] = []
        page.on("requestfinished", lambda request: self.asked.append(request))
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def weigh(self, name: str, open_page: Callable[[], object]) -> Weighed:
        """Load a page by `open_page` and weigh it. Raises playwright's Error for what is no page."""
        self.asked.clear()
        open_page()
        self.page.wait_for_load_state("load")
        kinds: dict[str, int] = {}
        here, foreign = urlsplit(self.page.url).netloc, 0
        for request in [request for request in self.asked if not _leads_on(request)]:
            kinds[request.resource_type] = (
                kinds.get(request.resource_type, 0) + request.sizes()["responseBodySize"]
            )
            foreign += urlsplit(request.url).netloc != here
        return Weighed(self.who, name, kinds, foreign, (*_refusals(self.asked), *findings_of(self.page)))


def _refusals(asked: list[Request]) -> Iterator[str]:
    """A page of an error weighs little and would pass."""
    for request in asked:
        answer = request.response()
        if answer is not None and answer.status >= 400 and answer.status != 422:
            yield f"{urlsplit(request.url).path} answers {answer.status}"


def _leads_on(request: Request) -> bool:
    return request.redirected_to is not None


def walk(
    scales: Scales, url: str, start: str, templates: Mapping[str, re.Pattern[str]], seen: set[str]
) -> Iterator[Weighed]:
    """Follow links from `start`; of every route one page, leaving out those `seen` already."""
    waiting = [start]
    seen.add(template_of(start, templates))
    for _ in range(MOST):
        if not waiting:
            return
        address = waiting.pop(0)
        try:
            yield scales.weigh(template_of(address, templates), partial(scales.page.goto, url + address))
        except Unopened:  # a download
            continue
        for href in scales.page.evaluate("[...document.links].map(link => link.getAttribute('href'))"):
            target = urlsplit(urljoin(address, href))
            template = "" if target.netloc else template_of(target.path, templates)
            if template and template not in seen:
                seen.add(template)
                waiting.append(target.path + (f"?{target.query}" if target.query else ""))


def template_of(path: str, templates: Mapping[str, re.Pattern[str]]) -> str:
    """The route an address belongs to: of several the one with the fewest parameters; "" when it is none."""
    fitting = (name for name, pattern in templates.items() if pattern.fullmatch(urlsplit(path).path))
    return min(fitting, key=lambda name: name.count("{"), default="")


def pages_of_routes() -> dict[str, re.Pattern[str]]:
    """Every page outside the admin, by its route."""
    with tempfile.TemporaryDirectory(prefix="toroku-routes-") as folder:
        found = doors(create_app(Settings(data=Path(folder), worker=False, smtp_url=None)))
    own = (door.template for door in found if door.method == "GET" and not door.in_admin and not door.is_file)
    return {
        template: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", template))
        for template in own
        if template not in ("/healthz", "/readyz", "/service.json", "/notices.atom")
    }


def weigh_all(browser: Browser, program: Program) -> Iterator[Weighed]:
    """Every page of anybody, of an applicant (a form empty and with its errors) and of an operator."""
    templates, demo = pages_of_routes(), program.folder / "demo"
    seen: set[str] = set()
    with browsing(browser, program.url) as page:
        yield from walk(Scales(page, "anybody"), program.url, "/", templates, seen)
    with browsing(browser, program.url) as page:
        address = begin_application(page, program.url, demo).removeprefix(program.url)
        scales = Scales(page, "applicant")
        first = urlsplit(page.url).path
        yield scales.weigh("/apply/{record_type}", lambda: page.goto(f"{program.url}/apply/operator"))
        yield scales.weigh(template_of(first, templates), lambda: page.goto(program.url + first))
        yield scales.weigh("the same with errors", lambda: press(page, '.actions button[value="next"]'))
        for rest in ("/check", "/save", "/withdraw"):
            whole = program.url + address + rest
            yield scales.weigh(f"/applications/{{reference}}{rest}", partial(page.goto, whole))
    with browsing(browser, program.url) as page:
        enter_portal(page, program.url, demo)
        yield from walk(Scales(page, "operator"), program.url, "/portal", templates, seen)


def write(rows: list[Weighed]) -> None:
    """The table into the README, where it has a place for it."""
    heads = ("who", "page", "HTML kB", "script kB", "style kB", "all kB", "other hosts", "axe")
    made = table(heads, (weighed.row() for weighed in rows))
    readme = README.read_text(encoding="utf-8")
    README.write_text(BLOCK.sub(lambda found: f"{found[1]}\n{made}\n\n{found[2]}", readme), encoding="utf-8")


def main() -> int:
    """Start the demo, weigh its pages, write the table; 1 when something is over its budget or at fault."""
    with shown_demo() as (browser, program):
        rows = list(weigh_all(browser, program))
    write(rows)
    problems = [f"{row.who} {row.name}: {problem}" for row in rows for problem in row.problems]
    typer.echo("\n".join(problems) or f"{len(rows)} pages, none over budget, none with a fault")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
