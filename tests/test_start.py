"""What every command loads before it does anything: no screens, which are half of the program."""

import subprocess
import sys

SCREENS = {"admin", "forms", "starlette_admin", "starlette", "jinja2"}


def test_a_command_loads_no_screens() -> None:
    assert loaded_by("app.cli") & SCREENS == set()
    assert loaded_by("app.cli.serving") & SCREENS == SCREENS, "the server does"


def loaded_by(module: str) -> set[str]:
    """The packages that are there after an import in a process of its own."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(subprocess.check_output([sys.executable, "-c", code], text=True).split())
