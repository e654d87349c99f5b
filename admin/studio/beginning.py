"""The text a new record type begins from: small, complete, every line told."""

TEMPLATE = """\
# 新しい台帳種別 / A new record type. Every line can be changed; lines after "#" are notes.
record_type: new_type                      # 種別の名前（英小文字・数字・_）/ its name in addresses and files
label: {ja: 新しい種別, en: New type}
plural: {ja: 新しい種別, en: New types}
collection: new_types                      # 登録データの置き場所 / where its records are kept
number: {field: new_type_id, format: "{seq:08}"}   # 登録時に付く番号 / the number given at registration
title: "{name}"                            # 一覧での呼び名 / what a record is called in lists
belongs_to: operator                       # 事業者ごとのデータ / each record belongs to an operator
classification: users_only                 # 情報区分 / information class of its answers
lifecycle: LIFECYCLE
applications:
  kinds: [register, change, delete]
  workflow: WORKFLOW

fields:
  - name: name                             # 項目の名前 / the field's own name
    type: text                             # 種類 / its kind; the editor offers all of them
    label: {ja: 名称, en: Name}
    required: true
    max_length: 100
    search: true                           # 検索の対象 / found by the search
    list: true                             # 一覧に表示 / shown in lists
    personal: no                           # 個人情報か（yes・possibly・no）/ whether it is personal data
  - {name: started_on, type: date, label: {ja: 開始日, en: Start date}, required: true, personal: no}
  - {name: remarks, type: long_text, label: {ja: 備考, en: Remarks}, personal: no}

examples:                                  # 公開前に必ず試されます / tried before anything is published
  - {given: {name: 例, started_on: "2026-04-01"}, expect: valid}
  - {given: {name: 例}, expect: {started_on: required}}
"""


def template(workflow: str, lifecycle: str) -> str:
    """The text of a new type that uses a workflow and a lifecycle the site has."""
    return TEMPLATE.replace("WORKFLOW", workflow).replace("LIFECYCLE", lifecycle)
