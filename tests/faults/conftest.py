"""A site with a clock that can be moved, and a mail server that can be told to misbehave."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.faults.mailing import POSTMEN
from tests.faults.postbox import Postbox
from tests.services.conftest import approver, configuration, hands, reviewer, settings, site

__all__ = ["approver", "configuration", "hands", "postbox", "reviewer", "settings", "site"]


@pytest_asyncio.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with Postbox().serving() as box:
        yield box
        while POSTMEN:
            POSTMEN.pop().close()
