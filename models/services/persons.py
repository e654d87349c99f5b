"""Whether what was entered looks like one natural person (terms of use 3.3): no shared names, no shared
addresses. Doubts are told, and set aside by whoever answers for them; no program knows everybody's name."""

import re
import unicodedata

from models.documents.account import Account
from models.errors import AnswersInvalid
from models.language import Message
from models.schema.reading import AnswerError

NAME_LIMIT = 50

NATURAL = "natural"
"""The box that says it is one person all the same."""

_SHARED_NAME = re.compile(
    r"共用|共有|共通|代表|担当|窓口|事務局|受付|総務|経理|営業|管理者|運用|システム|ユーザ|テスト|センター"
    r"|グループ|チーム|(?:課|係|室)$"
    r"|\b(?:shared|common|team|group|desk|office|staff|department|admin(?:istrator)?|user|test|system|operator)\b"
)
_SHARED_MAILBOX = re.compile(
    r"(?:info|contact|inquiry|support|help|helpdesk|admin|administrator|root|office|desk|sales|team|group|all"
    r"|mail|webmaster|postmaster|noreply|no-reply|soumu|somu|eigyo|keiri|denryoku|daihyo|madoguchi|test|user)"
    r"[0-9_.-]*"
)


def read_name(name: str, path: str = "name") -> str:
    """A person's name as it is kept. Raises AnswersInvalid at `path`."""
    kept = " ".join(name.split())
    if not kept or len(kept) > NAME_LIMIT or not kept.isprintable():
        msgid = "Enter the person's name, at most 50 characters."
        raise AnswersInvalid((AnswerError(path, "required", Message(msgid)),))
    return kept


def doubts(name: str, email: str) -> list[AnswerError]:
    """What does not look like one natural person's own name and address, at ``name`` and ``email``."""
    found = []
    plain = unicodedata.normalize("NFKC", name).casefold()
    if _SHARED_NAME.search(plain):
        msgid = "This looks like a department or a shared account. Enter one person's own name."
        found.append(AnswerError("name", "shared", Message(msgid)))
    elif " " not in plain.strip():
        msgid = "Enter the name in full: family name and given name, with a space between."
        found.append(AnswerError("name", "short", Message(msgid)))
    if _SHARED_MAILBOX.fullmatch(email.partition("@")[0].casefold()):
        msgid = "This looks like an address several people read. Enter the person's own address."
        found.append(AnswerError("email", "shared", Message(msgid)))
    return found


async def require_natural(name: str, email: str, account: Account | None, *, sure: bool) -> None:
    """Raise AnswersInvalid where there are doubts and nobody is `sure`, with the place to say so; an address
    that another account has is a doubt too."""
    found = doubts(name, email)
    other = {"email": email, "status": {"$ne": "deleted"}, "_id": {"$ne": account.id if account else None}}
    if await Account.raw().find_one(other, {"_id": 1}) is not None:
        msgid = "Another account has this address. Each person has an address of their own."
        found.append(AnswerError("email", "taken", Message(msgid)))
    if found and not sure:
        msgid = "If it is one natural person all the same, tick the box below and send again."
        raise AnswersInvalid((*found, AnswerError(NATURAL, "sure", Message(msgid))))
