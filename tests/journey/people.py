"""What people do in the browser, in words: fill in a form, sign in, decide."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as Waited

from models.schema.definition import RecordType
from models.schema.fields import BaseField, TableField

ARTEFACTS = Path(os.environ.get("TOROKU_ARTEFACTS", "test-artefacts"))
"""Where screenshots are kept."""

SAMPLE_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)


def faults_of(page: Page) -> list[str]:
    """What axe finds on the page (WCAG 2.2 AA and best practice), and whether it fits 320 pixels. Imported
    style sheets are not read again: axe would put them into the page, which the policy refuses."""
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:150]}" for rule in found] + width_of(page)


WIDTHS = """() => {
    const root = document.documentElement, plain = root.scrollWidth - innerWidth;
    root.style.fontSize = "200%";
    const large = root.scrollWidth - innerWidth;
    root.style.fontSize = "";
    return [plain, large];
}"""
"""By how much a page is wider than its window, as it is and with letters twice as large."""


def width_of(page: Page) -> list[str]:
    """Whether the page fits 320 pixels, also with letters twice as large (WCAG 1.4.4 and 1.4.10)."""
    size = page.viewport_size or {"width": 1280, "height": 900}
    page.set_viewport_size({"width": 320, "height": 800})
    plain, large = page.evaluate(WIDTHS)
    page.set_viewport_size(size)
    told = ((plain, ""), (large, " with letters twice as large"))
    return [f"{over} px too wide at 320{letters}" for over, letters in told if over > 0]


def press(page: Page, selector: str) -> None:
    """Click something that leads to another page, and wait for that page."""
    with page.expect_navigation():
        page.click(selector)


def fill_page(page: Page, definition: RecordType, names: tuple[str, ...], answers: Mapping[str, Any]) -> None:
    """Answer the questions of one page that are there now."""
    for name in names:
        field = definition.by_name[name]
        there = page.locator(f'[name^="{name}"], button[value="add:{name}"]').count()
        if field.asked and name in answers and there:
            fill_field(page, field, name, answers[name])


def fill_field(page: Page, field: BaseField, path: str, raw: Any) -> None:
    """Answer one question as a person would."""
    if isinstance(field, TableField):
        fill_table(page, field, path, raw)
    elif field.parts:
        fill_parts(page, field, path, raw)
    elif field.control in ("date", "year_month", "datetime"):
        boxes = ("year", "month", "day", "hour", "minute")
        for box, text in zip(boxes, re.split("[-T:]", str(raw)), strict=False):
            page.fill(f'[name="{path}.{box}"]', text)
    elif field.control in ("file", "files"):
        uploads = [
            {"name": name, "mimeType": "application/pdf", "buffer": SAMPLE_PDF}
            for name in (raw if isinstance(raw, list) else ["誓約書.pdf"])
        ]
        page.set_input_files(f'[name="{path}"]', uploads)  # type: ignore[arg-type]
    elif field.control == "certificate":
        return
    else:
        fill_plain(page, path, raw)


def fill_parts(page: Page, field: BaseField, path: str, raw: Mapping[str, Any]) -> None:
    """Answer the questions of a group that are there, in their order."""
    for part in field.parts:
        place = f"{path}.{part.name}"
        there = page.locator(f'[name="{place}"], [name^="{place}."], button[value="add:{place}"]')
        if raw.get(part.name) is not None and _comes(there):
            fill_field(page, part, place, raw[part.name])


def _comes(there: Locator) -> bool:
    """Whether a question is there, or appears soon after the answer it depends on."""
    with suppress(Waited):
        there.first.wait_for(state="attached", timeout=3000)
    return there.count() > 0


def fill_plain(page: Page, path: str, raw: Any) -> None:
    """Pick or type an answer, whatever control the page offers for it."""
    for text in raw if isinstance(raw, list) else [raw]:
        value = str(text).replace("\n", "\\a ")
        picked = page.locator(f'input[name="{path}"][value="{value}"]:is([type=radio], [type=checkbox])')
        listed = page.locator(f'select[name="{path}"]')
        searched = page.locator(f'.combobox:has(+ select[name="{path}"]) input')
        if picked.count():
            picked.first.check()
        elif searched.count():
            searched.fill(str(text))
            searched.press("Tab")
        elif listed.count():
            listed.select_option(str(text))
        else:
            page.fill(f'[name="{path}"]', str(text))
            if page.locator(f'[name="{path}__confirm"]').count():
                page.fill(f'[name="{path}__confirm"]', str(text))


def fill_table(page: Page, field: TableField, path: str, rows: list[Mapping[str, Any]]) -> None:
    """Add the rows that are missing and fill them all."""
    by_name = {part.name: part for part in field.fields}
    for number, row in enumerate(rows):
        if not page.locator(f'[name^="{path}.{number}."]').count():
            press(page, f'button[value="add:{path}"]')
        for name, raw in row.items():
            place = f"{path}.{number}.{name}"
            there = page.locator(f'[name^="{place}"], button[value="add:{place}"]').count()
            if raw is not None and there:
                fill_field(page, by_name[name], place, raw)


def fill_form(page: Page, definition: RecordType, answers: Mapping[str, Any], shots: str = "") -> None:
    """Fill in every page of the form that asks something, from the present one to the check page."""
    pages = {described.name: described for described in definition.laid_out}
    for number in range(1, 2 * len(pages) + 1):  # a page comes again when an answer asks for more
        if "/pages/" not in page.url:
            return
        described = pages[page.url.partition("/pages/")[2]]
        fill_page(page, definition, described.fields, answers)
        if shots:
            shoot(page, f"{shots}-page-{number}")
        press(page, '.actions button[value="next"]')
        if errors_on(page):  # questions that only appear once others are answered
            fill_page(page, definition, described.fields, answers)
            press(page, '.actions button[value="next"]')
        assert not errors_on(page), errors_on(page)


def errors_on(page: Page) -> list[str]:
    """What the page complains about."""
    return page.locator(".error").all_inner_texts()


def sign_in_staff(page: Page, url: str, login: str, password: str) -> None:
    """A member of staff signs in."""
    page.goto(f"{url}/admin/login")
    page.fill('[name="login"]', login)
    page.fill('[name="password"]', password)
    page.click("main form button")
    page.wait_for_url(lambda address: "login" not in address)


def take_step(page: Page, name: str) -> None:
    """Press the button of a review step."""
    press(page, f'button[formaction$="/steps/{name}"]')
