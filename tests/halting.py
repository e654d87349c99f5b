"""Processes that stand still."""

import os
import signal
import time
from pathlib import Path

PATIENCE = 10
"""Seconds until a process that does not stand still is given up."""


def halt(pid: int) -> None:
    """Stop a process, and wait until it stands still: the signal reaches one thread, which stops the others
    once it is run; until then they go on."""
    os.kill(pid, signal.SIGSTOP)
    until = time.monotonic() + PATIENCE
    while not stands_still(pid):
        assert time.monotonic() < until, "it goes on"
        time.sleep(0.001)


def stands_still(pid: int) -> bool:
    """Whether each thread of a process is stopped."""
    return all(state_of(thread) == "T" for thread in Path(f"/proc/{pid}/task").iterdir())


def state_of(thread: Path) -> str:
    """The letter of a thread's state, as ``proc(5)`` tells it after the name, which is in brackets."""
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]
