"""The part of a form that says what a delegate may do: organisation, role, record types, period, duties."""

from typing import Any

from starlette.datastructures import FormData

from forms.pages.portal.users import role_options
from forms.pages.visit import Visit, text_of
from models.documents.account import Account
from models.services.delegates import Wanted, rules_of, type_labels

MOST_TYPES = 200


def scope_of(form: FormData) -> Wanted:
    """What was typed."""
    types = [value[:100] for value in form.getlist("types") if isinstance(value, str)][:MOST_TYPES]
    names = ("organisation", "name", "email", "role", "begins", "ends", "confirmed")
    texts = {name: text_of(form, name).strip() for name in names}
    every, sure = text_of(form, "every") == "yes", text_of(form, "natural") == "yes"
    return Wanted(**texts, types=tuple(types), every=every, sure=sure)


def scope_context(visit: Visit, form: FormData | None, account: Account | None = None) -> dict[str, Any]:
    """What the form is drawn from: what was typed, else what is stored, else the beginning."""
    rules, seen = rules_of(visit.site), type_labels(visit.site, visit.actor)
    return {
        "scope": scope_of(form) if form is not None else _stored(visit, account),
        "scope_roles": role_options(visit, rules.roles),
        "types": [(name, label(visit.language)) for name, label in seen.items()],
        "duties_text": rules.duties.text(visit.language),
        "duties_version": rules.duties.version,
        "months": rules.months,
    }


def _stored(visit: Visit, account: Account | None) -> Wanted:
    given = account.delegation if account else None
    if account is None or given is None:
        return Wanted(begins=visit.site.today().isoformat(), role=rules_of(visit.site).roles[0])
    return Wanted(
        organisation=given.organisation,
        role=account.roles[0],
        types=given.types or (),
        every=given.types is None,
        begins=given.begins,
        ends=given.ends,
    )
