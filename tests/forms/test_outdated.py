"""A form renewed in another window while somebody types: what has no place any more is shown, not lost."""

from models.schema.definition import RecordType
from models.services.site import Site
from tests.forms.tab import Tab
from tests.forms.test_filling_in import HOSTILE, stored
from tests.forms.test_keeping import keep, sent_by, value
from tests.services.stored import publish

GONE = ("incident_contact_email", "incident_contact_24h")


def without(definition: RecordType, *names: str, page: str = "") -> RecordType:
    """The form without these questions, and without `page`: what is left of that stands on the first page."""
    kept = {known.name: [n for n in known.fields if n not in names] for known in definition.laid_out}
    pages = [known for known in definition.laid_out if known.name != page]
    kept[pages[0].name] += kept.get(page, [])
    return definition.model_copy(
        update={
            "fields": tuple(each for each in definition.fields if each.name not in names),
            "pages": tuple(p.model_copy(update={"fields": tuple(kept[p.name])}) for p in pages),
        }
    )


async def go_on_elsewhere(tab: Tab, site: Site, form: RecordType) -> None:
    """The form is published, and the draft goes on with it in another window."""
    await publish(site, form)
    await tab.open(f"/applications/{(await stored()).reference}/upgrade")
    await tab.press("新しい様式に移る")


async def test_what_was_typed_on_a_page_that_is_gone_is_shown(applicant: Tab, site: Site) -> None:
    form = site.registry.current("operator").definition
    address = f"/applications/{(await stored()).reference}/pages/incident"
    await applicant.open(address)
    typed = {"incident_contact_name": HOSTILE, "incident_contact_email": "まだ途中"}
    page, pairs = applicant.page, sent_by(applicant, **typed)
    there = applicant.answer
    await go_on_elsewhere(applicant, site, without(form, *GONE, page="incident"))
    before = await stored()
    await applicant.post(address, [*pairs, ("action", "next")])
    assert applicant.status == 409
    assert "まだ途中" in applicant.text
    assert HOSTILE in applicant.text  # escaped: it is text, no element
    assert HOSTILE not in applicant.answer.text
    links = {e.get("href"): e.text for e in applicant.page.all("a")}
    assert links[f"/applications/{before.reference}/pages/company#field-incident_contact_name"] == "事業者"
    assert await stored() == before
    applicant.page, applicant.answer = page, there
    told = await keep(applicant, **typed)
    assert (told["status"], told["kept"], "新しい様式" in told["said"]) == (409, False, True)
    assert (await applicant.open(address)).path.endswith("/pages/company")
    assert (await applicant.open(address.replace("incident", "nowhere"))).status == 404  # control


async def test_a_question_that_is_gone_from_its_page_is_told_and_the_rest_stays(
    applicant: Tab, site: Site
) -> None:
    form = site.registry.current("operator").definition
    address = f"/applications/{(await stored()).reference}/pages/incident"
    await applicant.open(address)
    pairs = sent_by(applicant, incident_contact_name="灯 三郎", incident_contact_email="soc@example.jp")
    await go_on_elsewhere(applicant, site, without(form, *GONE))
    await applicant.post(address, [*pairs, ("action", "next")])
    assert applicant.status == 409
    assert "（soc@example.jp）" in applicant.text
    assert value(applicant, "incident_contact_name") == "灯 三郎"
    await applicant.press("保存してあとで続ける")
    assert (await stored()).answers["incident_contact_name"] == "灯 三郎"
    again = [(name, text) for name, text in pairs if name != "incident_contact_email"]
    await applicant.post(address, [*again, ("action", "save")])  # control: nothing of it is gone
    assert applicant.path.endswith("/save")
