"""Dead addresses on the pages: whoever is concerned is told and puts it right, and so do the staff."""

from models.documents.account import Account
from models.documents.base import new_id
from models.documents.bounce import Bounce
from models.documents.dead_address import DeadAddress
from models.documents.message import Message
from models.services.bounces import take_in
from models.services.links import token_of
from models.services.messages import Letter, Recipient, queue_letter
from models.services.site import Site
from tests.app.conftest import Inside
from tests.app.people import Member, Operator
from tests.interchange.returned import returned

VIEWER = "shizuka.hamada@minato-hatsuden.example.jp"


async def came_back(site: Site) -> None:
    """A mail to the viewer was sent and came back."""
    cause = f"test:{new_id()}"
    await queue_letter(site, Letter("review_asked", Recipient(VIEWER, "Shizuka"), cause), None)
    message = await Message.find_one({"dedupe_key": f"{cause}:review_asked:{VIEWER}"})
    assert message is not None
    await Message.raw().update_one({"_id": message.id}, {"$set": {"sent_at": site.now(), "next_at": None}})
    taken = await take_in(site, returned("postfix", address=VIEWER, message_id=message.message_id), "test")
    assert taken.bounce.kind == "failed"


async def test_a_dead_address_is_told_and_put_right_on_the_pages(inside: Inside) -> None:
    await inside.load_demo()
    site = inside.site
    certificate = (inside.folder / "demo" / "9A01.pem").read_bytes()
    viewer = await Operator(inside.browser()).sign_in("minato-viewer", certificate)
    quiet = (await viewer.client.get("/portal")).text
    await came_back(site)
    await take_in(site, returned("letter"), "test")

    # The owner is told on every page but the one where it is put right.
    for path in ("/portal", "/notices", "/portal/account/nowhere"):
        assert 'id="unreachable"' in (await viewer.client.get(path)).text
    assert 'id="unreachable"' not in quiet
    account = (await viewer.client.get("/portal/account")).text
    assert 'id="own-address"' in account
    assert 'id="unreachable"' not in account

    # The staff see why, and what nobody could read.
    staff = await Member(inside.browser()).sign_in("reviewer-1")
    assert VIEWER in (await staff.client.get(f"/admin/dead_addresses/list?q={VIEWER[:8].upper()}")).text
    assert VIEWER not in (await staff.client.get("/admin/dead_addresses/list?dead_at__given=false")).text
    row = await DeadAddress.find_one({"written": VIEWER})
    assert row is not None
    page = (await staff.client.get(f"/admin/dead_addresses/detail?pk={row.id}")).text
    assert "User unknown" in page
    assert "minato-viewer" in page
    unread = await Bounce.find_one({"kind": "unread"})
    assert unread is not None
    assert VIEWER in (await staff.client.get("/admin/bounces/list")).text
    assert "How do I register?" in (await staff.client.get(f"/admin/bounces/detail?pk={unread.id}")).text

    # A wrong address is said to be wrong, with what was typed; the right one is confirmed by a link.
    wrong = await viewer.client.post("/portal/account/address", data={"email": "nobody at home"})
    assert (wrong.status_code, 'value="nobody at home"' in wrong.text) == (422, True)
    answer = await viewer.client.post("/portal/account/address", data={"email": VIEWER})
    assert answer.headers["location"] == "/portal/account?done=address_checked"
    asked = await Message.find_one({"template": "address_asked", "to_address": VIEWER})
    assert asked is not None
    (link,) = asked.links.values()
    assert (await viewer.client.post(f"/links/{token_of(site, link)}")).status_code == 303
    assert 'id="unreachable"' not in (await viewer.client.get("/portal")).text
    late = await viewer.client.post("/portal/account/address", data={"email": VIEWER})
    assert late.status_code == 422

    # The staff put it right with a reason, as they saw it.
    inside.hands.forward(minutes=5)
    await came_back(site)
    row = await DeadAddress.find_one({"written": VIEWER})
    assert row is not None
    act = f"/admin/dead_addresses/{row.id}/put-right"
    bare = await staff.post(act, {"reason": "", "revision": row.revision})
    stale = await staff.post(act, {"reason": "they called", "revision": row.revision - 1})
    assert (bare.status_code, stale.status_code, "they called" in stale.text) == (422, 409, True)
    done = await staff.post(act, {"reason": "they called", "revision": row.revision})
    assert done.status_code == 303
    owner = await Account.find_one({"login": "minato-viewer"})
    assert owner is not None
    assert owner.unreachable_since is None
    assert "they called" in (await staff.client.get(f"/admin/dead_addresses/detail?pk={row.id}")).text
