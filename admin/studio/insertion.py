"""A declared step put into the text a steward is writing: nothing else of the text is touched."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

HEAD = re.compile(r"evolution[ \t]*:")


def insert_step(text: str, version: int, step: Mapping[str, Any]) -> str:
    """`text` with `step` (``{rename: {note: remark}}``) in the entry of its ``evolution`` list that leads on
    from `version`; entry and list are made where they are missing. Comments and the layout of everything
    outside the list stay. Raises ValueError when the list cannot be read."""
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if HEAD.match(line)), None)
    if start is None:
        return f"{text.rstrip()}\n\n{_written(_with(CommentedSeq(), version, step))}"
    end = next((i for i in range(start + 1, len(lines)) if _ends(lines[i])), len(lines))
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    entries = _read("\n".join(lines[start:end]))
    drawn = _written(_with(entries, version, step)).rstrip("\n")
    return "\n".join([*lines[:start], *drawn.split("\n"), *lines[end:]])


def _ends(line: str) -> bool:
    """Whether a line belongs to the next key: not indented, no item of a list, no comment."""
    return bool(line) and line[0] not in " \t-#"


def _read(block: str) -> CommentedSeq:
    try:
        value = YAML(typ="rt", pure=True).load(block)["evolution"]
    except YAMLError as error:
        raise ValueError("evolution") from error
    if value is None:
        return CommentedSeq()
    if not isinstance(value, CommentedSeq) or not all(isinstance(entry, CommentedMap) for entry in value):
        raise ValueError("evolution")
    value.fa.set_block_style()
    return value


def _with(entries: CommentedSeq, version: int, step: Mapping[str, Any]) -> CommentedSeq:
    found = next((entry for entry in entries if entry.get("from") == version), None)
    if found is None:
        found = CommentedMap({"from": version})
        found.fa.set_flow_style()
        entries.append(found)
    for name, told in step.items():
        found[name] = _merged(found.get(name), told)
    return entries


def _merged(there: Any, told: Any) -> Any:
    """What is declared already, and `told` with it; what is written wins over what is suggested."""
    if isinstance(told, Mapping):
        named = there if isinstance(there, CommentedMap) else CommentedMap()
        for name, value in told.items():
            named.setdefault(name, value)
        return named
    if isinstance(told, Sequence) and not isinstance(told, str):
        listed = there if isinstance(there, CommentedSeq) else CommentedSeq()
        listed.extend(value for value in told if value not in listed)
        return listed
    return told if there is None else there


def _written(entries: CommentedSeq) -> str:
    writer = YAML(typ="rt", pure=True)
    writer.width = 4096
    writer.indent(mapping=2, sequence=4, offset=2)
    written = io.StringIO()
    writer.dump(CommentedMap({"evolution": entries}), written)
    return written.getvalue()
