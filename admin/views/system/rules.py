"""The rules of the system's lists: by the permission table, read-only."""

from starlette.requests import Request

from admin.actor import may
from admin.views.base import Rule, Where


def permitted(permission: str) -> Rule:
    """A rule by the permission table: everything may be seen, nothing changed."""

    def rule(request: Request, action: str) -> Where | None:
        return {} if action in ("view", "export") and may(request, permission) else None

    return rule


def seen_only(permission: str) -> Rule:
    """As ``permitted``, but never exported."""

    def rule(request: Request, action: str) -> Where | None:
        return {} if action == "view" and may(request, permission) else None

    return rule
