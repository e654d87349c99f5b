"""The studio as one page family of the admin."""

from starlette_admin import DropDown

from admin.actor import may
from admin.language import lazy_gettext as _
from admin.studio.editor import EditorPages
from admin.studio.proposals import ProposalPages
from admin.studio.sample import DrawForm


class StudioPages(EditorPages, ProposalPages):
    """``/studio``: record types, their versions, the editor and the proposals."""

    styles = ("studio.css",)
    scripts = ("studio.js",)

    def __init__(self, draw_form: DrawForm) -> None:
        super().__init__(
            menu_label=_("Schema studio"),
            icon="studio",
            path="/studio",
            route_name="studio",
            allowed=lambda request: may(request, "schema.view"),
        )
        self.draw_form = draw_form


def studio_section(draw_form: DrawForm) -> DropDown:
    """The studio in a section of the menu; `draw_form` draws the operator's form for the previews."""
    return DropDown(_("Configuration"), views=[StudioPages(draw_form)])
