"""Choice lists that nothing uses."""

from collections.abc import Iterator

from models.configuration.checks.place import Sources
from models.configuration.load import Configuration
from models.schema.definition import walk
from models.schema.finding import Finding


def check_use_of_lists(configuration: Configuration, sources: Sources) -> Iterator[Finding]:
    """T-W006 for every choice list no field of any record type names."""
    fields = (field for kind in configuration.record_types.values() for _, field in walk(kind.fields))
    used = {getattr(field, "choices", None) for field in fields}
    for name in configuration.choices:
        if name not in used:
            yield sources["choices", name].finding("T-W006", ("choices",), name=name)
