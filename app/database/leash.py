"""Run a program that ends with the process that started it: ``python leash.py PARENT PROGRAM ARGUMENT…``.

Linux sends the signal asked for by ``prctl(PR_SET_PDEATHSIG)`` when the *thread* that forked us ends (see
prctl(2)), and the setting survives ``execve``. It is a program of its own, run before the real one, because
Python code between fork and exec in a process with threads may deadlock. Elsewhere than on Linux it only
starts the program.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Become `command`, on the leash of the process `parent`."""
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0):
        sys.exit("prctl refused")
    if os.getppid() != parent:  # it ended before the leash was on: no signal will come
        sys.exit("the parent is gone")
    try:
        os.execv(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
