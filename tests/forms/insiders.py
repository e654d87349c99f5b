"""People of an operator who are signed in already, on a site without demo data."""

from datetime import timedelta

from models.documents.account import Account
from models.documents.base import Id
from models.documents.certificate import Certificate
from models.services.sessions import Browser
from models.services.site import Site
from tests.forms.tab import Tab


async def sit_down(tab: Tab, site: Site, account: Account) -> Tab:
    """Let this tab be of a browser in which somebody signed in, over a certificate of their operator."""
    browser = Browser(site, None, "192.0.2.1", "a test")
    if account.operator_id is not None:
        await browser.present_certificate(await _certificate(site, account.operator_id))
    await browser.sign_in(account)
    assert browser.token
    tab.client.cookies.set("session", browser.token)
    return tab


async def _certificate(site: Site, operator: Id) -> str:
    fingerprint = f"{operator}".ljust(64, "0")
    if await Certificate.find_one({"fingerprint": fingerprint}) is None:
        await Certificate(
            fingerprint=fingerprint,
            serial=str(operator),
            subject="CN=client",
            issuer="CN=Example",
            not_before=site.now() - timedelta(days=1),
            not_after=site.now() + timedelta(days=365),
            state="bound",
            operator_id=operator,
            first_seen_at=site.now(),
        ).insert()
    return fingerprint
