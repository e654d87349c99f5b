"""Asking for one page as fast as the server answers, and what came of it."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.bench.client import Answer, Connection
from models.errors import ConfigurationError

Requests = Iterator[bytes]
"""The requests one connection sends, one after the other; it may end."""


@dataclass
class Sample:
    """What one side did: every latency (seconds), how long that took in all, the processor time it took the
    server (seconds; 0: not known), how large an answer is (bytes)."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0
    size: int = 0

    def add(self, other: "Sample") -> None:
        """Take the measurements of another window in."""
        self.latencies += other.latencies
        self.seconds += other.seconds
        self.cpu += other.cpu
        self.size = other.size or self.size

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def cost(self) -> float:
        """Processor time a request takes the server (seconds)."""
        return self.cpu / len(self.latencies) if self.latencies else 0.0

    def quantile(self, share: float) -> float:
        """The latency (seconds) within which that share of requests was answered; 0 when there were none."""
        ordered = sorted(self.latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


@dataclass
class Window:
    """How long to ask: until the seconds are over or so many requests were sent, whichever is first."""

    seconds: float
    most: int
    sent: int = 0
    began: float = field(default_factory=time.perf_counter)

    def take(self) -> bool:
        """Whether one more request may be sent."""
        self.sent += 1
        return self.sent <= self.most and time.perf_counter() - self.began < self.seconds


async def ask_often(
    connections: Sequence[Connection], sources: Sequence[Requests], status: int, seconds: float, most: int
) -> Sample:
    """One window: every connection asks without pause. Raises ConfigurationError on any other status."""
    window, sample = Window(seconds, most), Sample()
    pairs = zip(connections, sources, strict=True)
    await asyncio.gather(
        *(_ask_on(connection, source, status, window, sample) for connection, source in pairs)
    )
    sample.seconds = time.perf_counter() - window.began
    return sample


async def _ask_on(
    connection: Connection, source: Requests, status: int, window: Window, sample: Sample
) -> None:
    while window.take():
        request = next(source, None)
        if request is None:
            return
        began = time.perf_counter()
        answer = await connection.ask(request)
        sample.latencies.append(time.perf_counter() - began)
        sample.size = answer.size
        _require(answer, status, request)


def _require(answer: Answer, status: int, request: bytes) -> None:
    """An error page answered quickly is no result."""
    if answer.status != status:
        line = request.split(b" HTTP", 1)[0].decode()
        raise ConfigurationError(message=f"{line}: {answer.status}, {status} was expected.")
