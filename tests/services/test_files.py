"""A field for several files takes them one by one, up to its limit, and gives each back."""

import pytest

from models.errors import RecordChanged, UploadRefused
from models.services.applications import find, save_page
from models.services.site import Site
from models.services.uploads import attach
from tests.services.contracts import contract, operator


async def test_files_are_appended_up_to_the_limit_and_taken_away_one_by_one(site: Site) -> None:
    mine = await operator(site, "U1")
    application = await contract(site, mine)
    first = await attach(site, mine, application, "papers", "a.txt", b"one")
    fresh = await find(site, mine, application.reference)
    second = await attach(site, mine, fresh, "papers", "b.txt", b"two")
    fresh = await find(site, mine, application.reference)
    assert fresh.answers["papers"] == [first, second]
    with pytest.raises(UploadRefused):
        await attach(site, mine, fresh, "papers", "c.txt", b"three")
    saved = await save_page(site, mine, fresh, "all", {"papers": [second]}, revision=fresh.revision)
    assert saved.answers["papers"] == [second]


async def test_the_limit_holds_for_a_window_that_has_not_seen_the_others(site: Site) -> None:
    mine = await operator(site, "U1")
    stale = await contract(site, mine)
    for name in ("a.txt", "b.txt"):
        await attach(site, mine, stale, "papers", name, b"text")
    with pytest.raises(RecordChanged):
        await attach(site, mine, stale, "papers", "c.txt", b"text")
    assert len((await find(site, mine, stale.reference)).answers["papers"]) == 2


async def test_a_file_that_was_not_uploaded_here_is_not_kept(site: Site) -> None:
    mine = await operator(site, "U1")
    application = await contract(site, mine)
    kept = await attach(site, mine, application, "papers", "a.txt", b"one")
    fresh = await find(site, mine, application.reference)
    forged = [kept, {**kept, "id": "0123456789abcdef01234567"}]
    saved = await save_page(site, mine, fresh, "all", {"papers": forged}, revision=fresh.revision)
    assert saved.answers["papers"] == [kept]
