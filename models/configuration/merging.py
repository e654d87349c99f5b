"""Several ``site.yaml`` become one: what the first says holds, named things of all stand side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.schema.finding import Finding
from models.schema.source import Source

UNITED = ("retention", "audiences", "declarations", "roles", "operator_roles", "routes", "periods", "mail")
"""Keys of ``site`` that hold things by name: those of all modules, the first for each name."""

JOINED = ("dashboard",)
"""Keys of ``site`` that hold a list: that of each module behind those of the modules before it."""

OF_FIRST = ("certificates", "limits", "delegates", "words")
"""Keys of ``site`` that guard it, and what it calls its operators, who are the first module's: those of the
first module alone. Where it is silent, the program's own values hold, and no module behind it opens what it
takes for closed or renames what it speaks of."""

OF_DEFAULTS = ("roles", "mail")
"""Keys that are completed name by name from what is shipped with the program; the others are taken whole
where no module has them."""


@dataclass(frozen=True, slots=True)
class MergedSource(Source):
    """One value out of several files; a finding stands in the first file that has its place."""

    parts: tuple[Source, ...] = ()

    def finding(self, code: str, path: Sequence[str | int], **values: Any) -> Finding:
        """A finding at the line of `path` in the file it came from."""
        return max(self.parts, key=lambda part: _depth(part, path)).finding(code, _own(path), **values)


def _own(path: Sequence[str | int]) -> Sequence[str | int]:
    """Positions in a joined list are not those of one file: its key stands for all of them."""
    return path[:2] if len(path) > 2 and path[1] in JOINED else path


def _depth(source: Source, path: Sequence[str | int]) -> int:
    """How far `path` can be followed in a file."""
    mark = source.mark
    for depth, part in enumerate(path):
        found = mark.inner.get(str(part))
        if found is None:
            return depth
        mark = found
    return len(path)


def merged(sources: Sequence[Source], defaults: Source | None = None) -> Source:
    """The ``site.yaml`` of all modules, in their order, completed by `defaults`; at least one is needed."""
    sites = [source.value["site"] for source in sources if _is_site(source)]
    if not sites:
        return sources[0]
    value: dict[str, Any] = {}
    for place, site in enumerate(sites):
        guarded = OF_FIRST if place else ()
        _add(value, {key: told for key, told in site.items() if key not in guarded}, UNITED)
    if defaults is not None:
        _add(value, defaults.value["site"], OF_DEFAULTS, joins=False)
    parts = (*sources, defaults) if defaults is not None else tuple(sources)
    return MergedSource(sources[0].path, {**sources[0].value, "site": value}, sources[0].mark, parts)


def _is_site(source: Source) -> bool:
    return isinstance(source.value, Mapping) and isinstance(source.value.get("site"), Mapping)


def _add(
    value: dict[str, Any], site: Mapping[str, Any], united: Sequence[str], *, joins: bool = True
) -> None:
    for key, told in site.items():
        before = value.get(key)
        if key not in value:
            value[key] = told
        elif key in united and isinstance(told, Mapping) and isinstance(before, Mapping):
            value[key] = {**told, **before}
        elif joins and key in JOINED and isinstance(told, list) and isinstance(before, list):
            value[key] = [*before, *(each for each in told if each not in before)]
