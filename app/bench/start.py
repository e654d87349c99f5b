"""Cold starts: from starting the process to its first page, on a data folder that was used before."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.bench.server import OURS, RAW, Program


@dataclass(frozen=True, slots=True)
class Start:
    """How long starts took (seconds), shortest first; the first start of all (which creates) apart. `cpu` is
    the processor time of the quickest (seconds, without mongod's)."""

    name: str
    first: float
    again: tuple[float, ...]
    cpu: float
    floor: float | None = None

    @property
    def median(self) -> float:
        """The one in the middle."""
        return self.again[len(self.again) // 2]

    @property
    def is_slow(self) -> bool:
        """Whether a usual start takes longer than it should."""
        return self.floor is not None and self.median > self.floor


async def starts(folder: Path, address: str, times: int) -> AsyncIterator[Start]:
    """Start on an embedded database and on an external one (at `address`), and the raw server beside."""
    external = {"TOROKU_DATABASE_URL": address}
    yield await _measure("embedded database", OURS, folder / "embedded", {}, times, 3.0)
    yield await _measure("external database", OURS, folder / "external", external, times, 1.0)
    yield await _measure("raw, external database", RAW, folder / "external", external, times, None)


async def _measure(
    name: str,
    arguments: tuple[str, ...],
    folder: Path,
    environment: Mapping[str, str],
    times: int,
    floor: float | None,
) -> Start:
    first, _ = await _once(arguments, folder, environment)
    again = sorted([await _once(arguments, folder, environment) for _ in range(times)])
    return Start(name, first, tuple(seconds for seconds, _ in again), again[0][1], floor)


async def _once(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> tuple[float, float]:
    program = Program(arguments, folder, environment)
    try:
        return await program.start(), program.cpu()
    finally:
        program.stop()
