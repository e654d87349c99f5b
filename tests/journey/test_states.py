"""Every kind of page is accessible in every state; a whole application is made by keyboard alone."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from app.opening import configuration_of
from app.settings import Settings
from models.schema.definition import RecordType
from tests.journey.people import press, width_of
from tests.journey.server import Program
from tests.journey.visitors import begin_application, browsing, enter_portal, findings_of
from tests.services.answers import valid_answers

pytestmark = pytest.mark.browser

LOOKS = {"en, at 200 %": ("en", 640), "ja": ("ja", 1280)}
"""Language and width: a window of 640 is one of 1280 enlarged twice."""

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3

States = Iterator[tuple[str, Page]]


def states_of_anybody(page: Page, url: str) -> States:
    for address in ("/", "/environment", "/accessibility", "/status", "/login", "/notices", "/nothing-here"):
        page.goto(url + address)
        yield address, page
    page.goto(f"{url}/login")
    page.fill('[name="login"]', LONG)
    press(page, "main form button.button--primary")
    yield "sign-in refused", page
    page.goto(f"{url}/status")
    press(page, "main form button.button--primary")
    yield "status with errors", page


def states_of_a_form(page: Page, url: str, demo: Path) -> States:
    base = begin_application(page, url, demo)
    yield "empty", page
    press(page, '.actions button[value="next"]')
    yield "with errors", page
    for box in page.locator('main .input:not([type="file"], select)').all():
        box.fill(LONG)
    press(page, '.actions button[value="next"]')
    yield "with long answers and errors", page
    for rest in ("/pages/delegate", "/check", "/save", "/withdraw"):
        page.goto(base + rest)
        yield rest, page


def states_of_an_operator(page: Page, url: str, demo: Path) -> States:
    enter_portal(page, url, demo)
    for address in ("/portal", "/portal/resource", "/portal/operator", "/portal/users", "/portal/notices"):
        page.goto(url + address)
        yield address, page


@pytest.mark.parametrize(
    "look", [pytest.param(look, marks=[pytest.mark.slow] if look == "ja" else []) for look in LOOKS]
)
def test_no_state_of_any_page_has_a_fault(chromium: Browser, shown: Program, look: str) -> None:
    language, width = LOOKS[look]
    demo = shown.folder / "demo"
    walks: tuple[Callable[[Page], States], ...] = (
        lambda page: states_of_anybody(page, shown.url),
        lambda page: states_of_a_form(page, shown.url, demo),
        lambda page: states_of_an_operator(page, shown.url, demo),
    )
    wrong = []
    for walk in walks:
        with browsing(chromium, shown.url, language, width=width) as page:
            wrong += [(state, fault) for state, there in walk(page) for fault in findings_of(there)]
    assert not wrong, "\n".join(map(str, wrong))


def test_the_check_finds_what_is_wrong(chromium: Browser, shown: Program) -> None:
    with browsing(chromium, shown.url) as page:
        page.goto(f"{shown.url}/environment")
        page.evaluate(
            """() => { document.querySelector("main h1").insertAdjacentHTML("afterend",
                "<h4>x</h4><input><p id=wide>x</p><a href=/>a</a> <a href=/>b</a>");
                document.querySelector("#wide").style.width = "60rem"; }"""
        )
        faults = " ".join(findings_of(page))
    for part in ("heading-order", "label", "too wide at 320", "twice as large"):
        assert part in faults


def test_what_is_too_wide_with_large_letters_only_is_found(chromium: Browser, shown: Program) -> None:
    with browsing(chromium, shown.url) as page:
        page.goto(f"{shown.url}/environment")
        assert width_of(page) == []
        page.evaluate("document.querySelector('main p').style.width = '15rem'")
        assert width_of(page) == ["192 px too wide at 320 with letters twice as large"]


# Nothing is at the place of what a question that has just come pushed out of the window.
FOCUSED = """() => {
    const at = document.activeElement, box = at.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    return { tag: at.tagName, type: at.type || "", name: at.name || "", value: at.value || "", id: at.id,
      role: at.getAttribute("role") || "", checked: Boolean(at.checked), href: at.getAttribute("href") || "",
      ring: parseFloat(getComputedStyle(at).outlineWidth),
      seen: hit === null || (hit === at || at.contains(hit) || hit.contains(at)) };
}"""


class Keys:
    """Somebody who has a keyboard and no mouse; ``faults`` is where the focus could not be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []

    def tab(self) -> Mapping[str, Any]:
        """To the next thing that can be used."""
        self.page.keyboard.press("Tab")
        at: Mapping[str, Any] = self.page.evaluate(FOCUSED)
        if at["tag"] != "BODY" and not (at["ring"] >= 2 and at["seen"]):
            self.faults.append(f"{self.page.url} {at}")
        return at

    def until(self, wanted: Callable[[Mapping[str, Any]], bool], answers: Mapping[str, Any]) -> None:
        """On to what is `wanted`, answering on the way."""
        for _ in range(150):
            at = self.tab()
            if wanted(at):
                return
            self.answer(at, answers)
        raise AssertionError(f"no way there by keyboard on {self.page.url}")

    def answer(self, at: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
        """Answer the question the focus is on, when it is still open."""
        name = at["name"].removesuffix("__confirm")
        wanted = answers.get(name)
        if at["role"] == "combobox":
            self.search(at, answers)
        elif wanted is None:
            return
        elif at["type"] == "checkbox":
            if at["value"] in wanted and not at["checked"]:
                self.page.keyboard.press("Space")
        elif at["type"] == "radio":
            self.choose(at, wanted)
        elif at["tag"] == "SELECT":
            self.pick(name, wanted)
        elif not at["value"]:
            self.page.keyboard.type(wanted)

    def choose(self, at: Mapping[str, Any], wanted: str) -> None:
        """Arrows move within the options; the blank takes the one there."""
        self.page.keyboard.press("Space")
        for _ in range(20):
            if self.page.evaluate(FOCUSED)["value"] == wanted:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{at['name']} has no {wanted}")

    def pick(self, name: str, wanted: str) -> None:
        """Down to a choice of a list; none is picked yet."""
        values = self.page.locator(f'select[name="{name}"] option').evaluate_all(
            "all => all.map(one => one.value)"
        )
        if not self.page.evaluate(FOCUSED)["value"]:
            for _ in range(values.index(wanted)):
                self.page.keyboard.press("ArrowDown")

    def search(self, at: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
        """A part of the word into the search box, then the first thing found."""
        name = self.page.evaluate(
            """() => document.activeElement.closest("[data-question]").querySelector("select").name"""
        )
        if name in answers and not at["value"]:
            self.page.keyboard.type(self.label(name, answers[name])[:2])
            self.page.keyboard.press("ArrowDown")
            self.page.keyboard.press("Enter")

    def label(self, name: str, value: str) -> str:
        """What the choice is called."""
        found = self.page.locator(f'select[name="{name}"] option[value="{value}"]').text_content()
        assert found
        return found.strip()

    def press(self) -> None:
        """Use what the focus is on."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


def typed(definition: RecordType) -> dict[str, Any]:
    """The answers by the names of boxes."""
    answers = valid_answers(definition) | {"operator_code": "K0K1"}
    boxes = {
        f"{name}.{box}": part
        for name, raw in answers.items()
        if definition.by_name[name].control == "date"
        for box, part in zip(("year", "month", "day"), str(raw).split("-"), strict=True)
    }
    return answers | boxes


def is_next(at: Mapping[str, Any]) -> bool:
    return bool(at["tag"] == "BUTTON" and at["value"] == "next")


def test_a_whole_application_is_made_by_keyboard_alone(chromium: Browser, shown: Program) -> None:
    answers = typed(configuration_of(Settings(data=shown.folder)).record_types["operator"])
    with browsing(chromium, shown.url) as page:
        keys, base = Keys(page), begin_application(page, shown.url, shown.folder / "demo")
        assert keys.tab()["href"] == "#main"
        page.keyboard.press("Enter")
        for _ in range(24):
            if "/pages/" not in page.url:
                break
            keys.until(is_next, answers)
            keys.press()
        assert page.url.partition("#")[0] == f"{base}/check", page.locator(".error").all_inner_texts()
        keys.until(lambda at: at["tag"] == "BUTTON" and "button--primary" in _classes(page), {})
        keys.press()
        assert page.url.startswith(base), page.url
        assert not page.locator(".error").all_inner_texts()
        assert base.rpartition("/")[2] in page.inner_text("main")
    assert not keys.faults, "\n".join(keys.faults)


def _classes(page: Page) -> str:
    return str(page.evaluate("document.activeElement.className"))
