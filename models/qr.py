"""QR codes as drawings that stand in a page itself."""

import io
from typing import Any

import segno
from markupsafe import Markup

BARE: dict[str, Any] = {"xmldecl": False, "svgns": False, "nl": False, "light": "#fff", "border": 4}
"""A drawing for HTML: no declaration, no namespace, and no style, which the strictest policy refuses."""


def draw_qr(text: str, label: str, size: int = 4) -> Markup:
    """A QR code of `text` (ISO/IEC 18004) as inline SVG; `label` is what it is to who does not see it, `size`
    the pixels of one module."""
    written = io.BytesIO()
    segno.make(text, error="m").save(written, kind="svg", scale=size, title=label, **BARE)
    drawn = written.getvalue().decode()
    return Markup(drawn.replace("<svg ", '<svg role="img" ', 1))  # noqa: S704 - the title is escaped by segno
