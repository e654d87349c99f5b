"""Reads pages as a browser without JavaScript does: tags, labels, and what a form would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905

Attributes = dict[str, str | None]


@dataclass
class Element:
    """One element: its tag, its attributes, the text inside, its parent."""

    tag: str
    attributes: Attributes
    parent: "Element | None"
    text: str = ""

    def get(self, name: str) -> str:
        return self.attributes.get(name) or ""

    def has(self, name: str) -> bool:
        return name in self.attributes

    def inside(self, tag: str) -> "Element | None":
        """The nearest element around this one with `tag`."""
        around = self.parent
        while around is not None and around.tag != tag:
            around = around.parent
        return around


@dataclass
class Document(HTMLParser):
    """A page, read."""

    html: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), self._open[-1] if self._open else None)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def by_id(self, identifier: str) -> Element | None:
        return next((e for e in self.elements if e.attributes.get("id") == identifier), None)

    @property
    def title(self) -> str:
        return next(element.text for element in self.all("title"))

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Every tag with the names of its attributes: what must not change with what people type."""
        return [(element.tag, tuple(element.attributes)) for element in self.elements]

    @property
    def controls(self) -> list[Element]:
        """Everything a person fills in."""
        found = [e for e in self.elements if e.tag in ("input", "select", "textarea")]
        return [e for e in found if e.get("type") not in ("hidden", "submit")]

    def sent(self, form: Element | None = None) -> list[tuple[str, str]]:
        """The names and values a form would send, files and buttons left out (HTML, form submission)."""
        pairs: list[tuple[str, str]] = []
        for element in self.elements:
            name = element.get("name")
            if not name or (form is not None and element.inside("form") is not form):
                continue
            pairs += [(name, value) for value in self._values(element)]
        return pairs

    def _values(self, element: Element) -> list[str]:
        if element.tag == "textarea":
            text = element.text.removeprefix("\n")
            return [text.replace("\r\n", "\n").replace("\n", "\r\n")]
        if element.tag == "select":
            return [self._picked(element)]
        if element.tag != "input" or element.get("type") == "file":
            return []
        if element.get("type") in ("radio", "checkbox"):
            return [element.get("value")] if element.has("checked") else []
        return [element.get("value")]

    def _picked(self, select: Element) -> str:
        options = [e for e in self.all("option") if e.inside("select") is select]
        chosen = [option for option in options if option.has("selected")] or options[:1]
        return chosen[-1].get("value") if chosen else ""
