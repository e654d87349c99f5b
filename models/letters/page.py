"""The HTML part of a mail: one column of 600 px at most, styles on the elements (mail programs drop style
sheets), light and dark, no pictures, nothing loaded from anywhere."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import nh3
from markupsafe import Markup

from models.language import Language
from models.letters.reading import read, reader
from models.letters.values import JOINER

if TYPE_CHECKING:
    from markdown_it.token import Token

_TAGS = {
    *(
        "a",
        "blockquote",
        "br",
        "code",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
    ),
    *("strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
_TITLE = "margin:24px 0 8px;font-size:17px;line-height:1.4;font-weight:bold"
_CELL = "padding:4px 12px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid #c9d1da"
_STYLES = {
    "a": "color:#0b57a4;text-decoration:underline;word-break:break-all",
    "p": "margin:0 0 16px",
    "ul": "margin:0 0 16px;padding-left:24px",
    "ol": "margin:0 0 16px;padding-left:24px",
    "li": "margin:0 0 4px",
    "h1": "margin:0 0 16px;font-size:20px;line-height:1.4;font-weight:bold",
    **dict.fromkeys(("h2", "h3", "h4", "h5", "h6"), _TITLE),
    "blockquote": "margin:0 0 16px;padding-left:12px;border-left:4px solid #c9d1da",
    "hr": "margin:24px 0;border:0;border-top:1px solid #c9d1da",
    "code": "font-family:Consolas,Menlo,monospace",
    "pre": "margin:0 0 16px;white-space:pre-wrap",
    "table": "margin:0 0 16px;border-collapse:collapse;width:100%",
    "th": _CELL,
    "td": _CELL,
}
_FONT = (
    "font-family:'Hiragino Sans','Yu Gothic UI','Yu Gothic',Meiryo,'Noto Sans JP',system-ui,Arial,sans-serif"
)
_DARK = (
    "@media (prefers-color-scheme:dark){"
    "body,.around,.sheet{background:#14181d!important;color:#e6e9ed!important}"
    ".head,.foot{color:#b9c2cc!important;border-color:#3b444e!important}a{color:#8fc1ff!important}}"
)
_PAGE = Markup(
    '<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
    '<meta name="format-detection" content="telephone=no,date=no,address=no">\n'
    "<title>{title}</title>\n<style>{dark}</style>\n</head>\n"
    '<body style="margin:0;padding:0;background:#f2f4f6">\n{preheader}'
    '<table role="presentation" class="around" width="100%" cellpadding="0" cellspacing="0"'
    ' style="background:#f2f4f6"><tr><td align="center" style="padding:16px 8px">\n'
    '<table role="presentation" class="sheet" width="100%" cellpadding="0" cellspacing="0"'
    ' style="max-width:600px;background:#ffffff;color:#1c2733;{font};font-size:16px;line-height:1.7">\n'
    '<tr><td class="head" style="padding:20px 24px 12px;font-size:14px;font-weight:bold;color:#4a5764;'
    'border-bottom:1px solid #d8dee5;text-align:left">{heading}</td></tr>\n'
    '<tr><td style="padding:24px 24px 8px;text-align:left;overflow-wrap:anywhere">\n{body}</td></tr>\n{foot}'
    "</table>\n</td></tr></table>\n</body>\n</html>\n"
)
_FOOT = Markup(
    '<tr><td class="foot" style="padding:16px 24px 24px;font-size:14px;line-height:1.6;color:#4a5764;'
    'border-top:1px solid #d8dee5;text-align:left;overflow-wrap:anywhere">\n{foot}</td></tr>\n'
)
_HIDDEN = Markup(
    '<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px">'
    "{preheader}</div>\n"
)


@cache
def _cleaner(*, styled: bool) -> nh3.Cleaner:
    styles = {tag: {"style": style} for tag, style in _STYLES.items()} if styled else {}
    return nh3.Cleaner(
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values=styles,
    )


def to_page(
    body: Markup, foot: Markup, language: Language, *, title: str, heading: str, preheader: str = ""
) -> str:
    """The HTML part: `heading` above the mail, `preheader` where mail programs show the first words."""
    return str(
        _PAGE.format(
            language=language,
            title=title,
            dark=Markup(_DARK),  # noqa: S704 - our own
            font=Markup(_FONT),  # noqa: S704 - our own
            heading=heading,
            preheader=_HIDDEN.format(preheader=preheader) if preheader else "",
            body=body,
            foot=_FOOT.format(foot=foot) if foot else "",
        )
    )


def to_fragment(markdown: str) -> Markup:
    """A stored mail for a page of our own: the same words, with the page's styles."""
    return to_html(read(markdown), styled=False)


def to_html(tokens: "Sequence[Token]", *, styled: bool = True) -> Markup:
    """What was read as safe HTML: with styles on its elements for a mail, bare for a page."""
    markdown = reader()
    html = markdown.renderer.render(tokens, markdown.options, {}).replace(JOINER, "")
    return Markup(_cleaner(styled=styled).clean(html))  # noqa: S704 - cleaned
