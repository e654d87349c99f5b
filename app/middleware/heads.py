"""The head of a request, read without taking all of it apart."""

from starlette.types import Scope


def head(scope: Scope, name: bytes) -> str:
    """The first value a request has of the header `name` (in small letters); "" without one."""
    for known, value in scope["headers"]:
        if known == name:
            return str(value, "latin-1")
    return ""
