"""The self-assessment of the terms 3.5, investigations and consents to disclosures, as they are shipped."""

from datetime import timedelta
from typing import Any

import pytest

from models.configuration.load import Configuration
from models.documents.application import Application
from models.documents.message import Message
from models.documents.record import Record
from models.errors import AnswersInvalid, NotAllowed, NotFound, RequestRefused, TransitionRefused
from models.permissions import Actor
from models.schema.classes import strictest
from models.schema.fields import BaseField
from models.services import asked, asking
from models.services.asking import Wish, ask, ask_some
from models.services.beginning import begin
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import submit
from tests.services.answers import fill_in, valid_answers
from tests.services.people import register_operator
from tests.services.stored import publish
from tests.services.test_asking import asked_type

ROWS = {
    "R60": "policy",
    "R61": "organisation",
    "R62": "assets",
    "R63": "people",
    "R64": "premises",
    "R65": "operation",
    "R66": "suppliers_level",
    "R67": "failures",
    "R68": "integrity",
    "R69": "networks",
    "R70": "media",
    "R71": "exchange",
    "R72": "commerce",
    "R73": "detection",
    "R74": "access_control",
    "R75": "development",
    "R76": "incidents",
    "R77": "continuity",
    "R78": "compliance",
}
"""The items, by the requirement each answers."""

NINE = (
    "ファイアウォールの設置",
    "ウィルス対策ソフトの導入と更新",
    "ログの取得・保管・管理",
    "バックアップの取得",
    "監視",
    "データ消去専用ツールの利用",
)
"""The examples shown at each of the nine items of communication and operation."""

Words = tuple[str, tuple[str, ...]]

SAYS: dict[str, Words] = {
    "policy": ("経営陣の方向性及び指示", ("情報セキュリティポリシーの策定",)),
    "organisation": ("内部組織及び外部組織", ("組織横断的な部署の設置",)),
    "assets": ("適切なレベルで保護", ("情報の分類",)),
    "people": ("責任者を設置し、担当者を限定", ("教育の実施", "責任者の設置による利用者の管理")),
    "premises": ("認可されていない物理的アクセス", ("入退室管理", "装置の施錠")),
    "operation": ("セキュリティを保った運用", NINE),
    "suppliers_level": ("第三者が提供するサービス", NINE),
    "failures": ("システム故障のリスク", NINE),
    "integrity": ("完全性及び可用性", NINE),
    "networks": ("ネットワークを支える基盤", NINE),
    "media": ("機器のリース返却時", NINE),
    "exchange": ("サービス妨害、権限昇格", NINE),
    "commerce": ("電子商取引サービス", NINE),
    "detection": ("認可されていない情報処理活動", NINE),
    "access_control": ("情報へのアクセスを制御", ("特権ID", "アカウント管理", "パスワード管理")),
    "development": ("公開された技術的ぜい弱性", ("暗号化", "セキュリティパッチ適用方針", "ぜい弱性対策")),
    "incidents": ("連絡及び管理を確実に", ("連絡先の整備", "セキュリティインシデント管理")),
    "continuity": ("重要な業務プロセスを保護", ("緊急時手順の作成",)),
    "compliance": ("違反を避ける", ("システム監査の実施",)),
}
"""What the terms say of each item: words of the aim, and every example measure."""


def parts_of(field: BaseField) -> dict[str, BaseField]:
    return {part.name: part for part in field.parts}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_table_is_an_item_with_its_aim_its_examples_an_answer_and_evidence(
    configuration: Configuration, row: str
) -> None:
    assessment = configuration.record_types["self_assessment"]
    item, (aim, examples) = assessment.by_name[ROWS[row]], SAYS[ROWS[row]]
    assert item.help is not None
    assert aim in item.help.ja
    assert [example for example in examples if example not in item.help.ja] == []
    parts = parts_of(item)
    assert parts["answer"].required
    assert {"measures", "planned_for"} <= parts.keys()
    evidence = assessment.by_name[f"{item.name}_evidence"]
    assert evidence.type == "files"
    page = next(page for page in assessment.pages if item.name in page.fields)
    assert evidence.name in page.fields


def test_an_officer_the_persons_and_the_suppliers_are_asked_for(configuration: Configuration) -> None:
    assessment = configuration.record_types["self_assessment"]
    assert assessment.by_name["officer_name"].required
    persons, suppliers = assessment.by_name["limited_persons"], assessment.by_name["suppliers"]
    assert persons.required
    assert "handles_media" in parts_of(persons)
    assert {"supplier_name", "service"} <= parts_of(suppliers).keys()
    (duty,) = assessment.duties
    assert (duty.months, duty.opens, duty.due) == (12, "04-01", "06-30")


async def asked_for(site: Site, reviewer: Actor, operator: Record, kind: str, **answers: Any) -> Application:
    """What an operator was just asked for."""
    wish = Wish("点検", site.entropy(8).hex(), [operator.number], answers, site.today() + timedelta(days=30))
    request = await ask(site, reviewer, kind, wish)
    while await ask_some(site):
        pass
    found = await Application.find_one({"asked.request": request.id})
    assert found is not None
    return found


async def answered(site: Site, own: Actor, reviewer: Actor, application: Application) -> Application:
    """The application filled in as the type's first example says, sent and accepted."""
    answers = valid_answers(site.registry.current(application.type).definition)
    application = await fill_in(site, own, application, answers)
    application = await submit(site, own, application, revision=application.revision)
    application = await take_step(site, reviewer, application, "claim")
    return await take_step(site, reviewer, application, "accept")


