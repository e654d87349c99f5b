"""My account: where I am signed in, my password and one-time codes."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.second_step import browser_of
from admin.views.page import Crumb, PageView, route
from models.documents.base import Id, read_id
from models.errors import AnswersInvalid
from models.language import LANGUAGES
from models.qr import draw_qr
from models.services import browsers, calendar_feeds, codes, credentials, preferences
from models.services.addresses import confirm_own
from models.services.own_account import keep_language, own_account
from models.services.passwords import PASSWORD_LENGTH
from models.services.roles import role_label
from models.services.stepping_up import require_recent


class AccountPage(PageView):
    """A member of staff's own account."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("My account"),
            icon="people",
            path="/account",
            route_name="account",
            add_to_menu=False,
            allowed=lambda request: may(request, "admin.enter"),
        )

    @route("", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """Everything about one's own account."""
        return await self._draw(request)

    @route("/password", methods=["POST"])
    async def change_password(self, request: Request) -> Response:
        """Change the password; one stays signed in here and nowhere else."""
        form = await self.form(request, fields=10)
        present, password, again = (
            text_of(form, name, longest=1024) for name in ("present", "password", "again")
        )
        try:
            changed = await credentials.change_password(
                site_of(request), actor_of(request), present, password, again, _here(request)
            )
        except AnswersInvalid as refusal:
            return await self._draw(request, refusal)
        await browser_of(request).go_on(changed)
        return self.back(
            request, done=N_("Your password has been changed. Everywhere else you have been signed out.")
        )

    @route("/sessions", methods=["POST"])
    async def end_session(self, request: Request) -> Response:
        """End one of one's sessions, or all but this one."""
        chosen = text_of(await self.form(request, fields=10), "session")
        if chosen == "others":
            await browsers.end_others(site_of(request), actor_of(request), _here(request))
            return self.back(request, done=N_("All other sessions have been ended."))
        await browsers.end_one(site_of(request), actor_of(request), read_id(chosen))
        return self.back(request, done=N_("That session has been ended."))

    @route("/language", methods=["POST"])
    async def set_language(self, request: Request) -> Response:
        """Keep the language one is written to in."""
        chosen = text_of(await self.form(request, fields=10), "language")
        await keep_language(site_of(request), actor_of(request), chosen)
        return self.back(request, done=N_("Your language has been kept: mails come in it too."))

    @route("/address", methods=["POST"])
    async def confirm_address(self, request: Request) -> Response:
        """Send a link to one's own address, where mails to it come back."""
        account = await own_account(actor_of(request))
        await confirm_own(site_of(request), actor_of(request), account.email)
        return self.back(request, done=N_("The link has been sent. Open it, and mails are sent there again."))

    @route("/mails", methods=["POST"])
    async def keep_choices(self, request: Request) -> Response:
        """Keep what one is mailed."""
        form = await self.form(request, fields=10)
        chosen = {name: text_of(form, name) for name in preferences.CHOICES}
        try:
            await preferences.keep_choices(site_of(request), actor_of(request), chosen)
        except AnswersInvalid as refusal:
            return await self._draw(request, refusal)
        return self.back(request, done=N_("Your choice has been kept."))

    @route("/calendar", methods=["POST"])
    async def change_calendar(self, request: Request) -> Response:
        """Make a new address for one's calendar, told this once; or end the one there is."""
        site, actor = site_of(request), actor_of(request)
        form = await self.form(request, fields=10)
        seen = text_of(form, "seen")
        if text_of(form, "act") == "end":
            await calendar_feeds.end_feed(site, actor, seen)
            return self.back(
                request, done=N_("The address has been ended. Nothing can be read from it any more.")
            )
        address = await calendar_feeds.renew_feed(site, actor, seen)
        title = _("The address of your calendar")
        return self.page(
            request, "account_calendar.html", title=title, crumbs=[Crumb(title)], address=address
        )

    @route("/codes", methods=["POST"])
    async def begin_codes(self, request: Request) -> Response:
        """Make a secret for one's app."""
        require_recent(site_of(request), actor_of(request))
        await codes.propose(site_of(request), await own_account(actor_of(request)))
        return RedirectResponse(self.url(request, "/codes"), status_code=303)

    @route("/codes", methods=["GET"])
    async def show_codes(self, request: Request) -> Response:
        """What to set the app up with."""
        require_recent(site_of(request), actor_of(request))
        return await self._draw_codes(request)

    @route("/codes/confirm", methods=["POST"])
    async def confirm_codes(self, request: Request) -> Response:
        """Take the app's first code; the recovery codes are told this once."""
        site, actor = site_of(request), actor_of(request)
        code = text_of(await self.form(request, fields=10), "code", longest=4096)
        try:
            told = await codes.confirm(site, actor, await own_account(actor), code)
        except AnswersInvalid as refusal:
            return await self._draw_codes(request, refusal)
        await browser_of(request).confirm()
        return self._told(request, told)

    @route("/codes/recovery", methods=["POST"])
    async def renew_codes(self, request: Request) -> Response:
        """New recovery codes, told this once."""
        site, actor = site_of(request), actor_of(request)
        return self._told(request, await codes.renew_recovery(site, actor, await own_account(actor)))

    @route("/codes/remove", methods=["POST"])
    async def remove_codes(self, request: Request) -> Response:
        """Sign in without codes from now on; refused where they are required."""
        site, actor = site_of(request), actor_of(request)
        await codes.remove(site, actor, await own_account(actor))
        done = N_("One-time codes have been removed. Your password alone signs you in again.")
        return self.back(request, done=done)

    @route("/codes/reset/{id}", methods=["POST"])
    async def reset_codes(self, request: Request) -> Response:
        """Take the codes of somebody away who lost their app; with a reason, and never one's own."""
        identifier = read_id(request.path_params["id"])
        reason = text_of(await self.form(request, fields=10), "reason")
        await codes.reset(site_of(request), actor_of(request), identifier, reason)
        self.tell(request, N_("The one-time codes have been reset and their owner has been told."))
        return RedirectResponse(f"{root_of(request)}/accounts/detail?pk={identifier}", status_code=303)

    def _told(self, request: Request, told: list[str]) -> Response:
        return self.page(request, "codes_told.html", codes=told, onward=self.url(request))

    async def _draw(self, request: Request, refusal: AnswersInvalid | None = None) -> Response:
        site, actor = site_of(request), actor_of(request)
        account = await own_account(actor)
        return self.page(
            request,
            "account.html",
            refusal=refusal,
            faults=_faults(refusal),
            account=account,
            roles=[role_label(site, role)(language()) for role in account.roles],
            sessions=await browsers.signed_in(site, actor, _here(request)),
            recovery=await codes.recovery_left(account),
            required=site.staff_codes,
            feed=await calendar_feeds.feed_of(actor),
            length=PASSWORD_LENGTH,
            languages=[(name, {"ja": "日本語", "en": "English"}[name]) for name in LANGUAGES],
        )

    async def _draw_codes(self, request: Request, refusal: AnswersInvalid | None = None) -> Response:
        shown = await codes.proposed(site_of(request), await own_account(actor_of(request)))
        if shown is None:
            return RedirectResponse(self.url(request), status_code=303)
        key, address = shown
        title = _("Set up one-time codes")
        return self.page(
            request,
            "account_codes.html",
            title=title,
            crumbs=[Crumb(title)],
            refusal=refusal,
            faults=_faults(refusal),
            key=codes.spaced(key),
            qr=draw_qr(address, say("QR code for the authenticator app")),
        )


def _here(request: Request) -> Id | None:
    session = browser_of(request).session
    return session.id if session else None


def _faults(refusal: AnswersInvalid | None) -> dict[str, str]:
    """What is wrong, by the input it is at."""
    return {flaw.path: flaw.message(language()) for flaw in refusal.errors} if refusal else {}
