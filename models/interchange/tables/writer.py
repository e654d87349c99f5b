"""What the writers of all formats share: bytes as rows come, and a state to go on from after a break."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from models.interchange.tables.cells import Cell

Rows = Sequence[Sequence[Cell]]


class Writer(Protocol):
    """Writes one file. What ``begin``, ``rows`` and ``end`` return, put together, is the file; a writer given
    the ``state`` another has come to goes on in its place."""

    ending: str
    content_type: str

    def begin(self, notice: Sequence[str], heads: Sequence[str]) -> bytes:
        """What comes before the rows: the notice about the file, and the heads of its columns."""
        ...

    def rows(self, rows: Rows) -> bytes:
        """Some rows."""
        ...

    def end(self) -> bytes:
        """What comes after them."""
        ...

    def state(self) -> Mapping[str, Any]:
        """How far it is, as plain values; ``unwritten`` counts what the format could not hold."""
        ...
