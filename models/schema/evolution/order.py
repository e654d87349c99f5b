"""The steps of an entry, in the order in which they are done."""

from models.schema.evolution.convert import Converting
from models.schema.evolution.default import Default
from models.schema.evolution.drop import Drop
from models.schema.evolution.entry import Steps
from models.schema.evolution.mapping import Mapped
from models.schema.evolution.merge import Merging
from models.schema.evolution.move import Move
from models.schema.evolution.rename import Rename
from models.schema.evolution.restore import Restore
from models.schema.evolution.split import Splitting
from models.schema.evolution.step import Step

FORWARDS: tuple[Step, ...] = (
    Rename(),
    Move(),
    Splitting(),
    Merging(),
    Converting(),
    Mapped(),
    Drop(),
    Restore(),
    Default(),
)
BACKWARDS = FORWARDS[::-1]


def steps_of(entry: Steps) -> tuple[Step, ...]:
    """The steps `entry` has anything to do for."""
    order = BACKWARDS if entry.backwards else FORWARDS
    return tuple(step for step in order if getattr(entry, step.name))
