"""What the queue may be asked in a filter."""

from collections.abc import Sequence

from starlette.requests import Request

from admin.actor import may, site_of
from admin.language import lazy_gettext as _
from admin.views.filters import Place, register
from models.language import Text
from models.schema.definition import KIND_LABELS
from models.schema.filters import Askable
from models.services.side_words import side_words
from models.services.waiting import states_of


def askable(request: Request) -> Sequence[Askable]:
    """The questions of the queue: what it shows of an application. Answers are none of them: who may read
    which differs from type to type."""
    site = site_of(request)
    states = tuple((name, state.label) for name, state in states_of(site).items())
    types = tuple((name, kind.definition.label) for name, kind in site.registry.all_current().items())
    return (
        Askable("state", Text(ja="状態", en="State"), "choice", states, indexed=True, required=True),
        Askable("type", Text(ja="申請の種類", en="Record type"), "choice", types, required=True),
        Askable(
            "kind",
            Text(ja="登録・変更・削除", en="Kind"),
            "choice",
            tuple(KIND_LABELS.items()),
            required=True,
        ),
        Askable("reference", Text(ja="受付番号", en="Reference"), "text", indexed=True, required=True),
        Askable("title", Text(ja="件名", en="Title"), "text", contains=True),
        Askable("operator_name", side_words(site)["Operator"], "text", contains=True),
        Askable("assignee.name", Text(ja="担当者", en="In charge"), "text", contains=True),
        Askable("submitted_at", Text(ja="受付日時", en="Received"), "moment", indexed=True),
        Askable("due", Text(ja="期限", en="Due"), "moment", indexed=True, ends=True),
        Askable("decided_at", Text(ja="決定日時", en="Decided"), "moment"),
        Askable("number", Text(ja="登録番号", en="Number"), "text"),
    )


PLACE = register(
    Place("queue", _("Review queue"), "/queue", askable, lambda request: may(request, "application.view"))
)
"""The queue, for the builder of filters and for saved views."""
