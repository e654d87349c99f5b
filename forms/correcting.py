"""The form of a correction, drawn and received for a page of the staff's: the applicant's own form, inset."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from forms.pages import check, fill
from forms.pages.visit import Inset
from models.language import Language

HANDLERS = {
    ("page", "GET"): fill.show_page,
    ("page", "POST"): fill.receive_page,
    ("check", "GET"): check.show_check,
    ("check", "POST"): check.submit,
}


async def draw_correction(
    request: Request,
    part: str,
    *,
    base: str,
    files: str,
    guard: Markup,
    language: Language,
    previews: bool = False,
) -> Response:
    """Answer for a `part` of a correction's form ("page" or "check"): HTML without a frame, or the way on
    (303). The request's path names ``reference`` and, for a page, ``page``; forms are sent to `base`, its
    uploads are handed out under `files`, and `guard` is put into every form. Where that door `previews` what
    is written, a button leads there (``?then=preview``), everything typed kept."""
    request.state.inset = Inset(base, files, guard, language, previews)
    try:
        return await HANDLERS[part, "POST" if request.method == "POST" else "GET"](request)
    finally:
        typed = getattr(request.state, "typed", None)
        if typed is not None:
            await typed.close()
