"""A bar for long work, where somebody watches."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from models.services.progress import Progress, silent


@contextmanager
def watched(name: str) -> Iterator[Progress]:
    """A bar on standard error while something long is done, where somebody watches."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console  # here, so that serving does not wait for it
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
