"""How stored data follows a change of its definition: declared steps, done without losing anything."""

from models.schema.evolution.entry import Convert, Merge, Split, Steps, chain, settled

__all__ = ["Convert", "Merge", "Split", "Steps", "chain", "settled"]
