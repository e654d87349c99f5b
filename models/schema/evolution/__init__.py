"""How stored data follows a change of its definition: declared steps, done without losing anything."""

from models.schema.evolution.check import check_steps
from models.schema.evolution.entry import Convert, Merge, Split, Steps, settled
from models.schema.evolution.evolve import Evolution, evolve
from models.schema.evolution.inverse import inverse
from models.schema.evolution.pipeline import completed, pipeline, renaming
from models.schema.evolution.work import Evolved, Kept, StepProblem

__all__ = [
    "Convert",
    "Evolution",
    "Evolved",
    "Kept",
    "Merge",
    "Split",
    "StepProblem",
    "Steps",
    "check_steps",
    "completed",
    "evolve",
    "inverse",
    "pipeline",
    "renaming",
    "settled",
]
