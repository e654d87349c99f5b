"""Long work in the process that also answers people: a little at a time, with a rest between."""

import asyncio
from time import perf_counter

WORK = 0.002
"""Seconds of work in one go."""

REST = 0.001
"""Seconds of rest after it where others had something to do meanwhile: a page takes some thirty turns of the
loop, and each waits for no more than WORK."""

IDLE = 0.0002
"""Seconds a turn of the loop takes when nobody else has anything to do."""


class Breath:
    """Awaited between small pieces of work; rests when enough was done since the last rest."""

    def __init__(self) -> None:
        self._began = perf_counter()

    async def __call__(self) -> None:
        if perf_counter() - self._began > WORK:
            turn = perf_counter()
            await asyncio.sleep(0)
            if perf_counter() - turn > IDLE:
                await asyncio.sleep(REST)
            self._began = perf_counter()
