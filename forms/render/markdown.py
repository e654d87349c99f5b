"""Markdown of the configuration and of notices as safe HTML."""

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "del", "em", "hr", "i", "p", "pre", "s", "strong"),
    *("h2", "h3", "h4", "h5", "li", "ol", "ul", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr"),
}
_READER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


def to_html(text: str, *, deepest: int = 0) -> Markup:
    """`text` as HTML: raw HTML in it stays text, links only http, https, mailto and our own pages.

    `deepest` moves headings down, so that a text's first heading fits under the page's own."""
    html = nh3.clean(
        _READER.render(_lower(text, deepest) if deepest else text),
        tags=_TAGS,
        attributes={"a": {"href"}, "th": {"align"}, "td": {"align"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return Markup(html)  # noqa: S704


def _lower(text: str, by: int) -> str:
    lines = text.split("\n")
    return "\n".join("#" * by + line if line.startswith("#") else line for line in lines)
