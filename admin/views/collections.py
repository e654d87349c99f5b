"""Every page of the admin, in the order of its menu. A new page is one line here."""

from collections.abc import Iterator

from starlette_admin import DropDown
from starlette_admin.views import BaseView

from admin.language import lazy_gettext as _
from admin.views.account import AccountPage
from admin.views.filter_page import FiltersPage
from admin.views.queue import QueuePage
from admin.views.requests import RequestsPage
from admin.views.review import ReviewPage
from admin.views.saved_page import SavedViewsPage
from admin.views.system.accounts import AccountsView
from admin.views.system.calendar import CalendarPage
from admin.views.system.certificates import CertificatesView
from admin.views.system.declarations import DeclarationsPage
from admin.views.system.events import EventsView
from admin.views.system.jobs import JobsView
from admin.views.system.mailings import MailingsPage
from admin.views.system.messages import MessagesView
from admin.views.system.notices import notices_view
from admin.views.system.stops import StopsPage
from admin.views.system.terms import TermsView
from admin.views.system.terms_editor import TermsEditorPage
from admin.views.transfers import TransfersPage


def staff_views(records: DropDown) -> Iterator[BaseView]:
    """Every page of the admin, in the order of its menu; `records` is where the record types come."""
    yield QueuePage()
    yield ReviewPage()
    yield FiltersPage()
    yield SavedViewsPage()
    yield AccountPage()
    yield records
    yield RequestsPage()
    yield TransfersPage()
    terms = [TermsView(), TermsEditorPage(), MailingsPage()]
    yield DropDown(_("Communication"), views=[notices_view(), MessagesView(), *terms])
    yield DropDown(
        _("Access and evidence"), views=[AccountsView(), CertificatesView(), DeclarationsPage(), EventsView()]
    )
    yield DropDown(_("Operation"), views=[JobsView(), StopsPage(), CalendarPage()])
