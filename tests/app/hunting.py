"""Looking for a text in whatever shape it may have been left: a page, a file, a database's bytes."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, is_zipfile

CUT = 2
"""Letters of base64 on either side that depend on what stands beside."""


BEGIN = "Wq7Zk3Xv9Jp"
"""What every canary begins with: where this is not, none is."""


def canary(name: str) -> str:
    """A text that cannot be mistaken, and that no compression finds twice."""
    return f"{BEGIN}{name}{sha256(name.encode()).hexdigest()[:24]}"


@cache
def shapes(text: str) -> tuple[bytes, ...]:
    """The bytes of `text` as they may stand anywhere: in the usual encodings, as hex, in base64 wherever it
    begins."""
    return tuple(_shapes(text))


def _shapes(text: str) -> Iterator[bytes]:
    plain = text.encode()
    yield plain
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for before in range(3):
        yield b64encode(b"-" * before + plain)[4 if before else 0 :].rstrip(b"=")[:-CUT]


def found_in(content: bytes, texts: Iterable[str]) -> set[str]:
    """Which of these texts stand in some bytes, in any shape; packed files are unpacked."""
    if content[:2] == b"PK" and is_zipfile(BytesIO(content)):
        with ZipFile(BytesIO(content)) as packed:
            content += b"".join(packed.read(name) for name in packed.namelist())
    if not any(shape in content for shape in shapes(BEGIN)):
        return set()
    return {text for text in texts if any(shape in content for shape in shapes(text))}


def found_below(folder: Path, texts: Iterable[str], since: float) -> set[str]:
    """Which of these texts stand in the files below a folder that were written since."""
    wanted, found = list(texts), set[str]()
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_mtime >= since:
            found |= found_in(path.read_bytes(), wanted)
    return found
