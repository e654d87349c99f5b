"""The effects a transition may name. ``models.services`` performs them; a test holds the two together."""

from collections.abc import Mapping
from typing import NamedTuple


class Effect(NamedTuple):
    """One effect: what it does (for the manual), the parameters it takes, which of them name a field of the
    record type, and which have to be there."""

    does: str
    parameters: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


HOLD = Effect(
    "Put a legal hold on the record: nothing of it falls to the retention job until two people lift it.",
    ("reason",),
    needed=("reason",),
)

EFFECTS: Mapping[str, Effect] = {
    "register": Effect(
        "Bring the application into force: create the record (in the state `into`), put its changes in (and "
        "take the step `then` of its lifecycle), or mark it deleted.",
        ("into", "then"),
    ),
    "issue_administrator": Effect(
        "Issue the operator's administrator account, once and never again (R53).",
        ("name", "email"),
        ("name", "email"),
    ),
    "bind_certificate": Effect(
        "Bind the client certificate presented with the application to the operator (R11, R52).",
        ("field",),
        ("field",),
    ),
    "hold": HOLD,
    "advance": Effect(
        "Take a step of the lifecycle of the operator it is about; it rests on what was registered.",
        ("step", "ground", "reason"),
        ("ground", "reason"),
        ("step",),
    ),
}
"""The effects of workflows by name; what they work on is the application."""

LIFECYCLE_EFFECTS: Mapping[str, Effect] = {
    "stop_use": Effect(
        "Stop the operator's use of the system and end its sessions.", ("level", "text"), needed=("text",)
    ),
    "resume_use": Effect("Let the operator use the system again, where this lifecycle had stopped it."),
    "hold": HOLD,
    "end_accounts": Effect("Suspend the operator's accounts and certificates and end their sessions."),
    "publish": Effect("Freeze the record as the next edition for its audience, who are told of it."),
    "withdraw": Effect("Take the edition that stands back; its readers are told the reason of the step."),
    "advance": Effect(
        "Take a step of the record that a reference of this one names; refused where that is not possible.",
        ("record", "step"),
        ("record",),
        ("record", "step"),
    ),
    "register_another": Effect(
        "Register another record of the same operator, with answers taken from this one.",
        ("type", "answers", "into", "keeps"),
        ("keeps",),
        ("type",),
    ),
    "archive": Effect("Put the edition that stands away among those whose time is over."),
}
"""The effects of lifecycles by name; what they work on is the record, and the operator it belongs to."""

LEVELS = ("closed", "read_only")
"""What ``stop_use`` may leave to the operator: nothing at all, or reading."""
