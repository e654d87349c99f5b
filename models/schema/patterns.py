"""Patterns that mean the same in Python, in the browser and in MongoDB, and never take long.

A pattern is parsed once, refused when an engine could need more than linear time or would read it
differently, and written anew for each engine in the part of the syntax all three share."""

import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as sre_parser  # type: ignore[import-not-found]
import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

from models.schema.ambiguity import Ranges, Repeats, complement
from models.schema.problem import Problem

Engine = Literal["python", "browser", "database"]

MAX_PATTERN: Final = 200
"""Longest pattern (characters)."""

MAX_TIMES: Final = 1000
"""Most repetitions a pattern may count to."""

_ENDS: Final[dict[Engine, str]] = {"python": r"\Z", "browser": "$", "database": r"\z"}
_REPEATS: Final = (sre.MAX_REPEAT, sre.MIN_REPEAT)
_DIGIT: Final[Ranges] = ((48, 57),)
_WORD: Final[Ranges] = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Final[Ranges] = ((9, 13), (32, 32))
_CATEGORIES: Final[dict[Any, Ranges]] = {
    sre.CATEGORY_DIGIT: _DIGIT,
    sre.CATEGORY_WORD: _WORD,
    sre.CATEGORY_SPACE: _SPACE,
    sre.CATEGORY_NOT_DIGIT: complement(_DIGIT),
    sre.CATEGORY_NOT_WORD: complement(_WORD),
    sre.CATEGORY_NOT_SPACE: complement(_SPACE),
}
"""ASCII only in all three engines, whatever their own idea of Unicode digits and spaces is."""

_ANY: Final = complement(((10, 10),))


@lru_cache(maxsize=1024)
def compile_pattern(text: str, *, whole: bool = False) -> re.Pattern[str]:
    """`text` ready for ``search`` — or, with `whole`, for ``fullmatch``.

    ``^`` and ``$`` are the very beginning and end, ``.`` is anything but a line feed, digits, word
    characters and spaces are ASCII, named groups keep their names. Raises Problem for what is no pattern,
    is longer than MAX_PATTERN, differs between the engines (look-arounds, back-references, flags, word
    boundaries) or may take more than linear time."""
    tree = _parse(text)
    Repeats(whole=whole).check(tree, characters)
    return re.compile(_Writer("python", tree).write(tree))


@lru_cache(maxsize=1024)
def write_pattern(text: str, engine: Engine) -> str:
    """`text` as this engine has to be given it (the browser's with flag ``u``). Raises Problem as above."""
    compile_pattern(text)
    tree = _parse(text)
    return _Writer(engine, tree).write(tree)


def literally(text: str) -> str:
    """What finds exactly `text` in the database, whatever it holds. A NUL goes by its number: MongoDB takes
    no pattern with one in it."""
    return re.escape(text).replace("\0", r"\x00")


def _parse(text: Any) -> Sequence[Any]:
    if not isinstance(text, str) or len(text) > MAX_PATTERN:
        raise Problem(f"a pattern is a text of at most {MAX_PATTERN} characters")
    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of syntax Python may get
            tree = sre_parser.parse(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise Problem(f"this is no pattern: {error}") from error
    if tree.state.flags != re.UNICODE:
        raise Problem("a pattern has no flags; write out what may stand there, like [Aa]")
    _refuse_foreign(tree)
    return tree  # type: ignore[no-any-return]


_FOREIGN: Final = {
    sre.GROUPREF: "back-references",
    sre.GROUPREF_EXISTS: "conditional groups",
    sre.ASSERT: "look-arounds",
    sre.ASSERT_NOT: "look-arounds",
    sre.ATOMIC_GROUP: "atomic groups",
    sre.POSSESSIVE_REPEAT: "possessive repeats",
}


def _refuse_foreign(tree: Iterable[Any]) -> None:
    for operation, value in tree:
        if operation in _FOREIGN:
            raise Problem(f"a pattern has no {_FOREIGN[operation]}")
        if operation is sre.AT and value in (sre.AT_BOUNDARY, sre.AT_NON_BOUNDARY):
            raise Problem(r"a pattern has no \b and \B; write the character that stands there")
        if operation is sre.SUBPATTERN and (value[1] or value[2]):
            raise Problem("a pattern has no flags; write out what may stand there, like [Aa]")
        if operation in _REPEATS and max(value[0], 0 if value[1] is sre.MAXREPEAT else value[1]) > MAX_TIMES:
            raise Problem(f"a pattern counts to at most {MAX_TIMES}")
        if operation in _REPEATS and any(inner is sre.AT for inner, _ in value[2]):
            raise Problem("^ and $ are not repeated")
        if operation in (sre.LITERAL, sre.NOT_LITERAL) and 0xD800 <= value <= 0xDFFF:
            raise Problem("a pattern holds no half characters (surrogates)")
        for inner in inside(operation, value):
            _refuse_foreign(inner)


def inside(operation: Any, value: Any) -> list[Any]:
    """The parts of a part."""
    if operation is sre.BRANCH:
        return list(value[1])
    if operation is sre.SUBPATTERN:
        return [value[3]]
    return [value[2]] if operation in _REPEATS else []


def characters(operation: Any, value: Any) -> Ranges | None:
    """The code points one character may have here; None for what is no character."""
    if operation is sre.LITERAL:
        return ((value, value),)
    if operation is sre.NOT_LITERAL:
        return complement(((value, value),))
    if operation is sre.ANY:
        return _ANY
    if operation is not sre.IN:
        return None
    negated = value[0][0] is sre.NEGATE
    found = tuple(span for item in value[negated:] for span in _spans(*item))
    return complement(found) if negated else tuple(sorted(found))


def _spans(operation: Any, value: Any) -> Ranges:
    if operation is sre.CATEGORY:
        return _CATEGORIES[value]
    return (value,) if operation is sre.RANGE else ((value, value),)


class _Writer:
    """Writes a parsed pattern for one engine."""

    def __init__(self, engine: Engine, tree: Any) -> None:
        self.end = _ENDS[engine]
        named = tree.state.groupdict.items() if engine == "python" else ()
        self.names = {number: f"?P<{name}>" for name, number in named}

    def write(self, tree: Iterable[Any]) -> str:
        return "".join(self._part(operation, value) for operation, value in tree)

    def _part(self, operation: Any, value: Any) -> str:
        if operation is sre.AT:
            return "^" if value in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING) else self.end
        if operation is sre.BRANCH:
            return f"(?:{'|'.join(self.write(branch) for branch in value[1])})"
        if operation is sre.SUBPATTERN:
            kind = "?:" if value[0] is None else self.names.get(value[0], "")
            return f"({kind}{self.write(value[3])})"
        if operation in _REPEATS:
            return self._repeat(operation is sre.MIN_REPEAT, *value)
        if operation is sre.LITERAL:
            return _character(value)
        return _set(characters(operation, value) or ())

    def _repeat(self, lazy: bool, least: int, most: Any, body: Iterable[Any]) -> str:
        limit = "" if most is sre.MAXREPEAT else most
        return f"(?:{self.write(body)}){{{least},{limit}}}{'?' if lazy else ''}"


def _set(ranges: Ranges) -> str:
    spans = (
        f"{_character(low)}-{_character(high)}" if low < high else _character(low) for low, high in ranges
    )
    return f"[{''.join(spans)}]"


def _character(code: int) -> str:
    plain = chr(code).isalnum() if code < 0x80 else code < 0x10000
    if plain:
        return chr(code)
    return f"\\x{code:02x}" if code < 0x80 else chr(code)
