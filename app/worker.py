"""The background loop: sends the outbox, seals the event log, ends what is overdue, rewrites and transfers
records."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from app.database import honest
from app.sending import Postman
from models.documents.job import TRANSFERS
from models.errors import TorokuError
from models.services import confirmations
from models.services.acknowledging import remind_due
from models.services.asking import ask_some
from models.services.bells import ring_due
from models.services.bodies import erase_bodies
from models.services.digests import send_some
from models.services.disposing import dispose_some
from models.services.duties import open_periods
from models.services.erasing import erase_some, sweep_some
from models.services.expiry import expire_one
from models.services.following import follow
from models.services.inbox_due import tell_due
from models.services.jobs import run_one
from models.services.key_register import SAID, say_use
from models.services.listing import list_some, look_through
from models.services.looking_again import tell_passed
from models.services.mail_alarms import watch
from models.services.mail_outcomes import settle_some
from models.services.mail_rounds import work_some
from models.services.mailings import alarm_one
from models.services.owing import look_around
from models.services.owing_alarms import tell_late
from models.services.owing_asking import ask_due
from models.services.prompting import remind_some, tell_overdue
from models.services.proposals import publish_due
from models.services.reminders import remind_one
from models.services.retention import count_one
from models.services.review_mails import ask_for_review
from models.services.sealing import seal
from models.services.site import Site
from models.services.step_drafts import end_some
from models.services.taking_back import take_back_some
from models.services.timers import set_clocks, take_due
from models.services.transfers import remove_one

IDLE = 0.5
"""Seconds between looks when there is nothing to do."""

OFTEN = 5.0
"""Seconds between looks for schema changes whose date has come."""

RARELY = 30.0
"""Seconds between looks for deadlines that have passed."""

SELDOM = 300.0
"""Seconds between looks for reminders: they are due by the day."""

LANES = 2
"""Imports and exports one process works on side by side."""

BREATH = 2.0
"""Seconds to wait after the database did not answer."""

log = structlog.get_logger("worker")


class Worker:
    """Runs until cancelled; any number may run at once, leases keep them apart."""

    def __init__(self, site: Site, *postmen: Postman) -> None:
        self.site, self.postmen = site, postmen

    async def run(self) -> None:
        """Send, seal, expire, rewrite, transfer and publish, side by side, for ever."""
        await asyncio.gather(
            self.send(),
            self._repeat(self.watch_mails, OFTEN),
            self._repeat(self.erase_bodies, SELDOM),
            self._repeat(self.seal_some),
            self._repeat(self.expire_one, RARELY),
            self._repeat(self.rewrite_one),
            *(self._repeat(self.transfer_one) for _ in range(LANES)),
            self._repeat(self.remove_files, RARELY),
            self._repeat(self.end_answers, RARELY),
            self._repeat(self.erase_some, RARELY),
            self._repeat(self.sweep_some, RARELY),
            self._repeat(self.publish_due, OFTEN),
            self._repeat(self.keep_time, OFTEN),
            self._repeat(self.take_steps, OFTEN),
            self._repeat(self.set_clocks, RARELY),
            self._repeat(self.ring_due, OFTEN),
            self._repeat(self.tell_passed, RARELY),
            self._repeat(self.remind_of_reviews, RARELY),
            self._repeat(self.open_periods, RARELY),
            self._repeat(self.ask_some, OFTEN),
            self._repeat(self.look_at_duties, OFTEN),
            self._repeat(self.ask_for_duties, OFTEN),
            self._repeat(self.tell_late, RARELY),
            self._repeat(self.remind_some, SELDOM),
            self._repeat(self.tell_overdue, SELDOM),
            self._repeat(self.remind_of_certificates, RARELY),
            self._repeat(self.list_recipients),
            self._repeat(self.follow_mails, OFTEN),
            self._repeat(self.look_for_newcomers, OFTEN),
            self._repeat(self.remind_readers, RARELY),
            self._repeat(self.take_mails_back, OFTEN),
            self._repeat(self.mail_round, OFTEN),
            self._repeat(self.watch_terms, RARELY),
            self._repeat(self.ask_operators, RARELY),
            self._repeat(self.tell_due, RARELY),
            self._repeat(self.send_digests, RARELY),
        )

    async def send(self) -> None:
        """Send mails and nothing else, for ever: beside other workers, for more of them at a time."""
        await asyncio.gather(*(self._send(postman) for postman in self.postmen))

    async def _send(self, postman: Postman) -> None:
        try:
            await self._repeat(postman.send_one)
        finally:
            postman.close()

    async def _repeat(self, work: Callable[[], Awaitable[bool]], idle: float = IDLE) -> None:
        while True:
            try:
                with honest():
                    busy = await work()
            except TorokuError as error:
                log.warning("waiting", code=error.code)
                await asyncio.sleep(BREATH)
            except Exception:
                log.exception("unexpected")
                await asyncio.sleep(BREATH)
            else:
                if not busy:
                    await asyncio.sleep(idle)

    async def watch_mails(self) -> bool:
        """Raise or clear the alarm of the outbox; False when nothing changed."""
        return await watch(self.site)

    async def erase_bodies(self) -> bool:
        """Erase the texts of some mails that are kept no longer; False when there were none."""
        return await erase_bodies(self.site) > 0

    async def seal_some(self) -> bool:
        """Seal the events that wait; False when there were none."""
        return await seal(self.site) > 0

    async def rewrite_one(self) -> bool:
        """Do the job that has waited longest; False when there is none."""
        return await run_one(self.site)

    async def transfer_one(self) -> bool:
        """Do the import or export that has waited longest; False when there is none."""
        return await run_one(self.site, kinds=TRANSFERS)

    async def remove_files(self) -> bool:
        """Remove the files of an import or export that is kept no longer; False when none is."""
        return await remove_one(self.site)

    async def publish_due(self) -> bool:
        """Publish the approved schema change whose date has come; False when none is due."""
        return await publish_due(self.site)

    async def list_recipients(self) -> bool:
        """List some of those a notice or a change of the terms is for; False when all are listed."""
        return await list_some(self.site)

    async def follow_mails(self) -> bool:
        """Write into the ledgers what became of the mails; never at once again, for mails take their time."""
        await settle_some(self.site)
        return False

    async def look_for_newcomers(self) -> bool:
        """List who has come into the audience of an open notice; False when none is due to be looked
        through."""
        return await look_through(self.site)

    async def remind_readers(self) -> bool:
        """Begin to remind those who have not acknowledged a notice; False when none is due."""
        return await remind_due(self.site)

    async def take_mails_back(self) -> bool:
        """Stop the mails of a notice that stands no more; False when there is none."""
        return await take_back_some(self.site)

    async def mail_round(self) -> bool:
        """Write some of the mails of a round to a notice's readers; False when no round is under way."""
        return await work_some(self.site)

    async def watch_terms(self) -> bool:
        """Raise the alarm where the term to tell of changed terms has passed; False when it has not."""
        return await alarm_one(self.site)

    async def remind_of_certificates(self) -> bool:
        """Remind an operator of one certificate that ends; False when none is due."""
        return await remind_one(self.site)

    async def open_periods(self) -> bool:
        """Make the requests of duties whose period has begun; False when none has."""
        return await open_periods(self.site)

    async def ask_some(self) -> bool:
        """Ask the next operators of a request; False when none waits."""
        return await ask_some(self.site)

    async def look_at_duties(self) -> bool:
        """Look at what the next operators owe; False when the round is over."""
        return await look_around(self.site)

    async def ask_for_duties(self) -> bool:
        """Ask operators for what they owe, each in its own time; False when there were none."""
        return await ask_due(self.site)

    async def tell_late(self) -> bool:
        """Tell of duties whose day has passed; False when there were none."""
        return await tell_late(self.site)

    async def remind_some(self) -> bool:
        """Send the reminders whose time has come; False when there were none."""
        return await remind_some(self.site)

    async def tell_overdue(self) -> bool:
        """Tell the staff of one request that was not answered in time; False when there is none."""
        return await tell_overdue(self.site)

    async def tell_due(self) -> bool:
        """Put what is due into some inboxes; False when today's round is over."""
        return await tell_due(self.site)

    async def send_digests(self) -> bool:
        """Queue some of today's digests; False when there are none to queue."""
        return await send_some(self.site)

    async def ask_operators(self) -> bool:
        """Ask some operators to confirm what they declared, or remind one; False when there is nobody."""
        return await confirmations.remind_one(self.site) or await confirmations.spread_one(self.site)

    async def remind_of_reviews(self) -> bool:
        """Ask the next side for a review of its accounts, or remind it; False when none is due."""
        return await ask_for_review(self.site)

    async def take_steps(self) -> bool:
        """Take the step of a lifecycle whose time has come; False when none is due."""
        return await take_due(self.site)

    async def set_clocks(self) -> bool:
        """Set when the next step of some records is due, where the rules changed; False when all are set."""
        return await set_clocks(self.site)

    async def ring_due(self) -> bool:
        """Remind of a record whose term ends soon, or tell that one has ended; False when none is due."""
        return await ring_due(self.site)

    async def keep_time(self) -> bool:
        """Make the report of the retention job that was asked for, or do some of what was approved; False if
        there is neither."""
        return await count_one(self.site) or await dispose_some(self.site)

    async def tell_passed(self) -> bool:
        """Tell of interruptions whose day to look again has passed; False when there were none."""
        return await tell_passed(self.site) > 0

    async def expire_one(self) -> bool:
        """End the application that is longest overdue; False when none is."""
        return await expire_one(self.site)

    async def end_answers(self) -> bool:
        """Give up answers of steps nobody can take any more; False when there were none."""
        return await end_some(self.site)

    async def erase_some(self) -> bool:
        """Erase drafts whose time is over, with a line that says how many; False when there were none."""
        erased = await erase_some(self.site)
        if erased.drafts:
            log.info("drafts erased", drafts=erased.drafts, files=erased.files, mails=erased.mails)
        return erased.drafts > 0

    async def sweep_some(self) -> bool:
        """Look through some uploads for those that were replaced; False when the round is over."""
        swept = await sweep_some(self.site)
        if swept.removed:
            log.info("uploads removed", files=swept.removed)
        return swept.looked_at > 0


async def keep_current(site: Site) -> None:
    """Follow what is published, and say which key this process seals with, for ever; a database that does not
    answer is waited for."""
    await asyncio.gather(_follow(site), _say_key(site))


async def _follow(site: Site) -> None:
    while True:
        try:
            await follow(site)
        except Exception:
            log.exception("following")
            await asyncio.sleep(BREATH)


async def _say_key(site: Site) -> None:
    while True:
        try:
            await say_use(site)
        except Exception:
            log.exception("saying which key seals")
        await asyncio.sleep(SAID.total_seconds())
