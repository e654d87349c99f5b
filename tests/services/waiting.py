"""Waiting for what another process is to learn."""

import asyncio
from collections.abc import Callable
from time import monotonic

PATIENCE = 2.0
"""Seconds until a test gives up: one, and one for a machine that is busy."""


async def within_a_second(holds: Callable[[], bool], work: "asyncio.Task[None]") -> None:
    """Return as soon as `holds` does; an assertion fails when it never does. What ended `work`, which is to
    bring it about, is raised."""
    begun = monotonic()
    for _ in range(int(PATIENCE / 0.02)):
        if holds():
            return
        if work.done():
            work.result()
        await asyncio.sleep(0.02)
    raise AssertionError(f"not after {monotonic() - begun:.1f} seconds")
