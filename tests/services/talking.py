"""A record both sides work on: a request the operator or the staff begin, which each answers in its turn."""

from dataclasses import dataclass
from typing import Any

from models.documents.base import new_id
from models.documents.event import Event
from models.documents.record import Record
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services.site import Site
from models.workflow.definition import Lifecycle
from tests.schema.definitions import a_type, field
from tests.services.stored import publish, store_records

LIFECYCLE: dict[str, Any] = {
    "lifecycle": "talk",
    "states": {
        "open": {"label": {"ja": "回答待ち", "en": "To be answered"}, "held_by": "operator"},
        "answered": {
            "label": {"ja": "確認中", "en": "Being checked"},
            "seen_as": {"operator": {"ja": "提出済み", "en": "Handed in"}},
            "held_by": "staff",
        },
        "closed": {"label": {"ja": "終了", "en": "Closed"}, "live": False},
    },
    "transitions": {
        "answer": {
            "label": {"ja": "回答する", "en": "Answer"},
            "from": "open",
            "to": "answered",
            "by": ["operator"],
            "mail": [],
        },
        "add": {
            "label": {"ja": "続報を加える", "en": "Add a note"},
            "from": ["open", "answered"],
            "to": "answered",
            "by": ["operator", "reviewer"],
        },
        "judge": {
            "label": {"ja": "判定する", "en": "Judge"},
            "from": "answered",
            "to": "open",
            "by": ["reviewer"],
            "needs": ["reason"],
        },
        "close": {
            "label": {"ja": "終える", "en": "Close"},
            "from": "answered",
            "to": "closed",
            "by": ["reviewer"],
            "all_of": [{"party": "operator"}, {"party": "staff"}],
        },
    },
}

STEPS: dict[str, Any] = {
    "answer": {
        "asks": ["cause", "found_on", "proof"],
        "help": {"ja": "原因を書いてください。", "en": "Say why."},
    },
    "add": {"asks": ["notes"], "appends": True},
    "judge": {"asks": ["verdict"]},
}


def talk_type(**keys: Any) -> RecordType:
    """What is told at the beginning, and what steps ask for."""
    described: dict[str, Any] = {
        "record_type": "talk",
        "collection": "talks",
        "belongs_to": "operator",
        "title": "{subject}",
        "lifecycle": "talk",
        "applications": {"workflow": "registration", "begun_by": ["applicant", "reviewer"]},
        "steps": STEPS,
        "pages": [
            {"name": "first", "label": {"ja": "最初", "en": "First"}, "fields": ["subject", "began_on"]}
        ],
        "checks": [
            {
                "name": "found_after",
                "must": {"$expr": {"$lte": ["$began_on", "$found_on"]}},
                "when": {"found_on": {"$ne": None}},
                "message": {"ja": "発見日は発生日以後です。", "en": "It was found after it began."},
                "at": "found_on",
            }
        ],
        **keys,
    }
    fields = described.pop("fields", None) or talk_fields()
    return a_type(*fields, **described)


def talk_fields() -> list[dict[str, Any]]:
    kinds: dict[str, Any] = {"fields": [field("text", required=True)], "max_rows": 3}
    return [
        field("subject", required=True, list=True),
        field("began_on", "date"),
        field("cause", "long_text", required=True),
        field("found_on", "date"),
        field("proof", "file", accept=["txt"], max_mb=1),
        field("notes", "table", **kinds),
        field("verdict", required=True),
    ]


@dataclass
class Talk:
    """A registered record, and the people on its two sides."""

    site: Site
    record: Record
    operator: Actor
    staff: Actor

    async def again(self) -> Record:
        """The record as it is stored now."""
        found = await self.site.records["talk"].get(self.record.id)
        assert found is not None
        return found


def operator_of(operator_id: Any, name: str = "田中", **keys: Any) -> Actor:
    """Somebody of an operator, signed in."""
    roles = frozenset({"administrator"})
    told: dict[str, Any] = {"account_id": new_id(), "login": name, "name": name, "roles": roles, **keys}
    return Actor(kind="operator", operator_id=operator_id, **told)


def staff_of(*roles: str, name: str = "審査 一郎", **keys: Any) -> Actor:
    """A member of staff, signed in."""
    told: dict[str, Any] = {"account_id": new_id(), "login": name, "name": name, **keys}
    return Actor(kind="staff", roles=frozenset(roles), **told)


async def talking(site: Site, kind: RecordType | None = None, **data: Any) -> Talk:
    """A record of the type, begun by its operator and waiting for its answer."""
    site.registry.companions.lifecycles["talk"] = Lifecycle.model_validate(LIFECYCLE)
    published = await publish(site, kind or talk_type())
    (company,) = await store_records(site, site.registry.current("operator"), {"title": "試験事業者"})
    owner = company.id
    given = {"subject": "停止の件", "began_on": "2026-10-01", **data}
    keys = {"lifecycle": "open", "operator_id": owner, "origin": "operator", "awaits": "operator"}
    (record,) = await store_records(site, published, given, **keys)
    return Talk(site, record, operator_of(owner), staff_of("reviewer"))


async def events_of(record: Record) -> list[str]:
    """The acts on a record, in order."""
    return [each.action async for each in Event.find({"subject.id": record.id}).sort("_id")]
