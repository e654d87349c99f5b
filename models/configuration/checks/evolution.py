"""Declared steps, as far as the new definition alone can tell: what they make must be there, what they take
away must be gone."""

from collections.abc import Iterator

from models.configuration.checks.place import Subject, twice
from models.language import Message
from models.schema.evolution import Steps
from models.schema.evolution.evolve import fields_of, follow
from models.schema.evolution.order import steps_of
from models.schema.finding import Finding


def check_evolution(subject: Subject) -> Iterator[Finding]:
    """T-E018 for two entries that lead from the same version, T-E054 for what does not fit the definition."""
    kind, source = subject.kind, subject.source
    starts = [(("evolution", index, "from"), str(entry.start)) for index, entry in enumerate(kind.evolution)]
    yield from twice(source, starts)
    for index, problem in _problems(kind.evolution, set(fields_of(kind.fields))):
        yield source.finding("T-E054", ("evolution", index), problem=problem)


def _problems(entries: tuple[Steps, ...], fields: set[str]) -> Iterator[tuple[int, Message]]:
    ordered = sorted(enumerate(entries), key=lambda pair: pair[1].start)
    done = [(index, entry, step) for index, entry in ordered for step in steps_of(entry)]
    for position, (index, entry, step) in enumerate(done):
        later = [(other, following) for _, other, following in done[position + 1 :]]
        for target in step.targets(entry):
            here = follow(target, later)
            if here is not None and here not in fields:
                yield index, Message("“{name}” is no field of this definition", {"name": here})
    for index, entry in ordered[-1:]:
        made = {target for step in steps_of(entry) for target in step.targets(entry)}
        for name in sorted({*entry.rename, *entry.drop} & fields - made):
            yield index, Message("“{name}” is taken away and still a field", {"name": name})
