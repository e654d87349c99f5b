"""What the site can be used with, and whether this browser is such a one (R51)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, go, page, visit_of
from models.documents.certificate import Certificate
from models.services import certificates

LEAST: Mapping[str, int] = {"Chrome": 109, "Edge": 109, "Firefox": 115, "Safari": 16}
"""The oldest supported version of each browser."""

SOON = 60
"""Days before its end from which a certificate should be renewed."""

COOKIE, LASTS = "check", 300
"""The cookie that is only there to see whether cookies come back, and for how many seconds."""

Verdict = Literal["good", "look", "bad", "open"]
"""Fit for use; worth a look; not fit for use; not known yet."""

_NAMES: Mapping[str, str] = {
    "Edg": "Edge", "EdgA": "Edge", "EdgiOS": "Edge", "Firefox": "Firefox", "FxiOS": "Firefox",
    "Chrome": "Chrome", "CriOS": "Chrome", "Version": "Safari",
}  # fmt: skip
_TOLD = re.compile(r"\b(Edg|EdgA|EdgiOS|Firefox|FxiOS|CriOS|Chrome|Version)/([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Program:
    """A browser as its ``User-Agent`` tells of it (RFC 9110, 10.1.5); empty where it is none we know."""

    name: str = ""
    version: int = 0

    @property
    def verdict(self) -> Verdict:
        """Whether it is supported; what nobody knows is worth a look, never refused."""
        if self.name == "Internet Explorer":
            return "bad"
        if not self.name:
            return "look"
        return "good" if self.version >= LEAST[self.name] else "bad"


def program_of(user_agent: str) -> Program:
    """The browser a ``User-Agent`` names: of several names the most special one."""
    if re.search(r"\b(MSIE |Trident/)", user_agent):
        return Program("Internet Explorer")
    told = {name: int(version) for name, version in _TOLD.findall(user_agent[:500])}
    if "Version" in told and "Safari/" not in user_agent:
        del told["Version"]
    found = next((name for name in _NAMES if name in told), None)
    return Program(_NAMES[found], told[found]) if found else Program()


async def show_environment(request: Request) -> Response:
    """What the site can be used with, beside what this browser is."""
    visit = visit_of(request)
    certificate = await certificates.find(visit.site, visit.actor.certificate)
    context = {
        "hours": visit.site.configuration.site.service_hours,
        "least": LEAST,
        "program": program_of(request.headers.get("user-agent", "")),
        "cookies": _cookies(request),
        "encrypted": request.url.scheme == "https" or visit.site.base_url.startswith("https://"),
        "certificate": certificate,
        "left": _days_left(visit, certificate),
        "soon": SOON,
        "needed": visit.site.configuration.site.certificates.needed,
        "upload": visit.offers_certificate_upload,
        "now": visit.site.now(),
        "checked": "checked" in request.query_params,
    }
    return page(visit, "environment", context)


def _cookies(request: Request) -> Verdict:
    """Any cookie that comes back proves the matter; none after the check proves the opposite."""
    if request.cookies:
        return "good"
    return "bad" if "checked" in request.query_params else "open"


def _days_left(visit: Visit, certificate: Certificate | None) -> int:
    return (certificate.not_after - visit.site.now()).days if certificate else 0


async def check_environment(_: Request) -> Response:
    """Send a cookie along and come back, to see whether the browser brings it."""
    response = go("/environment?checked=1#checks")
    response.set_cookie(COOKIE, "1", max_age=LASTS, httponly=True, samesite="lax", path="/environment")
    return response
