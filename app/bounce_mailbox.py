"""Mailboxes bounces come to: a file (mbox) or a folder (Maildir) some mail server delivers into.

A mail is removed once it is taken in; after a crash in between it is found again, and known. Of a mailbox
file nothing is read where it lies: it is moved aside under the locks mail servers keep (RFC 4155)."""

import asyncio
import mailbox
import os
import secrets
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

from models.errors import BounceMailboxBroken
from models.services.bounces import take_in
from models.services.site import Site

LARGEST = 25 * 1024 * 1024
"""Octets of one mail that are read."""

AT_ONCE = 200
"""Mails taken in before the mailbox is looked at anew."""

ASIDE, UNFINISHED = ".taking-", ".copying-"
"""What the name of a mailbox file that was moved aside goes on with, and while it is being copied."""


async def take_from_folder(site: Site, folder: Path) -> int:
    """Take the mails of a Maildir in; how many there were. Those nobody can read stay, marked as seen, among
    the read ones. Raises BounceMailboxBroken, DatabaseUnavailable."""
    names = await asyncio.to_thread(_new_mails, folder)
    for path in names:
        raw = await asyncio.to_thread(_read, path)
        if raw is not None:
            taken = await take_in(site, raw, "maildir")
            await asyncio.to_thread(_put_away, path, keep=taken.bounce.kind == "unread")
    return len(names)


async def take_from_file(site: Site, file: Path) -> int:
    """Take the mails of a mailbox file in; how many there were. Raises BounceMailboxBroken,
    DatabaseUnavailable."""
    await asyncio.to_thread(_move_aside, file)
    count = 0
    for aside in await asyncio.to_thread(_moved, file):
        mails = mails_in(aside)
        while (raw := await asyncio.to_thread(next, mails, None)) is not None:
            await take_in(site, raw, "mbox")
            count += 1
        await asyncio.to_thread(aside.unlink, missing_ok=True)
    return count


def _new_mails(folder: Path) -> list[Path]:
    try:
        (folder / "cur").mkdir(exist_ok=True)
        entries = (Path(entry.path) for entry in os.scandir(folder / "new") if entry.is_file())
        return sorted(islice(entries, AT_ONCE))
    except OSError as error:
        raise BounceMailboxBroken(place=str(folder)) from error


def _read(path: Path) -> bytes | None:
    """The beginning of a mail; None where somebody else was faster."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except FileNotFoundError:
        return None


def _put_away(path: Path, *, keep: bool) -> None:
    with suppress(FileNotFoundError):
        if keep:
            path.rename(path.parent.parent / "cur" / f"{path.name}:2,S")
        else:
            path.unlink()


def _move_aside(file: Path) -> None:
    """Copy what the file holds to a name of its own, and empty it, under its locks. A crash in between leaves
    both: then the same mails are taken in twice, and known the second time."""
    try:
        if not file.exists() or file.stat().st_size == 0:
            return
        with closing(mailbox.mbox(file, create=False)) as box:
            box.lock()  # given back when it is closed
            for left in file.parent.glob(f"{file.name}{UNFINISHED}*"):
                left.unlink()
            _copy(file, secrets.token_hex(8))
            os.truncate(file, 0)
    except (OSError, mailbox.Error) as error:
        raise BounceMailboxBroken(place=str(file)) from error


def _copy(file: Path, name: str) -> None:
    unfinished = file.with_name(f"{file.name}{UNFINISHED}{name}")
    with file.open("rb") as source, unfinished.open("xb") as target:
        os.fchmod(target.fileno(), 0o600)
        while block := source.read(1024 * 1024):
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    unfinished.rename(file.with_name(f"{file.name}{ASIDE}{name}"))


def _moved(file: Path) -> list[Path]:
    return sorted(file.parent.glob(f"{file.name}{ASIDE}*"))


def mails_in(place: Path) -> Iterator[bytes]:
    """Every mail of a mailbox file, of a Maildir, of a folder of mails, or of a file with one; none is
    removed. Raises BounceMailboxBroken."""
    try:
        if place.is_dir():
            kinds = [place / name for name in ("new", "cur") if (place / name).is_dir()] or [place]
            files = [path for folder in kinds for path in sorted(folder.iterdir()) if path.is_file()]
            yield from (raw for path in files if (raw := _read(path)) is not None)
        else:
            yield from _split(place)
    except OSError as error:
        raise BounceMailboxBroken(place=str(place)) from error


def _split(file: Path) -> Iterator[bytes]:
    """The mails of a file: it is a mailbox if its first line says so."""
    with file.open("rb") as opened:
        if opened.read(5) != b"From ":
            opened.seek(0)
            yield opened.read(LARGEST)
            return
    with closing(mailbox.mbox(file, create=False)) as box, suppress(FileNotFoundError):
        for key in box.iterkeys():
            with box.get_file(key) as part:
                yield part.read(LARGEST)
