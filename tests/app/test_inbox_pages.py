"""The inbox, the choices and the calendar's address as pages, at both doors."""

import re

import httpx
import pytest

from app.middleware.headers import public_path
from models.documents.account import Account
from models.documents.base import Id
from models.documents.event import Subject
from models.documents.inbox import InboxItem
from models.services.inbox_writing import Told, tell
from tests.app.conftest import Inside
from tests.app.people import Member, Operator


async def people(inside: Inside) -> dict[str, httpx.AsyncClient]:
    """Somebody of an operator and of the staff, signed in, each with something new in their inbox."""
    await inside.load_demo()
    await InboxItem.find({}).delete()
    operator, staff = inside.browser(), inside.browser()
    certificate = (inside.folder / "demo" / "9A01.pem").read_bytes()
    await Operator(operator).sign_in("minato-admin", certificate)
    await Member(staff).sign_in("system-1")
    await put(inside, "minato-admin", "loss_closed", "L2026-00001")
    await put(inside, "system-1", "loss_reported", "L2026-00001")
    return {"portal": operator, "admin": staff}


async def put(inside: Inside, login: str, kind: str, label: str) -> None:
    account = await Account.find_one({"login": login})
    assert account is not None
    told = Told(
        kind, f"{kind}:{label}", label, Subject(kind="loss", label=label), operator_id=account.operator_id
    )
    await tell(inside.site, told, [Id(str(account.id))], None)


async def test_both_doors_show_an_inbox_count_it_and_mark_it_read(inside: Inside) -> None:
    """One look at both sides: the demo takes long to load."""
    for door, client in (await people(inside)).items():
        page = await client.get(f"/{door}/inbox")
        (way,) = set(re.findall(rf'href="(/{door}/inbox/[0-9a-f]{{24}})"', page.text))
        assert ">1<" in re.sub(r"<span[^>]*hidden[^>]*>[^<]*</span>", "", page.text)
        ahead = await client.get(way, headers={"sec-purpose": "prefetch"})
        opened = await client.get(way)
        assert ahead.headers["location"] == opened.headers["location"] == f"/{door}/losses/L2026-00001"
        other = await client.get(f"/{door}/inbox/{'0' * 24}")
        assert other.status_code == 404
        states = {"portal": "done", "admin": "read"}
        login = {"portal": "minato-admin", "admin": "system-1"}[door]
        account = await Account.find_one({"login": login})
        item = await InboxItem.find_one({"account_id": account.id if account else None})
        assert item is not None
        assert item.state == states[door]
        await choose_and_subscribe(inside, client, door)


async def choose_and_subscribe(inside: Inside, client: httpx.AsyncClient, door: str) -> None:
    """What is not offered is refused at its place; the address is told once and works without a session."""
    account = f"/{door}/account"
    carried = {"csrftoken": client.cookies.get("starlette_admin_csrftoken", "")}
    wrong = await client.post(f"{account}/mails", data={**carried, "notices": "hourly"})
    assert wrong.status_code == 422
    assert "選択肢の中から一つ選んでください。" in wrong.text
    kept = {"notices": "important", "reminders": "none", "digest": "daily"}
    assert (await client.post(f"{account}/mails", data={**carried, **kept})).status_code == 303
    made = await client.post(f"{account}/calendar", data={**carried, "act": "renew", "seen": ""})
    address = re.search(r"/calendars/[0-9a-f]{64}\.ics", made.text)
    assert address is not None
    assert address[0] not in (await client.get(account)).text
    again = await client.post(f"{account}/calendar", data={**carried, "act": "renew", "seen": ""})
    assert again.status_code == 409
    stranger = inside.browser()
    feed = await stranger.get(address[0])
    assert feed.headers["content-type"].startswith("text/calendar")
    unchanged = await stranger.get(address[0], headers={"if-none-match": feed.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (await stranger.get(f"/calendars/{'0' * 64}.ics")).status_code == 404


@pytest.mark.parametrize("place", ["/calendars/", "/links/"])
def test_no_secret_of_an_address_is_written_into_the_log(place: str) -> None:
    assert public_path(f"{place}0123456789abcdef.ics") == f"{place}…"
    assert public_path("/portal/inbox") == "/portal/inbox"
