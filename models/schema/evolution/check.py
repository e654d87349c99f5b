"""What is wrong with declared steps, before anything is stored anew."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from models.language import Message
from models.schema.evolution.entry import Several, entries_of
from models.schema.evolution.evolve import fields_of, follow
from models.schema.evolution.order import steps_of
from models.schema.evolution.step import Shape

if TYPE_CHECKING:
    from models.schema.definition import RecordType


def check_steps(steps: Several, old: "RecordType", new: "RecordType") -> Iterator[tuple[str, Message]]:
    """Each path with a problem: a field that is not there, a target the new definition lacks, an option it
    does not have, a pattern or value that cannot be used."""
    fields, new_fields = fields_of(old.fields), fields_of(new.fields)
    done = [(entry, step) for entry in entries_of(steps) for step in steps_of(entry)]
    shape = Shape(set(fields), fields, new_fields)
    for position, (entry, step) in enumerate(done):
        yield from step.check(entry, shape)
        for target in step.targets(entry):
            here = follow(target, done[position + 1 :])
            if here is not None and here not in new_fields:
                yield target, Message("there is no such field in the new definition")
