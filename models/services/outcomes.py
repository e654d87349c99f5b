"""What a step would do, in words, before it is taken: its effects, the mails as they would go out, and what
stands in its way. Nothing is written.

The mails come from the same code that sends them, on the application as it would be afterwards."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.access import seen_by
from models.configuration.mail import LINKS
from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.certificate import Certificate
from models.documents.counter import peek
from models.documents.record import Record
from models.errors import TorokuError, TransitionRefused
from models.language import Message, translate
from models.letters.parts import plain
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import lifecycles
from models.services.applications import facts_of, form_of, workflow_of
from models.services.creating import built, number_of
from models.services.dependants import has_dependants
from models.services.effects import ADMINISTRATOR_LOGIN, Parameters, Work, changed_by, end_of, fresh_of
from models.services.foreseeing import MOVES, does_of
from models.services.messages import Letter, template_of, written
from models.services.needs import Given, require_needs
from models.services.post import letters
from models.services.side_words import side_words
from models.services.site import Site
from models.services.steps import foreseen
from models.workflow.definition import State, Transition
from models.workflow.engine import holds

STALE = Message("The registered information has changed since this application began.")
A_LINK = "(one-time link)"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail a step would send; ``body`` as plain text. Several people who get the same are counted in
    ``others``. Where the reader may not see the address, ``address`` and ``body`` are empty."""

    address: str
    name: str
    subject: str
    body: str
    template: str
    others: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step would do now."""

    name: str
    transition: Transition
    state: State
    application: Application
    """The application as it would be."""
    does: tuple[Message, ...]
    mails: tuple[Mail, ...]
    hindrances: tuple[Message, ...]
    """Why it would be refused, as far as it can be told now."""


@dataclass
class Foresight:
    """The words of one step, as its effects are looked at one after the other."""

    work: Work
    seen: RecordType
    """What the reader may see of the answers."""
    does: list[Message] = field(default_factory=list)
    hindrances: list[Message] = field(default_factory=list)

    def shown(self, name: Any) -> str:
        """The answer of a field, as far as the reader may see it."""
        found = self.seen.by_name.get(str(name))
        return found.show(self.work.data.get(found.name), "ja") if found else ""


async def outcome_of(
    site: Site, actor: Actor, application: Application, name: str, given: Given | None = None
) -> Outcome:
    """What step `name`, one the actor may take now, would do with what is `given` so far; without it, what
    the step asks for is left out of the hindrances."""
    transition = workflow_of(site, application).transitions[name]
    moved = foreseen(site, actor, application, name, given or Given())
    work = Work(site, actor, moved, None)
    foresight = Foresight(work, seen_by(actor, form_of(site, application)))
    if given is not None:
        foresight.hindrances += _unmet(site, actor, application, transition, given)
    for call in transition.effects:
        if holds(call.when, facts_of(moved)):
            await FORESEE[call.effect](foresight, call.parameters)
    mails = _mails(foresight, await letters(work, transition))
    state = workflow_of(site, moved).states[moved.state]
    does, hindrances = tuple(foresight.does), tuple(foresight.hindrances)
    return Outcome(name, transition, state, moved, does, mails, hindrances)


def _unmet(
    site: Site, actor: Actor, application: Application, transition: Transition, given: Given
) -> Iterable[Message]:
    try:
        require_needs(site, actor, application, transition, given)
    except TorokuError as refusal:
        yield Message(refusal.public, refusal.values)


def _mails(foresight: Foresight, found: list[Letter]) -> tuple[Mail, ...]:
    """The mails, those of one call together."""
    mails: dict[tuple[str, str], Mail] = {}
    for letter in found:
        key = (letter.template, letter.to)
        first = mails.get(key)
        if first is None:
            mails[key] = _mail(foresight, letter)
        else:
            mails[key] = Mail(
                first.address, first.name, first.subject, first.body, first.template, first.others + 1
            )
    return tuple(mails.values())


def _mail(foresight: Foresight, letter: Letter) -> Mail:
    site, recipient, work = foresight.work.site, letter.recipient, foresight.work
    links = dict.fromkeys(LINKS, translate(A_LINK, recipient.language))
    text = written(site, letter, template_of(site, letter.template, recipient.language), links)
    subject, body = text.subject, plain(text.body, recipient.language)
    if letter.to in work.definition.by_name and letter.to not in foresight.seen.by_name:
        return Mail("", "", subject, "", letter.template)
    return Mail(recipient.address, recipient.name, subject, body, letter.template)


async def _register(foresight: Foresight, parameters: Parameters) -> None:
    if foresight.work.record is not None:
        return
    kind = foresight.work.application.kind
    if kind == "register":
        await _create(foresight, str(parameters.get("into", "")))
        return
    work = foresight.work
    record = await work.site.records[work.application.type].get(work.application.record_id)
    if record is None:
        foresight.hindrances.append(Message("The record this application is about no longer exists."))
        return
    if record.revision != work.application.base_revision:
        foresight.hindrances.append(STALE)
    work.record = record
    work.values |= {"record_number": record.number}
    await (_change if kind == "change" else _delete)(foresight, record)
    if kind == "change" and "then" in parameters:
        await _follow(foresight, work.record, str(parameters["then"]))


async def _create(foresight: Foresight, into: str) -> None:
    work = foresight.work
    application, definition = work.application, work.definition
    number = number_of(work.site, definition, await peek(f"records:{application.type}"))
    try:
        work.record = built(work.site, fresh_of(work, into), number)
    except TransitionRefused as refusal:
        foresight.hindrances.append(Message(refusal.public, refusal.values))
        return
    work.values |= {"record_number": number}
    values = {"type": definition.label, "title": application.title, "number": number}
    foresight.does.append(Message("Registers {type} “{title}” under the next number, {number}.", values))


async def _change(foresight: Foresight, record: Record) -> None:
    foresight.work.record = changed_by(foresight.work, record)
    values = {
        "type": foresight.work.definition.label,
        "title": record.title,
        "number": record.number,
        "revision": record.revision + 1,
    }
    text = "Puts the changes to {type} “{title}” ({number}) into force, as revision {revision}."
    foresight.does.append(Message(text, values))


async def _delete(foresight: Foresight, record: Record) -> None:
    work = foresight.work
    ended = work.lifecycle.states[end_of(work)].label
    values = {"type": work.definition.label, "title": record.title, "number": record.number, "state": ended}
    foresight.does.append(Message("Marks {type} “{title}” ({number}) as “{state}”.", values))
    if await has_dependants(work.site, record):
        foresight.hindrances.append(Message("Other registered records still depend on this one."))


async def _issue_administrator(foresight: Foresight, parameters: Parameters) -> None:
    work = foresight.work
    if work.record is None:
        return
    login = ADMINISTRATOR_LOGIN.format(seq=await peek("accounts:administrator"))
    name, email = (str(work.data.get(parameters[key]) or "") for key in ("name", "email"))
    work.account = Account(
        id=new_id(),
        login=login,
        kind="operator",
        name=name,
        email=email,
        roles=["administrator"],
        operator_id=work.record.operator_id,
        created_at=work.site.now(),
    )
    work.values |= {"administrator_id": login}
    told = [foresight.shown(parameters[key]) for key in ("name", "email")]
    values: Mapping[str, Any] = {"login": login, "name": told[0], "email": told[1]}
    if all(told):
        text = "Issues the administrator ID {login} to {name} ({email})."
    else:
        text = "Issues the administrator ID {login} to the person the application names."
    foresight.does.append(Message(text, values))


async def _bind_certificate(foresight: Foresight, parameters: Parameters) -> None:
    work = foresight.work
    if work.record is None or parameters.get("field") not in work.data:
        return
    known = await Certificate.find_one({"fingerprint": work.application.certificate})
    if known is None or known.state not in ("presented", "bound"):
        foresight.hindrances.append(Message("The use of this certificate has been stopped."))
        return
    if known.state == "bound" and known.operator_id != work.record.operator_id:
        said = Message("The client certificate is bound to another {operator}.", side_words(work.site))
        foresight.hindrances.append(said)
    values = {"subject": known.subject, "date": known.not_after.date().isoformat(), **side_words(work.site)}
    text = "Binds the client certificate “{subject}”, valid until {date}, to the {operator}."
    foresight.does.append(Message(text, values))


async def _hold(foresight: Foresight, parameters: Parameters) -> None:
    text = "Puts a legal hold on what is registered: {reason}"
    foresight.does.append(Message(text, {"reason": str(parameters["reason"])}))


async def _advance(foresight: Foresight, parameters: Parameters) -> None:
    """The step of the operator's lifecycle, and what that brings about."""
    work = foresight.work
    own = work.site.configuration.site.operator_type
    operator = await work.site.records[own].get(work.application.operator_id)
    if operator is None:
        foresight.hindrances.append(Message("The record this application is about no longer exists."))
        return
    if not lifecycles.judged(work.site, work.actor, operator, str(parameters["step"]))[1].allowed:
        foresight.hindrances.append(Message(lifecycles.NOT_FROM_HERE, {"number": operator.number}))
    await _tell_step(foresight, operator, str(parameters["step"]))


