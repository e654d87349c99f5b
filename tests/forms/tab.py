"""A browser tab without JavaScript: it reads pages, fills in their forms and presses their buttons."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import httpx

from models.schema.definition import RecordType
from models.schema.fields import BaseField, TableField
from tests.forms.reader import Document, Element

Typed = Mapping[str, Any]


class Tab:
    """One tab; ``page`` is the page it shows."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.answer = httpx.Response(200, text="")
        self.page = Document("")

    @property
    def path(self) -> str:
        """Where it is, without the query."""
        return self.answer.url.path

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        """The words of the page."""
        return next(element.text for element in self.page.elements if element.tag == "body")

    async def open(self, address: str, **headers: str) -> "Tab":
        return self._show(await self.client.get(address, headers=headers))

    async def press(
        self, words: str, typed: Typed | None = None, files: Mapping[str, tuple[str, bytes]] | None = None
    ) -> "Tab":
        """Fill in the form around the button that says `words`, and press that button."""
        button = self.button(words)
        form = button.inside("form")
        assert form is not None
        pairs = self._filled(form, typed or {})
        if button.get("name"):
            pairs.append((button.get("name"), button.get("value")))
        action = button.get("formaction") or form.get("action") or str(self.answer.url)
        return await self.post(urljoin(str(self.answer.url), action), pairs, form, files or {})

    async def press_link(self, words: str) -> "Tab":
        """Follow the first link that says `words`."""
        found = [e for e in self.page.all("a") if words in e.text]
        assert found, f"no link says {words!r} on {self.path}: {self.text}"
        return await self.open(urljoin(str(self.answer.url), found[0].get("href")))

    async def post(
        self,
        address: str,
        pairs: list[tuple[str, str]],
        form: Element | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> "Tab":
        """Send a form, whatever is on the page."""
        if form is not None and form.get("enctype") == "multipart/form-data":
            parts: list[Any] = [(name, (None, value.encode())) for name, value in pairs]
            parts += [(name, file) for name, file in (files or {}).items()]
            return self._show(await self.client.post(address, files=parts))
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name, []).append(value)
        return self._show(await self.client.post(address, data=data))

    def button(self, words: str) -> Element:
        """The last button that says `words` (the first is the hidden one that Enter presses)."""
        found = [e for e in self.page.all("button") if words in e.text]
        assert found, f"no button says {words!r} on {self.path}: {self.text}"
        return found[-1]

    def _filled(self, form: Element, typed: Typed) -> list[tuple[str, str]]:
        names = {e.get("name") for e in self.page.elements if e.inside("form") is form}
        unknown = typed.keys() - names
        assert not unknown, f"{self.path} does not ask for {unknown}"
        pairs = [(name, value) for name, value in self.page.sent(form) if name not in typed]
        for name, value in typed.items():
            pairs += [(name, each) for each in (value if isinstance(value, list) else [value])]
        return pairs

    def _show(self, answer: httpx.Response) -> "Tab":
        self.answer, self.page = answer, Document(answer.text)
        return self

    def errors(self) -> dict[str, str]:
        """The error summary: messages by the place they are linked to."""
        summary = next((e for e in self.page.elements if "panel--error" in e.get("class")), None)
        links = [e for e in self.page.all("a") if summary and _within(e, summary)]
        return {link.get("href"): link.text for link in links}


def _within(element: Element, around: Element) -> bool:
    parent = element.parent
    while parent is not None and parent is not around:
        parent = parent.parent
    return parent is around


def typed_for(definition: RecordType, names: tuple[str, ...], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The names and values a person types for these raw answers."""
    typed: dict[str, Any] = {}
    for name in names:
        field = definition.by_name[name]
        if field.asked and answers.get(name) is not None and field.control not in ("file", "certificate"):
            typed |= _typed(field, name, answers[name])
    return typed


def _typed(field: BaseField, path: str, raw: Any) -> dict[str, Any]:
    if isinstance(field, TableField):
        return {
            name: value
            for index, row in enumerate(raw)
            for part in field.fields
            if row.get(part.name) is not None
            for name, value in _typed(part, f"{path}.{index}.{part.name}", row[part.name]).items()
        }
    if field.control in ("date", "year_month"):
        parts = zip(("year", "month", "day"), str(raw).split("-"), strict=False)
        return {f"{path}.{name}": str(int(value)) for name, value in parts}
    if getattr(field, "confirm", False):
        return {path: raw, f"{path}__confirm": raw}
    return {path: raw}
