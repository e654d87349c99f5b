"""What people choose to be mailed, and what is no choice."""

import pytest

from models.documents.account import Account, MailChoices
from models.documents.event import Event
from models.errors import AnswersInvalid
from models.services.preferences import REQUIRED, keep_choices, wants
from models.services.site import Site
from tests.services.people_of import again, signed_in, somebody

SILENT = {"notices": "none", "reminders": "none", "digest": "off"}


@pytest.mark.parametrize(
    ("chosen", "importance", "sent"),
    [
        ("all", "normal", True),
        ("important", "normal", False),
        ("important", "high", True),
        ("important", "urgent", True),
        ("none", "urgent", False),
    ],
)
def test_notices_are_mailed_as_chosen(chosen: str, importance: str, sent: bool) -> None:
    account = Account.model_construct(mail_choices=MailChoices.model_validate({"notices": chosen}))
    assert wants(account, "notices", importance) is sent  # type: ignore[arg-type]


async def test_who_chose_nothing_is_mailed_everything_but_the_digest(site: Site) -> None:
    account = await somebody(site, None, "reviewer")
    await Account.raw().update_one({"_id": account.id}, {"$unset": {"mail_choices": ""}})
    account = await again(account)
    assert wants(account, "notices")
    assert wants(account, "reminders")
    assert account.mail_choices.digest == "off"


def test_what_the_rules_require_is_no_choice() -> None:
    account = Account.model_construct(mail_choices=MailChoices.model_validate(SILENT))
    assert [kind for kind in REQUIRED if not wants(account, kind)] == []
    assert not wants(account, "reminders")


async def test_a_choice_is_kept_and_told_in_the_log_once(site: Site) -> None:
    account = await somebody(site, None, "reviewer")
    for _ in range(2):
        await keep_choices(site, signed_in(site, await again(account)), SILENT)
    assert (await again(account)).mail_choices == MailChoices.model_validate(SILENT)
    assert await Event.find({"action": "account.mail_chosen", "subject.id": account.id}).count() == 1


async def test_what_is_not_offered_is_refused_where_it_stands(site: Site) -> None:
    account = await somebody(site, None, "reviewer")
    for name in SILENT:
        for wrong in ({**SILENT, name: "hourly"}, {each: SILENT[each] for each in SILENT if each != name}):
            with pytest.raises(AnswersInvalid) as refusal:
                await keep_choices(site, signed_in(site, account), wrong)
            assert [error.path for error in refusal.value.errors] == [name]
    assert (await again(account)).mail_choices == MailChoices()
