"""A page of a form drawn from pieces is the page its templates draw; no piece holds an answer."""

from collections.abc import Hashable
from typing import Any

import httpx

from forms.render.pieces import Pieces
from models.services.site import Site
from tests.forms.tab import Tab
from tests.forms.test_filling_in import HOSTILE, fill_all, stored


class Nothing(dict[Hashable, Any]):
    """Keeps nothing and says that nothing can be kept: every page is drawn by its template."""

    def __contains__(self, _: object) -> bool:
        return True

    def __getitem__(self, _: Hashable) -> None:
        return None


async def by_template(site: Site, tab: Tab, request: httpx.Request) -> str:
    """The answer to the same request without pieces."""
    kept = site.drawn
    site.__dict__["drawn"] = Nothing()
    try:
        return (await tab.client.send(request)).text
    finally:
        site.__dict__["drawn"] = kept


async def compare(site: Site, tab: Tab) -> None:
    """The page the tab shows, asked for once more with pieces and without."""
    request = tab.answer.request
    again, plain = await tab.client.send(request), await by_template(site, tab, request)
    assert again.text == tab.answer.text == plain
    assert again.headers["cache-control"] == "no-store"


async def test_every_page_of_a_form_is_drawn_as_its_template_draws_it(applicant: Tab, site: Site) -> None:
    await compare(site, applicant)
    first = applicant.path
    await applicant.press("次へ進む", {"operator_code": HOSTILE, "operator_name": "みなと & 発電"})
    assert applicant.status == 422
    await compare(site, applicant)
    await applicant.open(f"{first}?from=check&done=saved")
    await compare(site, applicant)
    applicant.client.cookies.set("language", "en")
    await compare(site, await applicant.open(first))
    applicant.client.cookies.delete("language")
    await fill_all(await applicant.open(first), site)
    pages = site.registry.current("operator").definition.laid_out
    for page in pages:
        await compare(site, await applicant.open(first.rpartition("/")[0] + f"/{page.name}"))
    assert len([pieces for pieces in site.drawn.values() if pieces is not None]) > len(pages)


async def test_no_piece_holds_an_answer_a_message_or_a_reference(applicant: Tab, site: Site) -> None:
    await applicant.press("次へ進む", {"operator_code": "漏れる", "operator_name": "漏れる"})
    reference = (await stored()).reference
    assert {"漏れる" in applicant.answer.text, reference in applicant.answer.text} == {True}
    kept: list[Pieces[Any]] = [pieces for pieces in site.drawn.values() if pieces is not None]
    texts = [text for pieces in kept for text in (pieces.begin, *(behind for _, behind in pieces.rest))]
    assert texts
    assert not [text for text in texts if "漏れる" in text or reference in text]


async def test_the_forms_of_somebody_signed_in_are_drawn_alike(administrator: Tab, site: Site) -> None:
    seen = 0
    for name in site.registry.all_current():
        await administrator.open(f"/apply/{name}")
        if administrator.status == 200 and "申請を始める" in administrator.text:
            ticked = {"accept": "yes"} if "accept" in administrator.answer.text else {}
            await administrator.press("申請を始める", ticked)
            await compare(site, administrator)
            seen += "/pages/" in administrator.path and "ログアウト" in administrator.text
    assert seen


async def test_a_stop_and_a_new_version_are_seen_on_the_next_page(applicant: Tab, site: Site) -> None:
    before = dict(site.drawn)
    stop = {"key": "site", "code": 1, "text": "停電", "starts": site.now(), "ended": None, "until": None}
    await site.store.mongo.stops.insert_one({**stop, "by": {"kind": "system"}, "at": site.now()})
    await site.switchboard.refresh()
    await compare(site, await applicant.open(applicant.path))
    assert "停電" in applicant.text
    assert len(site.drawn) > len(before)
