"""Taking bounces in from mailboxes and by LMTP: each once, none lost, whatever happens in between."""

import asyncio
import mailbox
import smtplib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app import bounce_lmtp
from app.bounce_lmtp import Receiver, listening
from app.bounce_mailbox import mails_in, take_from_file, take_from_folder
from app.bounce_source import Socket, read_source
from models.documents.bounce import Bounce
from models.documents.dead_address import DeadAddress
from models.errors import BounceMailboxBroken
from models.services.bounces import take_in
from models.services.site import Site
from tests.faults.mailing import mail_to
from tests.interchange.returned import ADDRESS, returned


async def came_back(site: Site) -> list[bytes]:
    """A mail that was sent, as it comes back; and a mail nobody can read."""
    message = await mail_to(site, ADDRESS, sent_at=site.now(), next_at=None)
    return [returned("qmail", message_id=message.message_id), returned("letter")]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def kinds() -> list[str]:
    return sorted([bounce.kind for bounce in await Bounce.find_all().to_list()])


async def bounces_of_it() -> int:
    return sum([row.bounces for row in await DeadAddress.find_all().to_list()])


def delivered(file: Path, mails: list[bytes]) -> None:
    """A mail server appends mails to a mailbox file, under its locks."""
    box = mailbox.mbox(file)
    box.lock()
    for mail in mails:
        box.add(b"From MAILER-DAEMON Mon Apr  6 10:00:00 2026\n" + mail)
    box.flush()
    box.unlock()
    box.close()


