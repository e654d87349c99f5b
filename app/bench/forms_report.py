"""What ``bench forms`` measured, as tables."""

from app.bench.forms import Found
from app.bench.report import print_pages
from app.cli.speech import say


def print_forms(found: Found) -> None:
    """The pages, and whether everything that was sent is there."""
    print_pages(found.rows)
    say("{sent} applications were handed over, {lost} of them were lost.", sent=found.sent, lost=found.lost)
