"""What depends on a registered record, so that it cannot be taken away from under it."""

from models.documents.record import Record
from models.documents.store import Session
from models.services.site import Site


async def has_dependants(site: Site, record: Record, session: Session = None) -> bool:
    """Whether live records of the same operator (of any, where this one is the organisation's own) are of a
    type that belongs to this one's."""
    owner = {"operator_id": record.operator_id} if record.operator_id is not None else {}
    for published in site.registry.all_current().values():
        kind = published.definition
        if kind.belongs_to != record.type:
            continue
        where = {**owner, "lifecycle": {"$in": site.lifecycles[kind.lifecycle].live_states}}
        if await site.records[kind.name].taken(where, session):
            return True
    return False