async def test_a_mailbox_file_is_emptied_and_each_mail_taken_once(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "bounces"
    delivered(file, await came_back(site))
    assert await take_from_file(site, file) == 2
    assert (await asyncio.to_thread(file.read_bytes), names(tmp_path)) == (b"", ["bounces"])
    assert await kinds() == ["failed", "unread"]
    assert await take_from_file(site, file) == 0
    assert await take_from_file(site, tmp_path / "missing") == 0


async def test_after_a_crash_what_was_moved_aside_is_taken_and_counts_once(
    site: Site, tmp_path: Path
) -> None:
    file, mails = tmp_path / "bounces", await came_back(site)
    delivered(file, mails)
    (tmp_path / "bounces.taking-1").write_bytes(file.read_bytes())  # copied, not emptied
    (tmp_path / "bounces.copying-2").write_bytes(file.read_bytes()[:100])  # half a copy
    await take_in(site, next(mails_in(file)), "mbox")  # and one mail of it taken
    assert await take_from_file(site, file) == 4
    assert await kinds() == ["failed", "unread"]
    assert await bounces_of_it() == 1
    assert names(tmp_path) == ["bounces"]


async def test_a_mailbox_somebody_holds_is_left_alone(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "bounces"
    delivered(file, await came_back(site))
    (tmp_path / "bounces.lock").touch()
    with pytest.raises(BounceMailboxBroken):
        await take_from_file(site, file)
    assert await kinds() == []
    (tmp_path / "bounces.lock").unlink()
    assert await take_from_file(site, file) == 2


async def test_two_workers_at_one_mailbox_take_each_mail_once(site: Site, tmp_path: Path) -> None:
    file, folder, mails = tmp_path / "bounces", tmp_path / "Maildir", await came_back(site)
    delivered(file, mails)
    taken = await asyncio.gather(*(take_from_file(site, file) for _ in range(2)), return_exceptions=True)
    assert all(isinstance(each, int | BounceMailboxBroken) for each in taken)
    box = mailbox.Maildir(folder)
    for mail in mails:
        box.add(mail + b"\nanother\n")
    await asyncio.gather(*(take_from_folder(site, folder) for _ in range(2)))
    assert await kinds() == ["failed", "failed", "unread", "unread"]
    assert await bounces_of_it() == 1


async def test_a_folder_keeps_what_nobody_can_read(site: Site, tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "Maildir")
    for mail in await came_back(site):
        box.add(mail)
    assert await take_from_folder(site, tmp_path / "Maildir") == 2
    (left,) = (path for path in (tmp_path / "Maildir").rglob("*") if path.is_file())
    assert (left.parent.name, left.name[-4:], left.read_bytes()) == ("cur", ":2,S", returned("letter"))
    with pytest.raises(BounceMailboxBroken):
        await take_from_folder(site, tmp_path / "missing")


def test_mails_are_read_from_any_place_without_being_removed(tmp_path: Path) -> None:
    one = tmp_path / "one.eml"
    one.write_bytes(returned("postfix"))
    delivered(tmp_path / "box", [returned("qmail"), returned("exim")])
    assert [list(mails_in(one)), len(list(mails_in(tmp_path / "box")))] == [[returned("postfix")], 2]
    assert len(list(mails_in(tmp_path))) == 2
    with pytest.raises(BounceMailboxBroken):
        list(mails_in(tmp_path / "missing"))


@asynccontextmanager
async def by_lmtp(site: Site) -> AsyncIterator[Callable[[], smtplib.LMTP]]:
    """A server for bounces to ``bounces@example.jp``, and how to call it."""
    async with listening(Receiver(site, "bounces+{id}@example.jp"), Socket()) as server:
        port = server.sockets[0].getsockname()[1]
        yield lambda: smtplib.LMTP("127.0.0.1", port, timeout=10)


Answers = list[tuple[int, bytes]]


def hand_over(call: Callable[[], smtplib.LMTP], mail: bytes, *to: str) -> Answers:
    """What a mail server hears for each recipient, then for the mail."""
    with call() as lmtp:
        lmtp.ehlo()
        lmtp.mail("")
        answers = [lmtp.rcpt(address) for address in to]
        taken = sum(code == 250 for code, _ in answers)
        if taken:
            answers += [lmtp.data(mail), *(lmtp.getreply() for _ in range(taken - 1))]
        return answers


async def test_lmtp_answers_for_each_recipient(site: Site) -> None:
    mail, _ = await came_back(site)
    to = ("bounces@example.jp", "Bounces+1@EXAMPLE.jp", "somebody@example.jp", "bounces@example.com")
    async with by_lmtp(site) as call:
        answers = await asyncio.to_thread(hand_over, call, mail, *to)
    assert [code for code, _ in answers] == [250, 250, 550, 550, 250, 250]
    assert await kinds() == ["failed"]


async def test_lmtp_says_later_while_nothing_can_be_kept(site: Site) -> None:
    mail, _ = await came_back(site)
    async with by_lmtp(site) as call:
        await site.store.mongo.command("collMod", "bounces", validator={"digest": "none of them"})
        with capture_logs() as told:
            [_, (code, said)] = await asyncio.to_thread(hand_over, call, mail, "bounces@example.jp")
        await site.store.mongo.command("collMod", "bounces", validator={})
        assert [entry["event"] for entry in told] == ["unexpected"]
        assert (code, said[:5], await kinds()) == (451, b"4.3.0", [])
        assert (await asyncio.to_thread(hand_over, call, mail, "bounces@example.jp"))[1][0] == 250
    assert await kinds() == ["failed"]
    assert await bounces_of_it() == 1


async def test_lmtp_takes_no_mail_too_large_and_no_client_too_many(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounce_lmtp, "LARGEST", 10_000)
    monkeypatch.setattr(bounce_lmtp, "CLIENTS", 1)
    mail, _ = await came_back(site)
    async with by_lmtp(site) as call:
        answers = await asyncio.to_thread(
            hand_over, call, mail + b"x" * 10_000, "bounces@example.jp", "bounces+1@example.jp"
        )
        assert [code for code, _ in answers] == [250, 250, 552, 552]
        first = await asyncio.to_thread(call)
        with pytest.raises(smtplib.SMTPConnectError, match="421"):
            await asyncio.to_thread(call)
        await asyncio.to_thread(first.quit)
    assert await kinds() == []


async def greeting(path: Path) -> bytes:
    """What is said to who connects."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    said = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return said


async def test_nobody_takes_a_socket_from_another(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    async with listening(Receiver(site), Socket(path=path)):
        assert path.stat().st_mode & 0o777 == 0o660
        with pytest.raises(BounceMailboxBroken):
            async with listening(Receiver(site), Socket(path=path)):
                pass
        assert (await greeting(path)).startswith(b"220")
    async with listening(Receiver(site), Socket(path=path)):
        assert (await greeting(path)).startswith(b"220")


@pytest.mark.parametrize(
    "text", ["/var/mail/b", "mbox:", "maildir://host/x", "lmtp://10.0.0.1:24", "lmtp://127.0.0.1", "imap://x"]
)
def test_sources_nobody_can_take_from_are_refused(text: str) -> None:
    assert read_source("mbox:/var/mail/b").path == Path("/var/mail/b")
    assert read_source("lmtp:///run/b").socket == Socket(path=Path("/run/b"))
    with pytest.raises(ValueError, match="mbox:/file"):
        read_source(text)
