"""Markdown of the configuration, of notices and of answers as safe HTML."""

from functools import cache
from typing import TYPE_CHECKING

import nh3
from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "del", "em", "hr", "i", "p", "pre", "s", "strong"),
    *("h2", "h3", "h4", "h5", "li", "ol", "ul", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr"),
}


@cache
def _reader() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # here, so that starting does not wait for it

    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


def to_html(text: str, *, deepest: int = 0) -> Markup:
    """`text` as HTML: raw HTML in it stays text, links only http, https, mailto and our own pages.

    `deepest` moves headings down, so that a text's first heading fits under the page's own."""
    html = nh3.clean(
        _reader().render(_lower(text, deepest) if deepest else text),
        tags=_TAGS,
        attributes={"a": {"href"}, "th": {"align"}, "td": {"align"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return Markup(html)  # noqa: S704


def _lower(text: str, by: int) -> str:
    lines = text.split("\n")
    return "\n".join("#" * by + line if line.startswith("#") else line for line in lines)
