"""Processor time of a database server on this machine."""

from pathlib import Path
from typing import Self

from app.database import Database


class Processor:
    """Reads what a process's threads have had of it; always 0 where the server runs elsewhere."""

    def __init__(self, process: int) -> None:
        self._process = process

    @classmethod
    async def of(cls, database: Database) -> Self:
        """The processor of the server behind `database`."""
        status = await database.mongo.client.admin.command("serverStatus")
        process = int(status["pid"])
        return cls(process if _name(process).startswith("mongod") else 0)

    def cpu(self) -> float:
        """Seconds so far."""
        if not self._process:
            return 0.0
        threads = Path(f"/proc/{self._process}/task").glob("*/schedstat")
        return sum(_spent(thread) for thread in threads)


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


def _spent(thread: Path) -> float:
    try:
        return int(thread.read_text().split()[0]) / 1e9
    except OSError:  # it ended while we read
        return 0.0
