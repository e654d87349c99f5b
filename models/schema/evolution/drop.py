"""``drop``: a field goes, its values stay restorable in the attic."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.schema.evolution import server
from models.schema.evolution.entry import Steps
from models.schema.evolution.places import containers, inside, join, name_of, parent_of
from models.schema.evolution.step import Problem, Shape, Stages, Step, Undone
from models.schema.evolution.work import Work


class Drop(Step):
    """Of a table or group, all that is in it."""

    name = "drop"

    def apply(self, work: Work, entry: Steps) -> None:
        for path in entry.drop:
            for place, container in containers(work.data, parent_of(path)):
                if name_of(path) in container:
                    work.keep(join(place, name_of(path)), container.pop(name_of(path)))

    def follow(self, path: str, entry: Steps) -> str | None:
        return None if any(inside(path, gone) for gone in entry.drop) else path

    def undo(self, entry: Steps, undone: Undone) -> None:
        if entry.drop:
            undone.keys["restore"] = entry.drop

    def stages(self, entry: Steps, labels: Mapping[str, Any]) -> Stages | None:
        if not entry.drop:
            return []
        if any("." in path for path in entry.drop):
            return None
        kept = [
            server.only_if(
                server.is_there(f"$data.{path}"),
                server.kept(path, f"$data.{path}", entry, self.name, labels),
            )
            for path in entry.drop
        ]
        return [{"$set": server.attic(kept)}, {"$unset": [f"data.{path}" for path in entry.drop]}]

    def check(self, entry: Steps, shape: Shape) -> Iterator[Problem]:
        yield from shape.unknown(list(entry.drop))
        shape.paths = {path for path in shape.paths if self.follow(path, entry)}
