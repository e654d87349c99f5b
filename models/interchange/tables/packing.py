"""A ZIP archive (APPNOTE 6.3.10) written from front to back, whose state is plain values."""

import struct
import zlib
from dataclasses import asdict, dataclass
from typing import Any

from models.errors import TransferRefused

LEVEL = 3
"""zlib's effort: four fifths of the best ratio at a third of its time."""

SIZE_LIMIT = 0xFFFF_FFFF
"""Most bytes of an archive without the 64-bit extensions."""

MEMBER_LIMIT = SIZE_LIMIT * 3 // 4
"""Bytes after which a member is better ended."""

DESCRIPTOR, UTF8 = 0x0008, 0x0800
EPOCH = 0x0021
"""1 January 1980 as MS-DOS writes it: archives do not tell when they were made."""


@dataclass
class Entry:
    """One member: where it begins, and what of it is written so far."""

    name: str
    offset: int
    crc: int = 0
    size: int = 0
    packed: int = 0

    def document(self) -> dict[str, Any]:
        """As it is stored between two runs."""
        return asdict(self)


class Packing:
    """Members one after the other, sizes behind each (general purpose bit 3)."""

    def __init__(self, entries: list[Entry] | None = None) -> None:
        self.entries = entries or []

    @property
    def is_large(self) -> bool:
        """Whether the member is better ended."""
        return self.entries[-1].size > MEMBER_LIMIT

    def open(self, name: str) -> bytes:
        """Begin a member. Raises TransferRefused where the archive would be too large."""
        if self._end() > SIZE_LIMIT:
            raise TransferRefused("The workbook would be larger than 4 GB. Take CSV or JSON Lines.")
        self.entries.append(Entry(name, self._end()))
        head = struct.pack(
            "<4s5H3I2H", b"PK\x03\x04", 20, DESCRIPTOR | UTF8, 8, 0, EPOCH, 0, 0, 0, len(name.encode()), 0
        )
        return head + name.encode()

    def add(self, content: bytes) -> bytes:
        """Some more of the member; ended by a full flush, so that what follows stands alone."""
        engine = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
        return self._count(content, engine.compress(content) + engine.flush(zlib.Z_FULL_FLUSH))

    def close(self) -> bytes:
        """End the member."""
        entry = self.entries[-1]
        ended = self._count(b"", zlib.compressobj(LEVEL, zlib.DEFLATED, -15).flush(zlib.Z_FINISH))
        return ended + struct.pack("<4s3I", b"PK\x07\x08", entry.crc, entry.packed, entry.size)

    def whole(self, name: str, text: str) -> bytes:
        """A member in one piece."""
        return self.open(name) + self.add(text.encode()) + self.close()

    def end(self) -> bytes:
        """The directory."""
        start = self._end()
        listed = b"".join(_listed(entry) for entry in self.entries)
        count = len(self.entries)
        return listed + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(listed), start, 0)

    def _count(self, content: bytes, packed: bytes) -> bytes:
        entry = self.entries[-1]
        entry.crc = zlib.crc32(content, entry.crc)
        entry.size += len(content)
        entry.packed += len(packed)
        return packed

    def _end(self) -> int:
        """Where the next member begins: header, name, content and descriptor of the last one."""
        if not self.entries:
            return 0
        last = self.entries[-1]
        return last.offset + 30 + len(last.name.encode()) + last.packed + 16


def _listed(entry: Entry) -> bytes:
    name = entry.name.encode()
    head = struct.pack(
        "<4s6H3I5H2I",
        b"PK\x01\x02",
        20,
        20,
        DESCRIPTOR | UTF8,
        8,
        0,
        EPOCH,
        entry.crc,
        entry.packed,
        entry.size,
        len(name),
        0,
        0,
        0,
        0,
        0,
        entry.offset,
    )
    return head + name
