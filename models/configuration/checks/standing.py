"""What decides on an operator's standing: grounds with their evidence, days to look again, effects."""

from collections.abc import Iterator, Mapping

from models.configuration.checks.mail import check_mail
from models.configuration.checks.place import Path, listed, unknown
from models.configuration.load import Configuration
from models.schema.definition import RecordType
from models.schema.finding import Finding
from models.schema.source import Source
from models.workflow.definition import EffectCall, Flow, Lifecycle, Transition
from models.workflow.effects import EFFECTS, LEVELS, LIFECYCLE_EFFECTS, Effect


def effects_of(flow: Flow) -> Mapping[str, Effect]:
    """The effects steps of this kind of flow may name."""
    return LIFECYCLE_EFFECTS if isinstance(flow, Lifecycle) else EFFECTS


def check_standing(
    configuration: Configuration, flow: Flow, step: Transition, source: Source, path: Path
) -> Iterator[Finding]:
    """T-E011, T-E018, T-E023 of grounds, T-E016 and T-E026 of a review, T-E083 and T-E084 of effects."""
    if isinstance(flow, Lifecycle):
        yield from _check_grounds(configuration, flow, step, source, (*path, "grounds"))
        yield from _check_review(configuration, step, source, (*path, "review"))
    for index, call in enumerate(step.effects):
        yield from _check_call(configuration, flow, call, source, (*path, "effects", index))


def _check_grounds(
    configuration: Configuration, flow: Lifecycle, step: Transition, source: Source, path: Path
) -> Iterator[Finding]:
    codes: set[str] = set()
    for index, ground in enumerate(step.grounds):
        if ground.code in codes:
            yield source.finding("T-E018", (*path, index, "code"), name=ground.code)
        codes.add(ground.code)
        for name in ground.records:
            place: Path = (*path, index, "records")
            yield from unknown(source, "T-E023", place, name, configuration.record_types)
        for kind in _kinds(configuration, flow):
            for name in ground.fields:
                yield from unknown(source, "T-E011", (*path, index, "fields"), name, kind.by_name)


def _kinds(configuration: Configuration, flow: Flow) -> list[RecordType]:
    """The record types whose records have this lifecycle."""
    return [kind for kind in configuration.record_types.values() if kind.lifecycle == flow.name]


def _check_review(
    configuration: Configuration, step: Transition, source: Source, path: Path
) -> Iterator[Finding]:
    if step.review is not None:
        yield from check_mail(configuration, step.review.mail, source, (*path, "mail"))
        yield from unknown(source, "T-E026", (*path, "to"), step.review.to, configuration.site.roles)


def _check_call(
    configuration: Configuration, flow: Flow, call: EffectCall, source: Source, path: Path
) -> Iterator[Finding]:
    effect = effects_of(flow).get(call.effect)
    for name in effect.needed if effect else ():
        if name not in call.parameters:
            yield source.finding("T-E083", path, effect=call.effect, name=name)
    level = call.parameters.get("level")
    if call.effect == "stop_use" and level is not None and level not in LEVELS:
        yield source.finding("T-E084", path, name=level, known=listed(LEVELS))
    if call.effect == "advance" and not isinstance(flow, Lifecycle) and "step" in call.parameters:
        yield from _check_advance(configuration, call, source, path)


def _check_advance(
    configuration: Configuration, call: EffectCall, source: Source, path: Path
) -> Iterator[Finding]:
    """The step has to be one of the operator's lifecycle, and the program among those who take it."""
    kind = configuration.record_types.get(configuration.site.operator_type)
    lifecycle = configuration.lifecycles.get(kind.lifecycle) if kind else None
    steps = lifecycle.transitions if lifecycle else {}
    name = str(call.parameters["step"])
    yield from unknown(source, "T-E053", path, name, steps)
    if name in steps and "system" not in steps[name].by:
        yield source.finding("T-E085", path, name=name)
