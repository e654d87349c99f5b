"""Who owns a data folder: an advisory lock, and a note to the others."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from models.errors import DatabaseInUse

NAME = "database.lock"


@dataclass(frozen=True, slots=True)
class Note:
    """What the owner tells: its process id, the port of the database (0: none yet), whether it answers."""

    pid: int = 0
    port: int = 0
    ready: bool = False


class Lock:
    """The lock on one data folder, held by this process until ``release``, at the latest until it ends.

    ``flock`` belongs to the open file, which is not passed on to programs we start.
    """

    def __init__(self, descriptor: int, port: int) -> None:
        self.port = port
        """The port the last owner used, 0 if there was none."""
        self._descriptor = descriptor

    def note(self, port: int, *, ready: bool) -> None:
        """Tell the others; the port stays known after we ended."""
        text = json.dumps(asdict(Note(os.getpid(), port, ready))).encode()
        os.pwrite(self._descriptor, text, 0)
        os.ftruncate(self._descriptor, len(text))

    def release(self) -> None:
        """Let go of the folder."""
        os.close(self._descriptor)


def take(folder: Path) -> Lock:
    """The lock on `folder`. Raises DatabaseInUse when another process has it, OSError when unwritable."""
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise DatabaseInUse(folder=str(folder), pid=read(folder).pid) from None
    held = Lock(descriptor, read(folder).port)
    held.note(held.port, ready=False)
    return held


def read(folder: Path) -> Note:
    """The owner's note, an empty one if there is none (yet)."""
    try:
        return Note(**json.loads((folder / NAME).read_text()))
    except (OSError, ValueError, TypeError):
        return Note()
