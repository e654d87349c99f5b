"""Each guard is what does it: without it, the property its tests hold is gone."""

from collections.abc import Callable

import pytest
from httpx import ASGITransport, Response
from starlette_admin import i18n

from admin.csrf import FormGuard
from admin.gate import Gate
from admin.headers import SecurityHeaders
from admin.language import ChooseLanguage
from admin.links import Hostless
from admin.site import SafeAdmin
from tests.admin.conftest import SITE, Visitor
from tests.admin.sample import Collection, Door, EveryoneIn, sample_admin, sample_app

Holds = Callable[[Response], bool]

pytestmark = pytest.mark.usefixtures("filled")


def without(admin: SafeAdmin, guard: type) -> SafeAdmin:
    """`admin` with one of its middlewares taken out."""
    admin.middlewares = [one for one in admin.middlewares if str(one.cls) != str(guard)]
    return admin


async def asked(admin: SafeAdmin, method: str, address: str, headers: dict[str, str]) -> Response:
    transport = ASGITransport(app=sample_app(admin), raise_app_exceptions=False)
    async with Visitor(transport=transport, base_url=SITE, headers=headers) as visitor:
        return await visitor.request(method, f"/admin{address}")


@pytest.mark.parametrize(
    ("guard", "method", "address", "headers", "holds"),
    [
        (SecurityHeaders, "GET", "/", {}, lambda answer: "content-security-policy" in answer.headers),
        (
            Hostless,
            "GET",
            "/notices/list",
            {"host": "evil.test"},
            lambda answer: "evil.test" not in answer.text,
        ),
        (FormGuard, "POST", "/queue/claim", {}, lambda answer: answer.status_code == 403),
        (
            ChooseLanguage,
            "GET",
            "/",
            {"accept-language": "en"},
            lambda answer: '<html lang="en">' in answer.text,
        ),
    ],
)
async def test_without_the_guard_its_property_is_gone(
    rows: Collection,
    notices: Collection,
    guard: type,
    method: str,
    address: str,
    headers: dict[str, str],
    holds: Holds,
) -> None:
    whole = sample_admin(rows, notices, EveryoneIn())
    assert holds(await asked(whole, method, address, headers))
    i18n.set_locale("ja")
    cut = without(sample_admin(rows, notices, EveryoneIn()), guard)
    assert not holds(await asked(cut, method, address, headers))


async def test_without_the_gate_a_stranger_is_not_stopped(
    rows: Collection, notices: Collection, door: Door
) -> None:
    stopped = await asked(sample_admin(rows, notices, door), "GET", "/", {})
    passed = await asked(without(sample_admin(rows, notices, door), Gate), "GET", "/", {})
    assert stopped.headers["location"] == "/admin/login"
    assert "location" not in passed.headers
