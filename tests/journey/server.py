"""The program itself as a process of its own: ``python -m app serve`` on a folder and a port."""

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.database import open_database
from tests.journey.mailbox import free_port

ROOT = Path(__file__).resolve().parents[2]

UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP, which would each make one of their own, in 25 milliseconds."""


class Program:
    """A running server: its address, its data folder, and ways to treat it badly."""

    def __init__(
        self, folder: Path, *, smtp: int | None = None, demo: bool = True, **environment: str
    ) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "TOROKU_DATA": str(folder),
            "TOROKU_PORT": str(self.port),
            "TOROKU_BASE_URL": self.url,
            **({"TOROKU_SMTP_URL": f"smtp://127.0.0.1:{smtp}"} if smtp else {}),
            **environment,
        }
        self.arguments = ["--demo", "--empty-queue"] if demo else []
        self.log = folder / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 60) -> float:
        """Start and wait for the first page; returns the seconds that took."""
        self.folder.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "app", "serve", *self.arguments]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        while time.monotonic() < begun + seconds:
            if self.process.poll() is not None:
                raise AssertionError(self.log.read_text(encoding="utf-8"))
            try:
                if self.ask() == 200:
                    return time.monotonic() - begun
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    def ask(self) -> int:
        """What the first page answers."""
        return httpx.get(f"{self.url}/", timeout=5, verify=UNUSED).status_code

    def client(self) -> httpx.AsyncClient:
        """A browser of its own."""
        return httpx.AsyncClient(base_url=self.url, timeout=60, verify=UNUSED)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of the program on the same data."""
        command = [sys.executable, "-m", "app", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    async def beside(self, folder: Path, **environment: str) -> "Program":
        """Another server on the same database, with the same secret, as a site's servers share theirs."""
        async with open_database("embedded:", data_dir=self.folder, owner=False) as database:
            address = database.address
        secret = (self.folder / "secret").read_text(encoding="ascii")
        environment |= {"TOROKU_DATABASE_URL": address, "TOROKU_SECRET": secret}
        return Program(folder, smtp=None, demo=False, **environment)

    @property
    def mongod(self) -> int:
        """The process id of the embedded mongod."""
        children = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children") if self.process else None
        )
        assert children is not None
        for pid in children.read_text().split():
            if b"mongod" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
        raise AssertionError("no mongod beneath the server")


@contextmanager
def running(program: Program) -> Iterator[Program]:
    """`program`, started and in the end stopped."""
    program.start()
    try:
        yield program
    finally:
        program.stop()
