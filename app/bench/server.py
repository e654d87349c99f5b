"""Programs to be measured, each a process of its own on a port of its own."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from app.bench.client import Connection, get
from app.settings import ROOT
from models.errors import ConfigurationError

PATIENCE = 90.0
"""Seconds a program gets until its first page."""

GRACE = 15.0
"""Seconds a program gets to end."""

POLL = 0.003

OURS = ("-m", "app", "serve")
RAW = ("-m", "uvicorn", "--factory", "app.bench.raw:create_raw", "--no-access-log", "--log-level", "error")


class Program:
    """One server: started, asked until it answers, in the end stopped."""

    def __init__(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.port = folder, free_port()
        self.arguments = [sys.executable, *arguments, "--port", str(self.port)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOROKU_")}
        chosen = {name: os.environ[name] for name in ("TOROKU_CONFIG",) if name in os.environ}
        base = {"TOROKU_DATA": str(folder), "TOROKU_BASE_URL": f"http://127.0.0.1:{self.port}"}
        always = {"TOROKU_WORKER": "false", "TOROKU_HOURS": "always", "TOROKU_LIMITS": "watched"}
        self.environment = {**kept, **chosen, **base, **always, **environment}
        self.log = folder / f"{self.port}.log"
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> float:
        """Start it; returns the seconds until its first page. Raises ConfigurationError when it ends."""
        began = time.perf_counter()
        self.process = self._spawn()
        while time.perf_counter() - began < PATIENCE and self.process.poll() is None:
            if await self._answers():
                return time.perf_counter() - began
            await asyncio.sleep(POLL)
        self.stop()
        raise ConfigurationError(message=self.log.read_text(encoding="utf-8", errors="replace")[-2000:])

    def _spawn(self) -> subprocess.Popen[bytes]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                self.arguments, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    async def _answers(self) -> bool:
        try:
            connection = await Connection.open(self.port)
        except OSError:
            return False
        try:
            return (await connection.ask(get("/"))).status == 200
        finally:
            await connection.close()

    def cpu(self) -> float:
        """Processor time the server's threads have had (seconds); 0 where there is no ``/proc``."""
        if self.process is None:
            return 0.0
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def stop(self) -> None:
        """End it, by force after GRACE seconds."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@asynccontextmanager
async def running(program: Program) -> AsyncIterator[Program]:
    """`program` for the length of a block."""
    await program.start()
    try:
        yield program
    finally:
        program.stop()


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
