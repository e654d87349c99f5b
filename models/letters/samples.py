"""A value for every placeholder, as it could stand in a mail: templates are checked and previewed with it."""

from collections.abc import Mapping

from models.configuration.mail import LINKS, PLACEHOLDERS
from models.language import Language, Text
from models.letters.values import ADDRESSES
from models.workflow.people import OPERATOR

SITE = "https://example.jp"
"""The address of the site in samples, where nothing runs."""

WORDS: Mapping[str, Text] = {
    "site_name": Text(ja="登録システム", en="Registration System"),
    "organisation": Text(ja="登録機関", en="Registration Authority"),
    "contact": Text(ja="お問い合わせ窓口（電話 03-0000-0100）", en="Help desk, phone 03-0000-0100"),
    "reference": Text(ja="A2027-000123", en="A2027-000123"),
    "record_type": Text(ja="届出事項", en="Registered matter"),
    "kind": Text(ja="変更", en="Change"),
    "title": Text(ja="件名の見本", en="Sample title"),
    "recipient_name": Text(ja="佐藤 花子", en="Hanako Sato"),
    "operator_name": Text(ja="みなと商事株式会社", en="Minato Trading Co., Ltd."),
    "operators": Text(ja="みなと商事株式会社（00000042）", en="Minato Trading Co., Ltd. (00000042)"),
    "operator_word": OPERATOR,
    "state": Text(ja="差戻し中", en="Returned"),
    "due_date": Text(ja="2027年4月30日", en="30 April 2027"),
    "expected": Text(
        ja="結果は 2027年4月30日 ごろまでにお知らせする予定です。",
        en="Expect the outcome by about 30 April 2027.",
    ),
    "remarks": Text(
        ja="- 所在地: 登記簿と異なります。番地まで記入してください。\n- 数量: 単位を確認してください。\n"
        "  添付の書類では 12,500 と読めます。",
        en="- Address: it differs from the register. Please give it in full.\n"
        "- Quantity: please check the unit.\n  The document attached reads 12,500.",
    ),
    "reason": Text(
        ja="提出された書類では、申請者を確認できませんでした。",
        en="The documents do not show who applies.",
    ),
    "record_number": Text(ja="D0000042", en="D0000042"),
    "administrator_id": Text(ja="K0000012", en="K0000012"),
    "account_id": Text(ja="K0000012-03", en="K0000012-03"),
    "change": Text(ja="アカウントを停止しました。", en="The account was suspended."),
    "changed_by": Text(ja="山田 太郎（管理者）", en="Taro Yamada (administrator)"),
    "delegate_scope": Text(
        ja="みなと商事株式会社の届出事項について、2028年3月31日まで",
        en="for Minato Trading Co., Ltd., in registered matters, until 31 March 2028",
    ),
    "count": Text(ja="128", en="128"),
    "first_reference": Text(ja="A2027-000124", en="A2027-000124"),
    "last_reference": Text(ja="A2027-000251", en="A2027-000251"),
    "serial": Text(ja="4A:7F:03:C1", en="4A:7F:03:C1"),
    "days": Text(ja="14", en="14"),
    "left": Text(ja="3 時間 12 分", en="3 h 12 min"),
    "terms_title": Text(ja="登録システム利用規約", en="Terms of use of the Registration System"),
    "terms_version": Text(ja="3.0", en="3.0"),
    "terms_change": Text(ja="受託者の義務を明確にしました。", en="The duties of delegates are set out."),
    "effective_day": Text(ja="2027年4月1日", en="1 April 2027"),
    "declaration": Text(ja="反社会的勢力でないことの表明", en="Declaration on anti-social forces"),
    "acknowledge": Text(
        ja="2027年4月30日までに、内容を確認した旨のご回答をお願いします。",
        en="Please confirm by 30 April 2027 that you have read it.",
    ),
    "lines": Text(
        ja="- 期限が明日の申請 1 件（A2027-000123）\n- 未確認のお知らせ 1 件\n- ほか 3 件",
        en="- 1 application due tomorrow (A2027-000123)\n- 1 notice to acknowledge\n- 3 more",
    ),
    "person_name": Text(ja="鈴木 一郎", en="Ichiro Suzuki"),
}
"""The values that are words; the others are addresses."""


def sample(name: str, language: Language, site: str = SITE) -> str:
    """A value for the placeholder `name`; addresses lie under `site`."""
    if name in WORDS:
        return WORDS[name](language)
    if name in LINKS:
        return f"{site}/links/0123456789abcdef.0123456789abcdef"
    return f"{site}/portal" if name in ADDRESSES else site


def samples(language: Language, site: str = SITE) -> dict[str, str]:
    """A value for every placeholder."""
    return {name: sample(name, language, site) for name in PLACEHOLDERS}