async def _follow(foresight: Foresight, record: Record, name: str) -> None:
    """The step that follows a change, where there is one from the state the record has."""
    work = foresight.work
    verdict = lifecycles.judged(work.site, work.actor, record, name)[1]
    if verdict.refusal not in ("state", "condition"):
        work.record = await _tell_step(foresight, record, name)


async def _tell_step(foresight: Foresight, record: Record, name: str) -> Record:
    """Tell a step of a lifecycle and what that brings about; the record as it leaves it."""
    work = foresight.work
    flow = lifecycles.flow_of(work.site, record)
    transition = flow.transitions[name]
    state = flow.states[transition.to].label
    values = {"title": record.title, "number": record.number, "step": transition.label, "state": state}
    foresight.does.append(Message(MOVES, values))
    after = lifecycles.foreseen(work.site, work.actor, record, name)
    foresight.does.extend(await does_of(work.site, work.actor, after, transition))
    return after


Foreseeing = Callable[[Foresight, Parameters], Awaitable[None]]

FORESEE: Mapping[str, Foreseeing] = {
    "register": _register,
    "issue_administrator": _issue_administrator,
    "bind_certificate": _bind_certificate,
    "hold": _hold,
    "advance": _advance,
}
"""How every effect is told beforehand, by its name."""
