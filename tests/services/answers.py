"""Answers a real operator would type, taken from the configuration's own examples."""

from typing import Any

from models.documents.application import Application
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services.applications import save_page
from models.services.site import Site


def valid_answers(definition: RecordType) -> dict[str, Any]:
    """What a form would have sent for the first example that is valid."""
    given = next(example.given for example in definition.examples if example.can_be_sent)
    asked = [field for field in definition.fields if field.asked and field.stored]
    return {
        field.name: field.unparse(field.parse(given.get(field.name)))
        for field in asked
        if given.get(field.name) is not None
    }


async def fill_in(site: Site, actor: Actor, application: Application, answers: dict[str, Any]) -> Application:
    """Send every page of the form, one after the other."""
    definition = site.registry.at(application.type, application.schema_version).definition
    for page in definition.laid_out:
        typed = {name: answers.get(name) for name in page.fields}
        application = await save_page(
            site, actor, application, page.name, typed, revision=application.revision
        )
    return application
