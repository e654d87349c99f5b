"""The text part of a mail: what the Markdown says, without its signs.

Addresses stand as they are (in angle brackets after the words of a link, RFC 3986 appendix C), headings and
bold lines are set off, bold words inside a sentence stand plain so that they can be copied."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from models.language import Language
from models.letters.reading import is_title
from models.letters.values import JOINER

if TYPE_CHECKING:
    from markdown_it.token import Token

RULE = "-" * 40


class _Page:
    """The lines written so far, and what a line begins with where it stands."""

    def __init__(self, language: Language) -> None:
        self.japanese = language == "ja"
        self.lines: list[str] = []
        self.margins: list[str] = []
        self.bullets: list[int] = []
        self.bullet = ""
        self.titled = False
        self.tight = False
        self.cells: list[str] | None = None

    def write(self, text: str) -> None:
        for line in text.split("\n"):
            margin = "".join(self.margins)
            if self.bullet:
                margin, self.bullet = "".join(self.margins[:-1]) + self.bullet, ""
            self.lines.append(f"{margin}{line}".rstrip(" "))

    def apart(self) -> None:
        """An empty line, unless there is one, or the line is to stand close."""
        if self.lines and self.lines[-1].strip("> ") and not self.bullet:
            self.lines.append("".join(m for m in self.margins if m == "> ").rstrip())


def to_text(tokens: "Sequence[Token]", language: Language) -> str:
    """The text part, ending in a line break."""
    page = _Page(language)
    for token in tokens:
        act = _ACTS.get(token.type)
        if act is not None:
            act(page, token)
    return "\n".join(page.lines).strip("\n") + "\n"


def _inline(page: _Page, token: "Token") -> None:
    text = words_of(token.children or ())
    if page.cells is not None:
        page.cells.append(text.replace("\n", " "))
    elif page.titled or is_title(token):
        page.write(f"■ {text}" if page.japanese else f"{text}\n{'-' * len(text)}")
    else:
        page.write(text)


def words_of(children: "Sequence[Token]") -> str:
    """The words of one block, with addresses written out."""
    found, links = "", []
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            found += "\n"
        elif child.type == "link_open":
            links.append((str(child.attrGet("href") or ""), len(found)))
        elif child.type == "link_close":
            found = _linked(found, *links.pop())
        else:
            joined = found.endswith("\x00")
            text = child.content
            found = found.removesuffix("\x00") + (" " if joined and text[:1] not in ("", " ") else "") + text
    return found.replace("\x00", "").replace(JOINER, "")


def _linked(found: str, href: str, start: int) -> str:
    """The words of a link with its address; a bare address is kept apart from the words behind it."""
    label = found[start:]
    if href.removeprefix("mailto:") == label or _same(href, label):
        return found + "\x00"
    return f"{found} <{href}>"


def _same(href: str, label: str) -> bool:
    from markdown_it.common.normalize_url import normalizeLink

    return normalizeLink(label) == href


def _begin_paragraph(page: _Page, token: "Token") -> None:
    page.tight = token.hidden
    if not token.hidden:
        page.apart()


def _begin_heading(page: _Page, token: "Token") -> None:
    del token
    page.apart()
    page.titled = True


def _end_heading(page: _Page, token: "Token") -> None:
    del token
    page.titled = False


def _begin_list(page: _Page, token: "Token") -> None:
    if not page.bullets:
        page.apart()
    page.bullets.append(int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else 0)


def _end_list(page: _Page, token: "Token") -> None:
    del token
    page.bullets.pop()


def _begin_item(page: _Page, token: "Token") -> None:
    del token
    number = page.bullets[-1]
    page.bullet = f"{number}. " if number else ("・" if page.japanese else "- ")
    page.bullets[-1] += 1 if number else 0
    page.margins.append("\u3000" if page.bullet == "・" else " " * len(page.bullet))


def _end_margin(page: _Page, token: "Token") -> None:
    del token
    page.margins.pop()
    page.bullet = ""


def _begin_quote(page: _Page, token: "Token") -> None:
    del token
    page.apart()
    page.margins.append("> ")


def _rule(page: _Page, token: "Token") -> None:
    del token
    page.apart()
    page.write(RULE)


def _code(page: _Page, token: "Token") -> None:
    page.apart()
    page.write(token.content.rstrip("\n"))


def _begin_row(page: _Page, token: "Token") -> None:
    del token
    page.cells = []


def _end_row(page: _Page, token: "Token") -> None:
    del token
    page.write(" | ".join(page.cells or ()))
    page.cells = None


def _begin_table(page: _Page, token: "Token") -> None:
    del token
    page.apart()


_ACTS: Mapping[str, "Callable[[_Page, Token], None]"] = {
    "inline": _inline,
    "paragraph_open": _begin_paragraph,
    "heading_open": _begin_heading,
    "heading_close": _end_heading,
    "bullet_list_open": _begin_list,
    "ordered_list_open": _begin_list,
    "bullet_list_close": _end_list,
    "ordered_list_close": _end_list,
    "list_item_open": _begin_item,
    "list_item_close": _end_margin,
    "blockquote_open": _begin_quote,
    "blockquote_close": _end_margin,
    "hr": _rule,
    "code_block": _code,
    "fence": _code,
    "table_open": _begin_table,
    "tr_open": _begin_row,
    "tr_close": _end_row,
}
