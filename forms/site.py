"""Every public and operator's page, by address."""

from starlette.routing import BaseRoute, Route

from forms.assets import assets
from forms.pages import apply, check, fill, follow, links, portal, public, signing, status


def routes() -> list[BaseRoute]:
    """The routes to mount at the root. They read ``request.user`` (Actor) and, of ``request.state``: site,
    browser, language, certificate_upload."""
    return [*_public(), *_applications(), *_signing(), *_portal(), assets()]


def _public() -> list[BaseRoute]:
    return [
        Route("/", public.home),
        Route("/terms", public.show_terms),
        Route("/notices", public.list_notices),
        Route("/notices/{id}", public.show_notice),
        Route("/environment", public.show_environment),
        Route("/language", public.choose_language, methods=["POST"]),
        Route("/status", status.ask_status),
        Route("/status", status.send_status, methods=["POST"]),
    ]


def _applications() -> list[BaseRoute]:
    base = "/applications/{reference}"
    return [
        Route("/apply/{record_type}", apply.show_gate),
        Route("/apply/{record_type}", apply.pass_gate, methods=["POST"]),
        Route(base, follow.show_application),
        Route(base + "/pages/{page}", fill.show_page),
        Route(base + "/pages/{page}", fill.receive_page, methods=["POST"]),
        Route(base + "/check", check.show_check),
        Route(base + "/check", check.submit, methods=["POST"]),
        Route(base + "/save", follow.ask_address),
        Route(base + "/save", follow.send_link, methods=["POST"]),
        Route(base + "/withdraw", follow.ask_withdraw),
        Route(base + "/withdraw", follow.withdraw, methods=["POST"]),
        Route(base + "/files/{id}", follow.hand_out),
    ]


def _signing() -> list[BaseRoute]:
    return [
        Route("/links/{token}", links.show_link),
        Route("/links/{token}", links.follow_link, methods=["POST"]),
        Route("/login", signing.show_login),
        Route("/login", signing.log_in, methods=["POST"]),
        Route("/logout", signing.log_out, methods=["POST"]),
        Route("/certificate", signing.show_certificate),
        Route("/certificate", signing.present_certificate, methods=["POST"]),
    ]


def _portal() -> list[BaseRoute]:
    one = "/portal/{record_type}/{number}"
    return [
        Route("/portal", portal.show_portal),
        Route("/portal/users", portal.list_users),
        Route("/portal/users", portal.issue_user, methods=["POST"]),
        Route("/portal/notices", portal.list_notices),
        Route("/portal/notices/{id}", portal.show_notice),
        Route("/portal/{record_type}", portal.list_records),
        Route("/portal/{record_type}/new", portal.new_record),
        Route(one, portal.show_record),
        Route(one + "/{kind:str}", apply.show_record_gate),
        Route(one + "/{kind:str}", apply.pass_record_gate, methods=["POST"]),
    ]