async def test_last_years_answers_can_be_taken_over_but_for_what_is_answered_already(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    operator, own = await register_operator(site, reviewer, approver)
    first = await asked_for(site, reviewer, operator, "self_assessment")
    assert await asked.last_record(site, own, first) is None
    with pytest.raises(NotFound):
        await asked.take_over(site, own, first, revision=first.revision)
    first = await answered(site, own, reviewer, first)
    second = await asked_for(site, reviewer, operator, "self_assessment")
    last = await asked.last_record(site, own, second)
    assert last is not None
    assert last.id == first.record_id
    second = second.model_copy(update={"answers": {"officer_name": "佐藤 次郎"}})
    await Application.raw().update_one({"_id": second.id}, {"$set": {"answers": second.answers}})
    taken = await asked.take_over(site, own, second, revision=second.revision)
    stored = await Application.get(second.id)
    assert stored is not None
    assert taken > 20
    assert stored.answers["officer_name"] == "佐藤 次郎"
    assert stored.answers["policy"] == first.answers["policy"]
    assert stored.pages_done == []


async def test_both_sides_write_about_what_was_asked_and_nobody_else_reads_it(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    operator, own = await register_operator(site, reviewer, approver, operator_code="0A01")
    _, other = await register_operator(site, reviewer, approver, operator_code="0B02")
    told = {"subject": "役員の変更", "ground": "antisocial", "asked_text": "お知らせください。"}
    application = await asked_for(site, reviewer, operator, "investigation", **told)
    await asked.write(site, own, application, "様式はありますか", "a" * 32)
    await asked.write(site, reviewer, application, "任意の様式で結構です", "b" * 32)
    thread = await asked.thread_of(site, own, application)
    assert [(said.text, said.from_staff, said.by is None) for said in thread] == [
        ("様式はありますか", False, False),
        ("任意の様式で結構です", True, True),
    ]
    # The operator once, and everybody of the roles that may ask.
    assert await Message.find({"template": "thread_message"}).count() == 3
    assert await asked.thread_of(site, other, application) == []
    with pytest.raises(NotFound):
        await asked.find_asked(site, other, application.reference)
    with pytest.raises(NotFound):
        await asked.write(site, other, application, "割込み", "c" * 32)
    with pytest.raises(AnswersInvalid):
        await asked.write(site, own, application, " ", "d" * 32)


async def test_an_investigation_goes_back_for_more_and_ends_as_a_record(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    operator, own = await register_operator(site, reviewer, approver)
    told = {"subject": "役員の変更", "ground": "antisocial", "asked_text": "お知らせください。"}
    application = await asked_for(site, reviewer, operator, "investigation", **told)
    with pytest.raises(NotAllowed):
        await begin(site, own, "investigation")
    answers = {**valid_answers(site.registry.current("investigation").definition), "subject": "書換え"}
    application = await fill_in(site, own, application, answers)
    application = await submit(site, own, application, revision=application.revision)
    application = await take_step(site, reviewer, application, "claim")
    more = Given(remarks={"answer_text": "就任日もお知らせください。"})
    application = await take_step(site, reviewer, application, "ask_more", more)
    assert application.due is not None
    answers = {"answer_text": "就任日は 11 月 1 日です。"}
    application = await fill_in(site, own, application, answers)
    application = await submit(site, own, application, revision=application.revision)
    application = await take_step(site, reviewer, application, "claim")
    application = await take_step(site, reviewer, application, "accept")
    record = await site.records["investigation"].get(application.record_id)
    assert record is not None
    assert (record.operator_id, record.data["subject"]) == (operator.id, "役員の変更")
    assert record.data["answer_text"] == "就任日は 11 月 1 日です。"


async def test_a_consent_is_given_in_writing_by_two_people_and_can_be_revoked(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    _, own = await register_operator(site, reviewer, approver)
    application = await begin(site, own, "disclosure_consent")
    definition = site.registry.current("disclosure_consent").definition
    application = await fill_in(site, own, application, valid_answers(definition))
    application = await submit(site, own, application, revision=application.revision)
    application = await take_step(site, reviewer, application, "claim")
    ticked = tuple(item.name for item in definition.review.checklist)
    application = await take_step(site, reviewer, application, "propose", Given(checklist=ticked))
    with pytest.raises(TransitionRefused):
        await take_step(site, approver, application, "consent", Given())
    written = Given(reason="開示の範囲を設備容量に限り、承諾します。")
    application = await take_step(site, approver, application, "consent", written)
    record = await site.records["disclosure_consent"].get(application.record_id)
    assert record is not None
    assert (record.lifecycle, record.data["recipient"]) == ("valid", "港湾保険株式会社")
    (mail,) = await Message.find({"template": "disclosure_consented"}).to_list()
    assert "開示の範囲を設備容量に限り、承諾します。" in (mail.body or "")


async def test_a_request_is_closed_once(site: Site, reviewer: Actor, approver: Actor) -> None:
    operator, _ = await register_operator(site, reviewer, approver)
    await publish(site, asked_type())
    wish = Wish("照会", "one", [operator.number], {"question": "委託先は"})
    request = await ask(site, reviewer, "bench_question", wish)
    await asking.close(site, reviewer, request)
    with pytest.raises(RequestRefused):
        await asking.close(site, reviewer, request)
    assert not await ask_some(site)


def test_what_is_shipped_is_labelled_with_its_class(configuration: Configuration) -> None:
    for name in ("self_assessment", "investigation", "disclosure_consent"):
        assert strictest(configuration.record_types[name].fields) == "users_only"
    for name in ("violation", "cancellation"):
        assert strictest(configuration.record_types[name].fields) == "confidential"
