"""The embedded database: a mongod of our own, or the one another process of ours runs on the same folder."""

import asyncio
import contextlib
import logging
import shutil
import time
from asyncio.subprocess import Process
from pathlib import Path

from app.database import binary, lock, process, refusal, replica
from app.tasks import end
from models.errors import DatabaseInUse, DatabaseRefused

logger = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds until a start is given up. Usual is half a second, but 30 after a port change when the program that
took the old port accepts connections and never answers: mongod asks it first whether it is itself."""
DISK_BYTES = 512 * 2**20
"""Free space below which a start is refused; mongod's journal alone takes up to 200 MiB."""
ATTEMPTS = 3
LOST_THE_RACE = {48, 100}
"""mongod's exit codes for “port in use” and “data folder in use” (by an orphan not ended yet)."""
LOOK = 60.0
"""Seconds between two looks at the size of the log."""
LONGEST_PAUSE = 10.0


class Attached:
    """The database of another process: it lives as long as its owner."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def close(self) -> None:
        """Nothing here is ours."""


class Owned:
    """A mongod of our own. It is started again on the same port whenever it ends, until ``close``."""

    def __init__(self, folder: Path, held: lock.Lock, port: int, child: Process) -> None:
        self.port = port
        self._folder, self._lock, self._child = folder, held, child
        self._watcher = asyncio.create_task(self._watch(), name="embedded database")

    @property
    def pid(self) -> int:
        """mongod's process id; another one after a restart."""
        return self._child.pid

    async def close(self) -> None:
        """End mongod cleanly and let go of the folder."""
        await end(self._watcher)
        await process.stop(self._child)
        self._lock.note(self.port, ready=False)
        self._lock.release()

    async def _watch(self) -> None:
        pause = 0.0
        while True:
            since = time.monotonic()
            await self._ended()
            pause = min(max(pause * 2, 0.1), LONGEST_PAUSE) if time.monotonic() - since < LOOK else 0.0
            logger.error("mongod ended with code %s; starting it again", self._child.returncode)
            await asyncio.sleep(pause)
            with contextlib.suppress(DatabaseRefused, OSError):
                self._child = await _launch(binary.find(), self._folder, self.port)

    async def _ended(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._child.wait(), LOOK)
            except TimeoutError:
                if process.rotate(self._folder):
                    self._child.send_signal(process.REOPEN)
            else:
                return


async def own(folder: Path) -> Owned:
    """Start mongod on `folder`, made if missing.

    Raises DatabaseInUse when another process owns the folder, DatabaseRefused when mongod cannot run here.
    """
    program = binary.find()
    folder, held = _prepare(folder)
    try:
        await process.end_orphans(folder)
        port, child = await _start(program, folder, held)
    except BaseException:
        held.release()
        raise
    held.note(port, ready=True)
    return Owned(folder, held, port, child)


async def attach(folder: Path) -> Attached | Owned:
    """The running database of `folder`'s owner; without one, become the owner. Raises as ``own``."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return await own(folder)
        except DatabaseInUse:
            note = lock.read(folder)
            if note.ready:
                return Attached(note.port)
            if time.monotonic() > until:
                raise
        await asyncio.sleep(replica.POLL)


def _prepare(folder: Path) -> tuple[Path, lock.Lock]:
    """The folder (absolute), ours alone, with room to work."""
    try:
        folder = folder.resolve()
        process.data(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        held = lock.take(folder)
    except OSError as error:
        raise refusal.folder(folder, error) from error
    free = shutil.disk_usage(folder).free
    if free < DISK_BYTES:
        held.release()
        raise refusal.disk(folder, free, DISK_BYTES)
    return folder, held


async def _start(program: Path, folder: Path, held: lock.Lock) -> tuple[int, Process]:
    """mongod on the port remembered or, when another has it, on a new one."""
    port = held.port
    for _ in range(ATTEMPTS):
        if not (port and process.free(port)):
            port = process.pick()
        held.note(port, ready=False)
        child = await _launch(program, folder, port)
        if child.returncode is None:
            return port, child
        if child.returncode not in LOST_THE_RACE:
            break
    raise refusal.ended(child.returncode, process.output(folder), process.log(folder))


async def _launch(program: Path, folder: Path, port: int) -> Process:
    """A mongod that is primary, or one that has ended because it could not be."""
    child = await process.spawn(program, folder, port)
    try:
        if not await replica.until_primary(child, port, PATIENCE):
            await process.stop(child)
    except BaseException:
        await process.stop(child)
        raise
    return child
