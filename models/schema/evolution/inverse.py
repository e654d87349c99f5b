"""The entry that takes another one back."""

from typing import TYPE_CHECKING

from models.schema.evolution.entry import Steps
from models.schema.evolution.evolve import fields_of
from models.schema.evolution.order import BACKWARDS
from models.schema.evolution.pipeline import completed
from models.schema.evolution.step import Undone

if TYPE_CHECKING:
    from models.schema.definition import RecordType


def inverse(steps: Steps, old: "RecordType", new: "RecordType") -> Steps:
    """What leads from `new` back to `old` where `steps` led there. Done ``backwards``: the last step is taken
    back first, and what the attic has of a value that was not changed since comes back exactly. A default
    stays where `old` has its field. Of an entry that goes backwards itself, the way forward."""
    entry = steps if steps.backwards else completed(steps, old, new)[0]
    undone = Undone(fields_of(old.fields))
    for step in BACKWARDS:
        step.undo(entry, undone)
    return Steps(start=steps.start, backwards=not steps.backwards, **undone.keys)
