"""A plan on paper: per change its kind in words and colour, how much it touches, and the step to paste."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.cli.speech import spoken
from models.configuration.load import Configuration
from models.language import Message
from models.schema.writing import write_yaml
from models.services.impact import Counted, Impact

if TYPE_CHECKING:
    from rich.text import Text

    from app.cli.schema.plan import Planned

KINDS: Mapping[str, tuple[str, Message]] = {
    "safe": ("green", Message("safe")),
    "step": ("yellow", Message("needs a step")),
    "loses": ("red", Message("loses data")),
    "settled": ("cyan", Message("settled by {step}")),
}

STATES: Mapping[str, Message] = {
    "new": Message("new: not published yet, nothing is stored"),
    "same": Message("version {version}: nothing changes"),
    "gone": Message("version {version} is published, but it is not in the files any more: it stays in force"),
    "changed": Message(
        "version {version} → {next}: {records} records, {drafts} drafts, {applications} applications"
    ),
}

BOUNDS: Mapping[str, Message] = {
    "least": Message("at least {count}"),
    "most": Message("at most {count}"),
}


def print_planned(planned: "Sequence[Planned]", configuration: Configuration) -> None:
    """Print every type, its changes, and one entry of ``evolution`` with all steps still missing."""
    from rich.console import Console  # here, so that serving does not wait for it

    console = Console(soft_wrap=True, highlight=False)
    for each in planned:
        for line in _type_lines(each, configuration):
            console.print(line)


def print_refusals(refused: Sequence[Counted], version: int) -> None:
    """Print what stands in the way of a change, and the steps that are missing."""
    from rich.console import Console

    console = Console(soft_wrap=True, highlight=False, stderr=True)
    impact = Impact(tuple(refused))
    for counted in refused:
        for line in _change_lines(counted):
            console.print(line)
    for line in _missing_lines(impact, version):
        console.print(line)


def _type_lines(each: "Planned", configuration: Configuration) -> "Iterator[Text]":
    from rich.text import Text

    kind = configuration.record_types.get(each.name)
    label = f" {kind.label(spoken())}" if kind else ""
    yield Text.assemble((f"{each.name}{label}", "bold"), "  ", _state(each))
    if each.impact is None:
        return
    for counted in each.impact.changes:
        yield from _change_lines(counted)
    for path, problem in each.problems:
        told = _say(Message("The step at “{path}” cannot be used: {problem}."), path=path, problem=problem)
        yield Text(f"  {told}", style="red")
    yield from _missing_lines(each.impact, each.version or 0)


def _state(each: "Planned") -> str:
    impact = each.impact or Impact()
    return _say(
        STATES[each.state],
        version=each.version or 0,
        next=(each.version or 0) + 1,
        records=impact.total_records,
        drafts=impact.open_drafts,
        applications=impact.open_applications,
    )


def _say(message: Message, **values: Any) -> str:
    return Message(message.msgid, values)(spoken())


def _change_lines(counted: Counted) -> "Iterator[Text]":
    from rich.text import Text

    change = counted.change
    colour, word = KINDS["settled" if change.settled_by else change.kind]
    told = _say(word, step=change.settled_by)
    yield Text.assemble("  ", (told, colour), f"  {change.path}  ", change.message(spoken()))
    if counted.touched:
        yield Text(f"      {_touched(counted)}")
    if counted.numbers:
        yield Text(f"      {_named(counted.numbers, counted.records)}")
    if counted.references:
        yield Text(f"      {_named(counted.references, counted.drafts + counted.applications)}")
    if counted.refused(()) and change.step:
        for line in _yaml(change.step):
            yield Text(f"      {line}", style="dim")


def _touched(counted: Counted) -> str:
    counts = {
        name: _about(getattr(counted, name), counted.change.bound)
        for name in ("records", "drafts", "applications")
    }
    return _say(Message("touches: {records} records, {drafts} drafts, {applications} applications"), **counts)


def _about(count: int, bound: str) -> str:
    told = f"{count:,}"
    return _say(BOUNDS[bound], count=told) if bound in BOUNDS else told


def _named(names: Sequence[str], count: int) -> str:
    more = " …" if count > len(names) else ""
    return ", ".join(names) + more


def _yaml(step: Mapping[str, Any]) -> list[str]:
    return write_yaml(step).splitlines()


def _missing_lines(impact: Impact, version: int) -> "Iterator[Text]":
    """One entry with every step that is missing, to be pasted into the file and thought over."""
    from rich.text import Text

    refused = impact.refusals()
    if not refused:
        return
    paths = len({counted.change.path for counted in refused})
    yield Text(f"  {_say(Message('{count} fields or rules need a decision.'), count=paths)}", style="bold")
    entry: dict[str, Any] = {}
    for counted in refused:
        for name, paths_of in (counted.change.step or {}).items():
            entry[name] = _joined(entry.get(name), paths_of)
    if entry:
        told = _say(Message("A step that loses nothing, to be put into the file (look at every value):"))
        yield Text(f"  {told}")
        for line in _yaml({"evolution": [{"from": version, **entry}]}):
            yield Text(f"    {line}")


def _joined(before: Any, more: Any) -> Any:
    return {**(before or {}), **more} if isinstance(more, Mapping) else [*(before or []), *more]
