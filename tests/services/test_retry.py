"""A mail that failed for good can be sent again by the staff who may."""

import pytest

from models.documents.message import Message
from models.errors import NotAllowed, NotFound
from models.permissions import Actor
from models.services.delivery import claim_due, mark_failed, retry
from models.services.site import Site
from tests.services.people import register_operator


async def test_a_failed_mail_is_sent_again_when_asked(site: Site, reviewer: Actor, approver: Actor) -> None:
    await register_operator(site, reviewer, approver)
    envelope = await claim_due(site)
    assert envelope is not None
    identifier = str(envelope.message.id)
    with pytest.raises(NotFound):
        await retry(site, reviewer, identifier)
    await mark_failed(site, envelope.message, "550")
    with pytest.raises(NotAllowed):
        await retry(site, Actor(kind="visitor"), identifier)
    await retry(site, reviewer, identifier)
    message = await Message.get(envelope.message.id)
    assert message is not None
    assert (message.status(site.now()), message.attempts) == ("queued", 0)
