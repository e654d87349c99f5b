"""What halts a process for other tests waits until it stands still."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.halting import halt, stands_still

COUNTING = """
import threading, time
def count():
    while True:
        time.sleep(0)
for _ in range(8):
    threading.Thread(target=count).start()
print("counting", flush=True)
"""


@pytest.fixture
def busy() -> Iterator[int]:
    """A process with threads that never rest."""
    with subprocess.Popen([sys.executable, "-c", COUNTING], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_every_thread_of_it_stands_still(busy: int) -> None:
    assert not stands_still(busy)
    halt(busy)
    assert stands_still(busy)
    os.kill(busy, signal.SIGCONT)
