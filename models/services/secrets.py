"""Secret answers: sealed before they are stored, and opened only by who may.

The keys are ``models.services.sealing_keys``': the database alone does not give secrets away, nor do the keys
alone. Uncovering one is ``models.services.revealing``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.fernet import InvalidToken
from pydantic import TypeAdapter, ValidationError

from models.documents.sealed import tokens
from models.errors import NotFound
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.fields.secret import SecretField, is_sealed
from models.services.site import Site

UNREADABLE = "This answer cannot be uncovered with the keys the site runs with now."


def seal(site: Site, text: str) -> dict[str, str]:
    """`text` as it is stored: ``{"sealed": token}``."""
    return {"sealed": site.ring.seal(text.encode())}


def unseal(site: Site, sealed: Mapping[str, str]) -> str:
    """What was sealed. Raises NotFound when the key it was sealed with is not among the site's any more."""
    try:
        return site.ring.open(sealed["sealed"]).decode()
    except InvalidToken as error:
        raise NotFound(UNREADABLE) from error


TYPED = "__typed"
"""Ends the name of the input beside every box for a secret: it holds what was typed, sealed, on pages drawn
again with something to correct, and on those that send what was typed once more."""

TYPED_PURPOSE = "typed\x00"
"""What such a token begins with inside: nobody can hand in a stored one."""


def hide_typed(site: Site, text: str) -> str:
    """A secret that was typed, for a page to hold: sealed."""
    return site.ring.seal(f"{TYPED_PURPOSE}{text}".encode())


def typed_again(site: Site, token: str) -> str:
    """What ``hide_typed`` hid; "" for anything else."""
    try:
        text = site.ring.open(token).decode()
    except (InvalidToken, UnicodeDecodeError):
        return ""
    return text.removeprefix(TYPED_PURPOSE) if text.startswith(TYPED_PURPOSE) else ""


def is_any_typed(typed: Iterable[tuple[str, str]]) -> bool:
    """Whether a form has boxes for secrets."""
    return any(name.endswith(TYPED) for name, _ in typed)


def without_typed(site: Site, typed: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The inputs of a form for a page that sends them again: secrets among them are sealed."""
    sent = list(typed)
    said = dict(sent)
    names = {name.removesuffix(TYPED) for name in said if name.endswith(TYPED)}
    found = []
    for name, value in sent:
        if name in names:
            value = ""
        elif name.endswith(TYPED) and (text := said.get(name.removesuffix(TYPED))):
            value = hide_typed(site, text)
        found.append((name, value))
    return found


def seal_answers(
    site: Site,
    definition: RecordType,
    answers: Mapping[str, Any],
    kept: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """`answers` (typed or read) with every secret sealed, in groups and rows too.

    What is no valid secret is left out rather than stored in the clear. Tokens that come with the answers are
    believed only when they are among `kept`, the answers stored so far, or say the same as one of them (of a
    page that was open while the keys were changed): nobody can hand in somebody else's."""
    found = kept or {}
    sealer = _Sealer(site, frozenset(token for _, token in tokens(found)))
    return {**answers, **sealer.inside(definition.fields, answers, found)}


@dataclass(frozen=True)
class _Sealer:
    """Seals what is typed, and believes tokens that are `known`."""

    site: Site
    known: frozenset[str]

    def inside(
        self, fields: tuple[BaseField, ...], answers: Mapping[str, Any], kept: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The answers of `fields` that are secrets or hold some, sealed."""
        return {
            field.name: self.value(field, answers[field.name], kept.get(field.name))
            for field in fields
            if field.name in answers and (field.parts or isinstance(field, SecretField))
        }

    def value(self, field: BaseField, value: Any, kept: Any) -> Any:
        """One answer, sealed; `kept` is what is stored in its place, None for rows, which may have moved."""
        if isinstance(field, SecretField):
            return self._secret(field, value, kept)
        if isinstance(value, list):
            return [self.value(field, row, None) if isinstance(row, dict) else row for row in value]
        before = kept if isinstance(kept, Mapping) else {}
        return {**value, **self.inside(field.parts, value, before)} if isinstance(value, dict) else value

    def _secret(self, field: SecretField, value: Any, kept: Any) -> dict[str, str] | None:
        if is_sealed(value):
            token = self._believed(value["sealed"], kept)
            return {"sealed": token} if token else None
        typed = isinstance(value, str) and bool(value) and _is_valid(field, value)
        return seal(self.site, value) if typed else None

    def _believed(self, token: str, kept: Any) -> str | None:
        """The token to store for one that came with the answers; None for one that is believed nothing. Where
        its key is gone by now, what is kept in its place stays."""
        if token in self.known:
            return token
        try:
            return self._opened.get(self.site.ring.open(token))
        except InvalidToken:
            return kept["sealed"] if is_sealed(kept) else None

    @cached_property
    def _opened(self) -> Mapping[bytes, str]:
        """The tokens that are known, by what they say."""
        ring = self.site.ring
        return {ring.open(token): token for token in self.known if ring.key_of(token)}


def _is_valid(field: SecretField, text: str) -> bool:
    try:
        TypeAdapter(field.value_type()).validate_python(text)
    except ValidationError:
        return False
    return True
