"""Links in mails about what an operator applies for: they say where it is, and let nobody in."""

from collections.abc import Callable

from models.documents.application import Application
from models.permissions import Actor, is_applicant
from models.services.links import make_link, token_of
from models.services.site import Site
from tests.forms.tab import Tab
from tests.services.test_journey import submitted


async def _begun(administrator: Tab) -> Application:
    await administrator.open("/apply/resource")
    await administrator.press("申請を始める")
    draft = await Application.find_one({"type": "resource", "state": "draft"})
    assert draft is not None
    return draft


async def _address(site: Site, application: Application) -> str:
    link = await make_link(site, "open_application", None, application_id=application.id)
    return f"/links/{token_of(site, link.id)}"


async def test_a_mailed_link_lets_nobody_write_for_an_operator_without_signing_in(
    administrator: Tab, open_tab: Callable[[], Tab], site: Site
) -> None:
    draft = await _begun(administrator)
    address, stranger = await _address(site, draft), open_tab()
    await stranger.open(address)
    await stranger.press("申請を開く")
    assert stranger.path == "/login"
    assert draft.reference not in stranger.text
    for place in ("", "/check", "/copy", "/mails", "/withdraw"):
        answer = await stranger.open(f"/applications/{draft.reference}{place}")
        assert (answer.status, "/applications/" in answer.path) == (404, True), place
    await administrator.open(address)
    await administrator.press("申請を開く")
    assert administrator.path.startswith(f"/applications/{draft.reference}")
    assert administrator.status == 200


async def test_control_who_has_no_account_opens_their_own_by_link(tab: Tab, site: Site) -> None:
    _, application = await submitted(site)
    assert (application.operator_id, application.applicant.account_id) == (None, None)
    await tab.open(await _address(site, application))
    await tab.press("申請を開く")
    assert tab.path == f"/applications/{application.reference}"
    assert application.id is not None
    holder = Actor(kind="visitor", applications=frozenset({application.id}))
    assert is_applicant(holder, application)
