"""A small site whose files are all in order: what a test changes in it is all that is wrong."""

from collections.abc import Mapping
from pathlib import Path

from models.configuration.check import check
from models.configuration.load import examine
from models.schema.finding import Finding

SITE = Path(__file__).parent / "site"
FILES: Mapping[str, str] = {
    str(path.relative_to(SITE)): path.read_text(encoding="utf-8") for path in sorted(SITE.rglob("*.*"))
}
TYPE = "record_types/group.yaml"
FLOW = "workflows/short.yaml"
WINDOW = "windows/intake.yaml"


def write_site(folder: Path, files: Mapping[str, str | bytes] = FILES) -> Path:
    """The files in `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def changed(file: str, right: str, wrong: str) -> dict[str, str | bytes]:
    """The files with `right` written as `wrong` in one of them (once)."""
    assert right in FILES[file], right
    return {**FILES, file: FILES[file].replace(right, wrong, 1)}


def look(*modules: Path) -> tuple[Finding, ...]:
    """Everything found in module folders."""
    return examine(modules, check)[1]
