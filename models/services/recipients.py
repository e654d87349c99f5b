"""Whom mails about an operator, a role or a person go to."""

from collections.abc import Mapping

from models.documents.account import Account
from models.documents.base import Id
from models.services.messages import Recipient
from models.services.site import Site

ROLE_LIMIT = 200
"""Most accounts of one role written to at once."""


async def people_of_operator(site: Site, operator_id: Id | None) -> list[Recipient]:
    """The operator's active administrators; where it has none, the contact address it registered."""
    if operator_id is None:
        return []
    where = {"operator_id": operator_id, "roles": "administrator", "status": "active"}
    return await people(where) or await _registered(site, operator_id)


async def _registered(site: Site, operator_id: Id) -> list[Recipient]:
    own = site.configuration.site.operator_type
    contact = site.registry.current(own).definition.applications.contact
    record = await site.records[own].get(operator_id)
    address = str(record.data.get(contact) or "") if record is not None and contact else ""
    return [Recipient(address, record.title)] if record is not None and address else []


async def people_of_role(role: str) -> list[Recipient]:
    """The active staff of one role (at most ROLE_LIMIT)."""
    return await people({"kind": "staff", "roles": role, "status": "active"})


async def people(where: Mapping[str, object]) -> list[Recipient]:
    """The accounts that match, as recipients."""
    found = await Account.find(where).limit(ROLE_LIMIT).to_list()
    return [Recipient(account.email, account.name, account.language) for account in found if account.email]
