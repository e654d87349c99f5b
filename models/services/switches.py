"""The one place where a write of an operator asks whether use is stopped (terms of use 2.4)."""

from collections.abc import Mapping

from models.documents.stop import SITE, Stop, operator_key
from models.errors import ServiceClosed, WritingStopped
from models.language import Text
from models.permissions import Actor
from models.services.site import Site

TEXT_LIMIT = 300
"""Longest text told with a stop, longest reason (characters)."""

GROUNDS: Mapping[int, Text] = {
    1: Text(ja="不具合の改修、重要な更新などの保守作業", en="Maintenance: repairs, important updates"),
    2: Text(ja="一定の上限を超えるアクセス", en="Access above a fixed limit"),
    3: Text(ja="災害、設備の障害その他不測の事態", en="Disaster, equipment failure or other emergency"),
    4: Text(ja="運用上必要と判断した場合", en="Judged necessary for operation"),
}
"""Why use may be stopped or restricted, by the code under which it is recorded (terms of use 2.4 ①–④)."""


def stops_of(actor: Actor) -> tuple[str, ...]:
    """The keys of the stops that hold for somebody: for everybody, and for their operator. None for the staff
    and the program itself, who go on."""
    if actor.kind not in ("operator", "visitor"):
        return ()
    return (SITE,) if actor.operator_id is None else (SITE, operator_key(actor.operator_id))


async def require_writing(site: Site, actor: Actor) -> None:
    """Raise WritingStopped while applicants may only read, ServiceClosed while not even that. Every service
    asks that writes for them; the staff and the program itself go on."""
    keys = stops_of(actor)
    stop = await site.switchboard.look(keys) if keys else None
    if stop is not None:
        raise refusal_of(site, stop)


async def require_entry(site: Site, actor: Actor) -> None:
    """Raise ServiceClosed while not even pages are shown, as far as is known: pages need no database for
    that."""
    stop = await site.switchboard.glance(stops_of(actor))
    if stop is not None and stop.level == "closed":
        raise refusal_of(site, stop)


def refusal_of(site: Site, stop: Stop) -> WritingStopped:
    """What somebody is told whom a stop concerns, with the seconds after which it is over, where that is
    known."""
    kind = ServiceClosed if stop.level == "closed" else WritingStopped
    refusal = kind(ground=ground_of(stop), text=stop.text)
    if stop.until is not None:
        refusal.retry_after = max(1, int((stop.until - site.now()).total_seconds()) + 1)
    refusal.own = not stop.for_everybody
    return refusal


def ground_of(stop: Stop) -> Text:
    """The ground of a stop in words; what is damaged is judgement."""
    return GROUNDS.get(stop.code, GROUNDS[4])
