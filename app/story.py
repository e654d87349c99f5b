"""Demo applications: made, sent and decided by the same services as real ones, at a clock set back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from models.documents.account import Account
from models.documents.application import Application
from models.documents.message import Message
from models.errors import ConfigurationError, TorokuError
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services.applications import compiled, save_page, workflow_of
from models.services.beginning import begin
from models.services.identifying import actor_for
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import submit

Told = Mapping[str, Any]


async def tell_story(site: Site, rows: Sequence[Told]) -> None:
    """Bring the applications of a demo file about, in the order of their days; their mails count as sent.

    Raises ConfigurationError naming the application that cannot be made."""
    people = {account.login: actor_for(account) async for account in Account.find({})}
    for row in rows:
        try:
            await _tell(site, people, row)
        except (TorokuError, KeyError, IndexError) as error:
            facts = {
                "name": str(row.get("answers", {}).get("resource_name", row.get("of", ""))),
                "why": repr(error),
            }
            raise ConfigurationError(
                (), "A demo application cannot be made: {name}: {why}", **facts
            ) from error
    await count_as_sent()


async def count_as_sent() -> None:
    """Let no mail of what was told go out."""
    sent = {"sent_at": "$created_at", "next_at": None, "due_at": None}
    await Message.raw().update_many({"sent_at": None}, [{"$set": sent}])


def at(site: Site, moment: datetime) -> Site:
    """The site as it was at `moment`."""
    return replace(site, clock=lambda: moment)


async def _tell(site: Site, people: Mapping[str, Actor], row: Told) -> None:
    moment = site.now() + timedelta(days=row["day"])
    then, applicant = at(site, moment), people[row["as"]]
    application = await _begin(then, applicant, row)
    answers = {**_example(then, application, row), **row["answers"]}
    application = await _send(then, applicant, application, answers)
    for step in row["steps"]:
        moment += timedelta(days=step["after"])
        application = await _take(at(site, moment), people[step["by"]], application, step)


async def _begin(site: Site, applicant: Actor, row: Told) -> Application:
    kind = row.get("kind", "register")
    if kind == "register":
        return await begin(site, applicant, row["type"], "register")
    found = await site.records[row["type"]].collection.find_one({"title": row["of"]}, {"_id": 1})
    if found is None:
        raise KeyError(row["of"])
    return await begin(site, applicant, row["type"], kind, record_id=found["_id"])


def _example(site: Site, application: Application, row: Told) -> dict[str, Any]:
    if "example" not in row:
        return {}
    definition = _definition(site, application)
    given = [example.given for example in definition.examples if example.can_be_sent][row["example"]]
    asked = (field for field in definition.fields if field.asked and field.stored)
    return {f.name: f.unparse(f.parse(given[f.name])) for f in asked if given.get(f.name) is not None}


def _definition(site: Site, application: Application) -> RecordType:
    return compiled(site, application).definition


async def _send(site: Site, applicant: Actor, application: Application, answers: Told) -> Application:
    for page in _definition(site, application).laid_out:
        typed = {name: answers[name] for name in page.fields if name in answers}
        typed = {**{name: application.answers.get(name) for name in page.fields}, **typed}
        application = await save_page(
            site, applicant, application, page.name, typed, revision=application.revision
        )
    return await submit(site, applicant, application, revision=application.revision)


async def _take(site: Site, actor: Actor, application: Application, step: Told) -> Application:
    if step["step"] == "submit":
        return await _send(site, actor, application, {**application.answers, **step.get("answers", {})})
    transition = workflow_of(site, application).transitions[step["step"]]
    checklist = tuple(item.name for item in _definition(site, application).review.checklist)
    given = Given(
        remarks=step.get("remarks"),
        reasons=step.get("reasons"),
        checklist=checklist if "checklist" in transition.needs else (),
        reason=step.get("reason", ""),
    )
    return await take_step(site, actor, application, step["step"], given)
