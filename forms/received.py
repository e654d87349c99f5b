"""A form of several parts, read within limits: what is beyond them is left out and told, the rest is kept."""

from collections.abc import Iterable
from math import inf

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartParser
from starlette.requests import Request

FIELD_LIMIT = 20_000
"""Most texts read of one post: a table of 200 rows with some 60 boxes each, and what is around it."""

PLAIN_LIMIT = 5_000
"""Most fields read of a form in one part, as small pages send."""

PART_LIMIT = 2 * 2**20
"""Longest text read of one part (bytes)."""

FILE_LIMIT = 20
"""Most files read of one post."""


class Received(FormData):
    """A form as far as it was read. ``cut`` has the length (bytes) of texts of which only the beginning was
    read, ``surplus`` how many files were not, both by name; ``overfull`` says that there were more parts."""

    def __init__(
        self,
        items: Iterable[tuple[str, str | UploadFile]] = (),
        cut: dict[str, int] | None = None,
        surplus: dict[str, int] | None = None,
        *,
        overfull: bool = False,
    ) -> None:
        super().__init__(list(items))
        self.cut, self.surplus, self.overfull = cut or {}, surplus or {}, overfull


async def receive(request: Request) -> Received:
    """The ``multipart/form-data`` a request carries. Raises MultiPartException for what is none."""
    parser = _Limited(request.headers, request.stream(), max_files=inf, max_fields=inf)
    form = await parser.parse()
    return Received(form.multi_items(), parser.cut, parser.surplus, overfull=parser.overfull)


class _Limited(MultiPartParser):
    """Starlette's parser, which goes on where it would give up: nothing beyond a limit is kept in memory."""

    def __init__(self, *given: object, **limits: float) -> None:
        super().__init__(*given, **limits)  # type: ignore[arg-type]
        self.cut: dict[str, int] = {}
        self.surplus: dict[str, int] = {}
        self.overfull = False
        self._dropped = False
        self._length = self._files = self._texts = 0

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._dropped, self._length = False, 0

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        part = self._current_part
        if part.file is None:
            self._texts += 1
            self._dropped = self._texts > FIELD_LIMIT
            self.overfull = self.overfull or self._dropped
        elif part.file.filename:
            self._files += 1
            if self._files > FILE_LIMIT:
                self._dropped = True
                self.surplus[part.field_name] = self.surplus.get(part.field_name, 0) + 1
                part.file.file.close()
                part.file = None

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        part, room = self._current_part, PART_LIMIT - self._length
        if self._dropped:
            return
        if part.file is not None:
            super().on_part_data(data, start, end)
            return
        self._length += end - start
        part.data.extend(data[start : min(end, start + max(room, 0))])

    def on_part_end(self) -> None:
        part = self._current_part
        if self._dropped:
            return
        if self._length > PART_LIMIT:
            self.cut[part.field_name] = self._length
            part.data = bytearray(part.data.decode(self._charset, "ignore").encode(self._charset))
        super().on_part_end()
