"""The effects a transition may name. ``models.services`` performs them; a test holds the two together."""

from collections.abc import Mapping
from typing import NamedTuple


class Effect(NamedTuple):
    """One effect: what it does (for the manual), and the parameters it takes."""

    does: str
    parameters: tuple[str, ...] = ()


EFFECTS: Mapping[str, Effect] = {
    "register": Effect(
        "Bring the application into force: create the record, put its changes in, or mark it deleted."
    ),
    "issue_administrator": Effect(
        "Issue the operator's administrator account, once and never again (R53).", ("name", "email")
    ),
    "bind_certificate": Effect(
        "Bind the client certificate presented with the application to the operator (R11, R52).", ("field",)
    ),
}
