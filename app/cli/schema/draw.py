"""``schema check --draw FOLDER``: a picture of every workflow and lifecycle."""

from pathlib import Path

from app.cli.speech import say, spoken
from models.configuration.load import Configuration
from models.workflow.diagram import draw, name_of


def write_pictures(configuration: Configuration, folder: Path) -> list[Path]:
    """Write one SVG per workflow and lifecycle into `folder`, in the terminal's language; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for flow in (*configuration.workflows.values(), *configuration.lifecycles.values()):
        path = folder / f"{name_of(flow)}.svg"
        if path in written:  # a lifecycle may have the name of a workflow
            path = folder / f"{name_of(flow)}-lifecycle.svg"
        site = configuration.site
        path.write_text(draw(flow, spoken(), site.roles, site.words.operator), encoding="utf-8")
        say("Written: {path}", path=str(path))
        written.append(path)
    return written
