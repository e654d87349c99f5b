"""Every page of the admin, in the order of its menu. A new page is one line here."""

from collections.abc import Iterable, Iterator

from starlette_admin import DropDown
from starlette_admin.views import BaseView

from admin.language import lazy_gettext as _
from admin.views.account import AccountPage
from admin.views.duty_board import DutyBoardPage
from admin.views.filter_page import FiltersPage
from admin.views.inbox import InboxPage
from admin.views.notices import NoticesPage
from admin.views.queue import QueuePage
from admin.views.requests import RequestsPage
from admin.views.review import ReviewPage
from admin.views.saved_page import SavedViewsPage
from admin.views.system.accounts import AccountsView, DelegatesView
from admin.views.system.calendar import CalendarPage
from admin.views.system.certificates import CertificatesView
from admin.views.system.dead_addresses import BouncesView, DeadAddressesView
from admin.views.system.declarations import DeclarationsPage
from admin.views.system.disclosures import DisclosuresPage
from admin.views.system.events import EventsView
from admin.views.system.holds import HoldsPage
from admin.views.system.jobs import JobsView
from admin.views.system.losses import LossesPage
from admin.views.system.mailings import MailingsPage
from admin.views.system.messages import MessagesView
from admin.views.system.people import PeoplePage
from admin.views.system.periods import PeriodsPage
from admin.views.system.redactions import RedactionsPage
from admin.views.system.register import RegisterPage
from admin.views.system.retention import RetentionPage
from admin.views.system.reviews import ReviewsPage
from admin.views.system.secrets import KeysPage, RevealPage
from admin.views.system.stops import StopsPage
from admin.views.system.templates import TemplatesPage
from admin.views.system.terms import TermsView
from admin.views.system.terms_editor import TermsEditorPage
from admin.views.transfers import TransfersPage
from admin.views.waiting import WaitingPage


def staff_views(records: Iterable[DropDown]) -> Iterator[BaseView]:
    """Every page of the admin, in the order of its menu: the day's work, what is kept, who may act and on
    what terms, the running of the site, the evidence. `records` are where the record types come."""
    yield QueuePage()
    yield WaitingPage()
    yield InboxPage()
    yield ReviewPage()
    yield FiltersPage()
    yield SavedViewsPage()
    yield AccountPage()
    yield RequestsPage()
    yield DutyBoardPage()
    yield TransfersPage()
    yield from records
    yield DropDown(
        _("Communication"),
        views=[NoticesPage(), MessagesView(), DeadAddressesView(), BouncesView(), TemplatesPage()],
    )
    terms = [TermsView(), TermsEditorPage(), MailingsPage()]
    yield DropDown(_("Terms and declarations"), views=[*terms, DeclarationsPage()])
    people = [AccountsView(), PeoplePage(), DelegatesView(), ReviewsPage()]
    certificates = [CertificatesView(), RegisterPage(), LossesPage()]
    yield DropDown(_("Accounts and certificates"), views=[*people, *certificates])
    yield DropDown(_("Operation"), views=[StopsPage(), CalendarPage(), PeriodsPage(), JobsView(), KeysPage()])
    yield RevealPage()
    kept = [HoldsPage(), RedactionsPage(), RetentionPage()]
    yield DropDown(_("Evidence and retention"), views=[EventsView(), DisclosuresPage(), *kept])
