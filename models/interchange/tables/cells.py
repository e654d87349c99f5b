"""What stands in a cell of a file people open with a spreadsheet."""

import json
import re
from decimal import Decimal
from typing import Any

Cell = str | int | float | Decimal | None

HARMFUL = re.compile("'*[ \u3000\u00a0]*[=+\\-@＝＋－＠\t\r\n]")
"""Beginnings a spreadsheet may take for a formula (ASVS 5.0 1.2.10), apostrophes before them included, so
that taking one away again gives back what was there."""

NOTICE_MARK = "取扱注意"
"""How the line begins that is about the file, and what the sheet with it is called (R80)."""

UNWRITTEN = "#### too long ####"
"""Stands for a text longer than a cell of the format holds; an import leaves such an answer as it is."""

CELL_LIMIT = 1_000_000
"""Most characters of a cell that is read."""


def harmless(text: str) -> str:
    """`text` so that no spreadsheet runs it: one apostrophe more in front where it might."""
    return f"'{text}" if HARMFUL.match(text) else text


def restored(text: str) -> str:
    """What ``harmless`` was given."""
    return text[1:] if text[:1] == "'" and HARMFUL.match(text, 1) else text


def structured(value: Any) -> str:
    """Rows, statements and facts as one JSON text; exact decimals as texts."""
    return json.dumps(value, ensure_ascii=False, default=_exactly, separators=(", ", ": "))


def _exactly(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
