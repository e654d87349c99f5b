"""Files nobody should have written, and what must be said of each."""

from collections.abc import Mapping
from typing import NamedTuple

from models.schema.source import MAX_BYTES
from tests.configuration.sample import FILES, TYPE


class Hostile(NamedTuple):
    """A file's bytes; the code that must be reported, and the line it must name."""

    content: bytes
    code: str
    line: int


def _bomb() -> bytes:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    return "\n".join(lines).encode()


def _fields(count: int, line: str = "  - {name: f%d, type: text, label: {ja: 項}}\n") -> bytes:
    head = FILES[TYPE].split("fields:")[0] + "fields:\n"
    return (head + "".join(line % n for n in range(count))).encode()


def _conditions(count: int) -> bytes:
    """Fields whose conditions have very many combinations to try, and never hold."""
    options = ", ".join(f"{{code: o{n}, label: {{ja: 項}}}}" for n in range(15))
    choices = "".join(f"  - {{name: c{n}, type: choice, options: [{options}]}}\n" for n in range(3))
    never = "{$and: [{c0: o%d}, {c0: o14}, {c1: {$regex: o}}, {c2: {$regex: o}}]}"
    fields = "".join(f"  - {{name: f{n}, type: text, show_when: {never % (n % 14)}}}\n" for n in range(count))
    head = FILES[TYPE].split("fields:")[0].replace("{group_name}", "").replace(", contact: email", "")
    return f"{head}fields:\n{choices}{fields}".encode()


TEXT = FILES[TYPE]
HEAD = "record_type: x\n"

HOSTILE: Mapping[str, Hostile] = {
    "alias bomb": Hostile(_bomb(), "T-E036", 5),
    "aliases in keys": Hostile(b"a: &a x\n*a : y\n", "T-E038", 2),
    "50,000 lines of fields": Hostile(_fields(50_000, "  - {name: f%d, type: text}\n"), "T-E036", 0),
    "20,000 fields": Hostile(_fields(20_000), "T-E056", 0),
    "50,000 unknown keys": Hostile(
        (TEXT + "".join(f"k{n}: 1\n" for n in range(50_000))).encode(), "T-E003", 0
    ),
    "50,000 lines of one text": Hostile((HEAD + "label: |\n" + "  行\n" * 50_000).encode(), "T-E005", 2),
    "50,000 items": Hostile((HEAD + "fields:\n" + "  - x\n" * 50_000).encode(), "T-E005", 3),
    "900 conditions of 4,000 combinations": Hostile(_conditions(900), "T-E042", 0),
    "duplicate keys": Hostile((TEXT + "lifecycle: other\n").encode(), "T-E002", TEXT.count("\n") + 1),
    "duplicate keys deep down": Hostile(b"a:\n  - b: 1\n    c: 2\n    b: 3\n", "T-E002", 4),
    "UTF-16": Hostile(TEXT.encode("utf-16"), "T-E033", 1),
    "UTF-32": Hostile(TEXT.encode("utf-32"), "T-E033", 1),
    "Shift_JIS": Hostile(b"a: 1\n" + "名称: 団体\n".encode("shift_jis"), "T-E033", 2),
    "EUC-JP": Hostile("label: {ja: 団体}\n".encode("euc_jp"), "T-E033", 1),
    "a byte order mark and nothing else": Hostile(b"\xef\xbb\xbf", "T-E006", 1),
    "binary": Hostile(bytes(range(256)) * 64, "T-E033", 2),
    "NUL bytes": Hostile(b"record_type: x\nlabel: a\x00b\n", "T-E001", 2),
    "control characters": Hostile(b"record_type: x\nlabel: a\x07b\n", "T-E001", 2),
    "escaped lone surrogate": Hostile(b'record_type: x\nlabel: "\\ud800"\n', "T-E001", 2),
    "lone surrogate in bytes": Hostile(b"record_type: x\nlabel: \xed\xa0\x80\n", "T-E033", 2),
    "10,000 lists deep": Hostile(b"a: " + b"[" * 10_000 + b"]" * 10_000, "T-E035", 1),
    "10,000 mappings deep": Hostile(b"{a: " * 10_000 + b"}" * 10_000, "T-E035", 1),
    "10,000 lists deep, never closed": Hostile(b"a: " + b"[" * 10_000, "T-E035", 1),
    "10,000 levels of indentation": Hostile(b"".join(b" " * n + b"a:\n" for n in range(1_900)), "T-E035", 61),
    "10,000 dashes": Hostile(b"- " * 10_000 + b"x\n", "T-E035", 1),
    "huge scalar": Hostile(HEAD.encode() + b"label: " + b"x" * 1_900_000 + b"\n", "T-E005", 2),
    "huge key": Hostile(b'"' + b"k" * 1_900_000 + b'": 1\n', "T-E001", 1),
    "huge number": Hostile(HEAD.encode() + b"label: " + b"9" * 1_900_000 + b"\n", "T-E039", 2),
    "not a number": Hostile(HEAD.encode() + b"label: .nan\n", "T-E039", 2),
    "too large": Hostile(b"#" * (MAX_BYTES + 1), "T-E032", 1),
    "tabs": Hostile(b"record_type: x\n\tlabel: y\n", "T-E001", 2),
    "Python's tags": Hostile(b"record_type: x\nlabel: !!python/object/apply:os.system [id]\n", "T-E038", 2),
    "tags of one's own": Hostile(b"record_type: x\nlabel: !secret y\n", "T-E038", 2),
    "binary by tag": Hostile(b"record_type: x\nlabel: !!binary aGk=\n", "T-E038", 2),
    "merge keys": Hostile(b"record_type: x\na: &a {b: 1}\nc:\n  <<: *a\n", "T-E038", 4),
    "recursive anchors": Hostile(b"record_type: x\na: &a\n  b: *a\n", "T-E037", 3),
    "an alias of nothing": Hostile(b"record_type: x\na: *b\n", "T-E001", 2),
    "several documents": Hostile(b"record_type: x\n---\nrecord_type: y\n", "T-E040", 2),
    "keys that are lists": Hostile(b"record_type: x\n? [a, b]\n: c\n", "T-E038", 2),
    "keys that are mappings": Hostile(b"record_type: x\n? {a: b}\n: c\n", "T-E038", 2),
    "an empty file": Hostile(b"", "T-E006", 1),
    "only comments": Hostile(b"# nothing\n", "T-E006", 1),
    "a list at the top": Hostile(b"- a\n- b\n", "T-E006", 1),
    "a text at the top": Hostile(b"just text\n", "T-E006", 1),
    "an unclosed quote": Hostile(b'record_type: x\nlabel: "y\n', "T-E001", 0),
    "an unknown directive": Hostile(b"%YAML 3.0\n---\nrecord_type: x\n", "T-E001", 1),
}
"""Line 0: somewhere in the file."""
