"""A site just after a version was published with other names for answers: records are yet to follow."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.documents.record import Record
from models.schema.definition import RecordType
from models.services.registry import Published, Registry
from models.services.site import Site


def behind(site: Site, type_name: str, former: Mapping[str, str], **steps: Any) -> Site:
    """The site, with the version in force of a type as its second, and before it one in which the fields
    (today's name: former name) were called otherwise; `steps` are done besides the renaming."""
    described = site.registry.current(type_name).definition.published()
    before = {**described, "fields": [_called(each, former) for each in described["fields"]]}
    for words in ("examples", "pages", "duties", "diagrams", "beside", "access", "evolution"):
        before.pop(words, None)
    renamed = {old: new for new, old in former.items()}
    after = {**described, "examples": [], "evolution": [{"from": 1, "rename": renamed, **steps}]}
    others = [each for name in site.registry.all_current() for each in site.registry.versions(name)]
    kept = [each for each in others if each.definition.name != type_name]
    versions = [Published(n, RecordType.model_validate(each)) for n, each in ((1, before), (2, after))]
    return replace(site, registry=Registry([*kept, *versions]))


def _called(field: Mapping[str, Any], former: Mapping[str, str]) -> dict[str, Any]:
    return {**field, "name": former.get(field["name"], field["name"])}


async def written_before(site: Site, former: Mapping[str, str], *records: Record) -> None:
    """Give these records of one type the form they had before their answers were renamed."""
    await site.records[records[0].type].collection.update_many(
        {"_id": {"$in": [record.id for record in records]}},
        {"$rename": {f"data.{new}": f"data.{old}" for new, old in former.items()}},
        bypass_document_validation=True,
    )
