"""Every public and operator's page, by address."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from forms.assets import assets
from forms.pages import (
    again,
    apply,
    assents,
    bulk,
    bulk_file,
    calendar,
    certificate,
    check,
    confirming,
    copy,
    environment,
    fill,
    follow,
    forgotten,
    links,
    losses,
    mails,
    notices,
    public,
    rows,
    second_step,
    service,
    signing,
    status,
    terms,
    upgrade,
    windows,
)
from forms.pages.portal import (
    account,
    asked,
    certificates,
    choices,
    copying,
    declarations,
    delegates,
    downloads,
    duties,
    home,
    inbox,
    own_address,
    own_codes,
    record,
    record_print,
    records,
    renewal,
    reviews,
    secrets,
    steps,
    user,
    users,
)
from forms.pages.portal import applications as own_applications
from forms.pages.portal import losses as own_losses
from forms.pages.portal import notices as own_notices

Endpoint = Callable[[Request], Awaitable[Response]]


def routes() -> list[BaseRoute]:
    """The routes to mount at the root. They read ``request.user`` (Actor) and, of ``request.state``: site,
    browser, language, certificate_upload."""
    return [*_public(), *_applications(), *_signing(), *_portal(), assets()]


def _public() -> list[BaseRoute]:
    return [
        Route("/", public.home),
        Route("/terms", terms.show_terms),
        Route("/terms/history", terms.show_history),
        Route("/terms/{version}", terms.show_version),
        Route("/terms/{version}/changes", terms.show_changes),
        Route("/notices", notices.list_notices),
        Route("/notices.atom", notices.hand_out_feed),
        Route("/notices/{id}", notices.show_notice),
        Route("/notices/{id}/files/{file}", notices.hand_out),
        post("/notices/{id}/acknowledge", notices.acknowledge),
        Route("/environment", environment.show_environment),
        post("/environment", environment.check_environment),
        Route("/accessibility", public.show_accessibility),
        post("/language", public.choose_language),
        Route("/windows", windows.show_windows),
        Route("/windows.ics", windows.hand_out_calendar),
        Route("/calendars/{token}.ics", calendar.hand_out_feed),
        Route("/service", service.show_service),
        Route("/service.json", service.hand_out_service),
        Route("/status", status.ask_status),
        post("/status", status.send_status),
        Route("/losses/new", losses.show_new),
        post("/losses/new", losses.report),
    ]


def _applications() -> list[BaseRoute]:
    base = "/applications/{reference}"
    return [
        Route("/apply/{record_type}", apply.show_gate),
        post("/apply/{record_type}", apply.pass_gate),
        Route(base, follow.show_application),
        Route(base + "/pages/{page}", fill.show_page),
        post(base + "/pages/{page}", fill.receive_page),
        Route(base + "/pages/{page}/{table}/{row}", rows.show_row),
        post(base + "/pages/{page}/{table}/{row}", rows.receive_row),
        Route(base + "/check", check.show_check),
        post(base + "/check", check.submit),
        Route(base + "/save", follow.ask_address),
        post(base + "/save", follow.send_link),
        Route(base + "/upgrade", upgrade.show_upgrade),
        post(base + "/upgrade", upgrade.upgrade),
        Route(base + "/withdraw", follow.ask_withdraw),
        post(base + "/withdraw", follow.withdraw),
        post(base + "/discard", steps.discard),
        post(base + "/consents/{step}", assents.consent),
        Route(base + "/renew", renewal.show_changes),
        post(base + "/renew", renewal.renew),
        Route(base + "/again", again.show_again),
        post(base + "/again", again.apply_again),
        Route(base + "/copy", copy.show_copy),
        Route(base + "/copy/{ending}", copy.download_copy),
        Route(base + "/mails", mails.show_mails),
        Route(base + "/files/{id}", follow.hand_out),
        Route(base + "/secrets", secrets.ask),
        post(base + "/secrets", secrets.tell),
    ]


def _signing() -> list[BaseRoute]:
    return [
        Route("/links/{token}", links.show_link),
        post("/links/{token}", links.follow_link),
        Route("/login", signing.show_login),
        post("/login", signing.log_in),
        Route("/login/code", second_step.show_code),
        post("/login/code", second_step.send_code),
        Route("/login/forgotten", forgotten.ask_link),
        post("/login/forgotten", forgotten.send_link),
        post("/logout", signing.log_out),
        Route("/confirm", confirming.show_confirm),
        post("/confirm", confirming.confirm),
        Route("/certificate", certificate.show_certificate),
        post("/certificate", certificate.present_certificate),
    ]


def _portal() -> list[BaseRoute]:
    return [
        Route("/portal/windows.ics", windows.hand_out_own),
        Route("/portal", home.show_portal),
        Route("/portal/applications", own_applications.list_applications),
        Route("/portal/downloads/{id}", downloads.show_download),
        Route("/portal/downloads/{id}/file", downloads.take_file),
        Route("/portal/notices", own_notices.list_notices),
        Route("/portal/notices/{id}", own_notices.show_notice),
        Route("/portal/notices/{id}/files/{file}", own_notices.hand_out),
        post("/portal/notices/{id}/acknowledge", own_notices.acknowledge),
        Route("/portal/mails", mails.list_mails),
        Route("/portal/secrets", secrets.list_looks),
        Route("/portal/inbox", inbox.list_items),
        Route("/portal/inbox/{id}", inbox.open_item),
        post("/portal/inbox/read", inbox.mark_read),
        *_certificates(),
        *_asked(),
        *_account(),
        *_people(),
        *_bulk(),
        *_records(),
    ]


def _certificates() -> list[BaseRoute]:
    base, losses = "/portal/certificates", "/portal/losses"
    return [
        Route(base, certificates.list_certificates),
        Route(base + "/new", certificates.show_new),
        post(base + "/new", certificates.register),
        Route(base + "/{id}", certificates.show_certificate),
        post(base + "/{id}", certificates.describe),
        post(base + "/{id}/retire", certificates.retire),
        Route(losses, own_losses.list_losses),
        Route(losses + "/new", own_losses.show_new),
        post(losses + "/new", own_losses.report),
        Route(losses + "/{number}", own_losses.show_loss),
        post(losses + "/{number}", own_losses.answer),
    ]


def _asked() -> list[BaseRoute]:
    """What the organisation asks of operators: applications, declarations, acceptance of the terms."""
    return [
        Route("/portal/asked/{reference}", asked.show_asked),
        post("/portal/asked/{reference}", asked.write),
        post("/portal/asked/{reference}/last", asked.take_over),
        Route("/portal/duties", duties.show_duties),
        Route("/portal/duties/calendar", duties.show_calendar),
        post("/portal/duties/{record_type}/{duty}", duties.begin),
        Route("/portal/declarations", declarations.list_declarations),
        Route("/portal/declarations/{name}", declarations.show_declaration),
        post("/portal/declarations/{name}", declarations.answer),
        Route("/portal/terms", terms.show_gate),
        post("/portal/terms", terms.accept),
        post("/portal/terms/told", terms.close_news),
    ]


def _people() -> list[BaseRoute]:
    base = "/portal/users"
    return [
        Route(base, users.list_users),
        post(base, users.issue_user),
        post(base + "/invite", users.invite_again),
        Route(base + "/list.csv", users.hand_out),
        Route(base + "/{login}", user.show_user),
        post(base + "/{login}/{act}", user.change_user),
        Route("/portal/delegates", delegates.list_delegates),
        post("/portal/delegates", delegates.name_delegate),
        Route("/portal/reviews", reviews.list_reviews),
        Route("/portal/reviews/{id}", reviews.show_review),
        post("/portal/reviews/{id}", reviews.decide),
    ]


def _records() -> list[BaseRoute]:
    kind = "/portal/{record_type}"
    one = kind + "/{number}"
    return [
        Route(kind, records.list_records),
        Route(kind + "/new", records.new_record),
        Route(kind + "/copy", copying.choose_source),
        post(kind + "/copy", copying.begin_copy),
        post(kind + "/download", downloads.ask_download),
        Route(one, record.show_record),
        Route(one + "/history", record.show_history),
        Route(one + "/print", record_print.show_print),
        Route(one + "/steps/{step}", steps.show_step),
        post(one + "/steps/{step}", steps.take_step),
        post(one + "/consents/{step}", steps.consent),
        post(one + "/leads/{index}", steps.follow_lead),
        Route(one + "/files/{id}", record.hand_out),
        Route(one + "/secrets", secrets.ask),
        post(one + "/secrets", secrets.tell),
        Route(one + "/{kind:str}", apply.show_record_gate),
        post(one + "/{kind:str}", apply.pass_record_gate),
    ]


def _account() -> list[BaseRoute]:
    base = "/portal/account"
    return [
        Route(base, account.show_account),
        post(base + "/password", account.change_password),
        post(base + "/address", own_address.send_link),
        post(base + "/sessions", account.end_session),
        post(base + "/language", account.set_language),
        post(base + "/mails", choices.keep_choices),
        post(base + "/calendar", choices.change_calendar),
        Route(base + "/codes", own_codes.show),
        post(base + "/codes", own_codes.begin),
        post(base + "/codes/confirm", own_codes.confirm),
        post(base + "/codes/recovery", own_codes.renew),
        post(base + "/codes/remove", own_codes.remove),
    ]


def _bulk() -> list[BaseRoute]:
    base = "/portal/{record_type}/bulk"
    one = base + "/{id}"
    return [
        Route(base, bulk.show_bulk),
        post(base, bulk.receive_file),
        Route(base + "/files/{name}", bulk.hand_out),
        Route(one, bulk_file.show_file),
        post(one + "/check", bulk_file.check_rows),
        post(one + "/apply", bulk_file.apply_rows),
        post(one + "/cancel", bulk_file.cancel),
        post(one + "/resume", bulk_file.resume),
        Route(one + "/errors", bulk_file.hand_errors),
        Route(one + "/result", bulk_file.hand_result),
    ]


def post(path: str, endpoint: Endpoint) -> Route:
    """A route for a form: whatever becomes of it, its uploads' temporary files are closed."""

    async def receive(request: Request) -> Response:
        try:
            return await endpoint(request)
        finally:
            form = getattr(request.state, "typed", None)
            if form is not None:
                await form.close()

    return Route(path, receive, methods=["POST"], name=endpoint.__name__)
