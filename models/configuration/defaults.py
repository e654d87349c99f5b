"""What is shipped with the program, for a site to leave out: mails, reviews, a lifecycle, names of roles."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from models.configuration.sending import senders
from models.configuration.whole import Configuration
from models.schema.definition import walk
from models.schema.fields.choice import ListedField
from models.schema.source import Source

FOLDER = Path(__file__).resolve().parents[1] / "defaults"
"""The folder of the files; read behind the modules of a site, it yields to all of them."""

Sources = Mapping[tuple[str, str], Source]
T = TypeVar("T")


def only_used(configuration: Configuration, sources: Sources) -> tuple[Configuration, Sources]:
    """The configuration without what is shipped and nothing in it names: a site that writes a workflow of its
    own does not see ours beside it, and no mail that nobody sends. Where something is named that is nowhere,
    all of its kind stay, to be listed."""
    kinds = configuration.record_types.values()
    named = {
        "workflow": {kind.applications.workflow for kind in kinds},
        "lifecycle": {kind.lifecycle for kind in kinds},
        "choices": set(_lists(configuration)),
    }
    needed = {concept: names for concept, names in named.items() if names <= _known(concept, sources)}
    unused = {
        (concept, name)
        for (concept, name), source in sources.items()
        if concept in needed and name not in needed[concept] and is_shipped(source.path)
    }
    if unused:
        configuration = replace(
            configuration,
            workflows=_without(configuration.workflows, "workflow", unused),
            lifecycles=_without(configuration.lifecycles, "lifecycle", unused),
            choices=_without(configuration.choices, "choices", unused),
            files={key: path for key, path in configuration.files.items() if key not in unused},
        )
    kept = {key: source for key, source in sources.items() if key not in unused}
    return _with_sent_mail(configuration), kept


def is_shipped(path: Path) -> bool:
    """Whether a file is one of the program's own."""
    return path.is_relative_to(FOLDER)


@cache
def shipped_mails() -> frozenset[str]:
    """The names of the mails that come with the program."""
    return frozenset(path.name.split(".")[0] for path in FOLDER.glob("mail/*.*.md"))


def _lists(configuration: Configuration) -> Iterator[str]:
    for kind in configuration.record_types.values():
        for _, field in walk(kind.fields):
            if isinstance(field, ListedField) and field.choices is not None:
                yield field.choices


def _known(concept: str, sources: Sources) -> set[str]:
    return {name for kind, name in sources if kind == concept}


def _without(things: Mapping[str, T], concept: str, unused: Collection[tuple[str, str]]) -> dict[str, T]:
    return {name: thing for name, thing in things.items() if (concept, name) not in unused}


def _with_sent_mail(configuration: Configuration) -> Configuration:
    sent = senders(configuration)
    mail = {
        key: template
        for key, template in configuration.mail.items()
        if key[0] in sent or not is_shipped(template.path)
    }
    return replace(configuration, mail=mail)
