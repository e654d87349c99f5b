"""One way to break the sample for every code the checks can report."""

from collections.abc import Mapping
from typing import NamedTuple

from models.configuration.checks.names import MOST
from models.configuration.checks.orders import MOST_INDEXES, OWN_INDEXES
from models.configuration.validation import MOST_FINDINGS
from models.schema.source import MAX_BYTES
from models.schema.tree import MAX_DEPTH
from tests.configuration.sample import FILES, FLOW, TYPE, WINDOW, changed

Files = Mapping[str, str | bytes]


LIFE = "lifecycles/simple.yaml"


class Broken(NamedTuple):
    """The files, and a text of the line that is to be named ("" where it is the first); and the files of a
    module behind it."""

    files: Files
    line: str = ""
    behind: Files = {}


def broken(right: str, wrong: str, line: str | None = None, *, file: str = TYPE) -> Broken:
    """`file` with `right` written as `wrong`; the line named is the one with `wrong`, or with `line`."""
    return Broken(changed(file, right, wrong), wrong if line is None else line)


def module(name: str, *yields: str) -> str:
    """A module.yaml."""
    return f"module:\n  name: {name}\n  label: {{ja: 名前, en: Name}}\n  yields: [{', '.join(yields)}]\n"


def without(*names: str) -> Files:
    """The files but these."""
    return {name: text for name, text in FILES.items() if name not in names}


def added(field: str, line: str | None = None) -> Broken:
    """The record type with one more field, or several; its pages are left out. The line named is theirs."""
    text = FILES[TYPE]
    start, end = text.index("pages:"), text.index("checks:")
    return Broken(
        {**FILES, TYPE: f"{text[:start]}  - {field}\n{text[end:]}"}, field if line is None else line
    )


def later(key: str) -> Broken:
    """The record type with one more key of what it asks for later."""
    return broken("purpose:", f"{key}\npurpose:", key)


def taken_by_hand(key: str) -> Files:
    """The same, where a person takes the step of the lifecycle."""
    by_hand = FILES[LIFE].replace("by: system", "by: staff")
    return {**later(key).files, LIFE: by_hand}


def routed(name: str, step: str, *, used: bool = False) -> Broken:
    """The site with a route of this name and step, by which the mails of the workflow go if it is `used`."""
    route = f"  routes: {{{name}: {{label: {{ja: 窓口, en: Desk}}, find: [{step}], else: operator}}}}\n"
    site = FILES["site.yaml"] + route
    call = f"{{template: received, to: {name}}}" if used else "received"
    flow = FILES[FLOW].replace("mail: [received]", f"mail: [{call}]")
    return Broken({**FILES, "site.yaml": site, FLOW: flow}, "record_type: group" if used else name)


MASTER = """record_type: master
label: {ja: 台帳, en: Master}
collection: masters
number: {field: master_number}
title: "{called}"
classification: users_only
lifecycle: simple
applications: {workflow: short, kinds: [register, change], about: organisation, begun_by: [reviewer]}
fields:
  - {name: called, type: text, label: {ja: 名称, en: Name}, required: true, personal: no}
"""
"""A type of the organisation's own that is not open to operators."""

REFERENCE = "{name: owner, type: reference, to: master, label: {ja: 所属, en: Owner}, personal: no}"


def page_of(*fields: str) -> Broken:
    """The record type with fields on a page of their own; the title is made of the first, `nickname`."""
    lines = "".join(f"  - {field}\n" for field in fields)
    names = ", ".join(field.split(",")[0].removeprefix("{name: ") for field in fields)
    page = f"  - {{name: last, label: {{ja: 最後, en: Last}}, fields: [{names}]}}\n"
    text = FILES[TYPE].replace("pages:\n", f"{lines}pages:\n{page}").replace("{group_name}", "{nickname}")
    return Broken({**FILES, TYPE: text}, "name: last")


def published(line: str, written: str = "", *, field: str = ", required: true") -> Broken:
    """The record type with a text that is published; `written` takes the place of a line of the block."""
    rule = ["title: {ja: group_name}", "body: {ja: news}", "audience: kind"]
    kept = [written if written.partition(":")[0] == each.partition(":")[0] else each for each in rule]
    text = FILES[TYPE].replace("applications:", f"publication: {{{', '.join(kept)}}}\napplications:")
    news = f"{{name: news, type: markdown, label: {{ja: 本文, en: Text}}, personal: no{field}}}"
    text = text.replace("fields:\n  - {name: group_name", f"fields:\n  - {news}\n  - {{name: group_name")
    return Broken({**FILES, TYPE: text.replace("[group_name, email", "[news, group_name, email")}, line)


def audience(says: str) -> Broken:
    """The site with an audience that says so of itself."""
    rule = f"  audiences: {{crew: {{label: {{ja: 班, en: Crew}}, {says}}}}}\n  retention: {{papers"
    return Broken(changed("site.yaml", "  retention: {papers", rule), says)


def duty(says: str, *, line: str = "yearly") -> Broken:
    """The record type asked for by a duty that says so of itself."""
    text = FILES[TYPE].replace("workflow: short", "workflow: short, asked: {mail: received}")
    owed = f"duties: [{{name: yearly, label: {{ja: 年次, en: Yearly}}, {says}}}]\napplications:"
    return Broken({**FILES, TYPE: text.replace("applications:", owed)}, line)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{last}'] * 10)}]\n"
    for last, name in zip("abcdefg", "bcdefgh", strict=True)
)

UNCLASSED = {
    **FILES,
    TYPE: FILES[TYPE].replace("classification: users_only\n", "").replace(", classification: users_only", ""),
}

MANY = [f"k{n}: 1\n" for n in range(MOST_FINDINGS + 5)]

PARTS = ", ".join(f"{{name: f{n}, type: text}}" for n in range(MOST["fields"]))

OPTIONS = FILES["choices/kind.yaml"].removeprefix("choices: kind\n")

LABEL = "label: {ja: 項, en: Item}, personal: no"

PIN = f"{{name: pin, type: secret, {LABEL}}}\n"

WIDE = f"{{name: wide, type: group, {LABEL}, fields: [{PARTS}]}}"

DEEP = "{name: last, type: text, " + LABEL + "}"
for _name in ("fourth", "third", "second", "first"):
    DEEP = f"{{name: {_name}, type: group, {LABEL}, fields: [{DEEP}]}}"

MANY_FILTERS = "\n  - ".join(
    f"{{name: q{n}, type: text, filter: true, {LABEL}}}" for n in range(MOST_INDEXES - OWN_INDEXES + 1)
)

BROKEN: Mapping[str, Broken] = {
    "T-E001": broken("retention: papers", "retention: [papers", "classification: users_only"),
    "T-E002": broken("retention: papers", "lifecycle: simple", "lifecycle: simple"),
    "T-E003": broken("retention: papers", "retentoin: papers"),
    "T-E004": broken('title: "{group_name}"\n', "", ""),
    "T-E005": broken("max: 500", "max: many", "max: many"),
    "T-E006": Broken({**FILES, TYPE: "- a list\n"}),
    "T-E007": Broken({**FILES, "record_types/other.yaml": FILES[TYPE]}),
    "T-E008": broken("type: boolean", "type: bolean", "type: bolean"),
    "T-E009": broken("name: policy", "name: Policy", "name: Policy"),
    "T-E010": broken("choices: kind", "choices: sort", "choices: sort"),
    "T-E011": broken("show_when: {covered: true}", "show_when: {cover: true}", "cover: true"),
    "T-E012": added("{name: code, type: text, format: kanna, " + LABEL + "}"),
    "T-E013": broken("workflow: short", "workflow: long", "workflow: long"),
    "T-E014": broken("lifecycle: simple", "lifecycle: single"),
    "T-E015": broken("[register]", "[registre]", "registre", file=FLOW),
    "T-E016": Broken(without("mail/received.en.md"), "mail: [received]"),
    "T-E017": broken("{reference}", "{referense}", "{referense}", file="mail/received.ja.md"),
    "T-E018": broken("name: days", "name: place", "type: integer, min: 1, label: {ja: 日数"),
    "T-E019": broken("{covered: true}, required_when", "{covered: {$near: 1}}, required_when", "$near"),
    "T-E020": broken("to: submitted", "to: submited", "to: submited", file=FLOW),
    "T-E021": broken("Expired}, final: true}", "Expired}}", file=FLOW),
    "T-E022": broken("expect: valid", "expect: {members: required}", "members: 3}"),
    "T-E023": broken("operator_type: group", "operator_type: club", "operator_type: club", file="site.yaml"),
    "T-E024": broken("show_when: {covered: true}", "show_when: {kind: swimming}", "swimming"),
    "T-E025": Broken(without("site.yaml")),
    "T-E026": broken("by: reviewer, not_by", "by: reviwer, not_by", "reviwer", file=FLOW),
    "T-E027": broken("needs: remarks", "needs: remark", "needs: remark", file=FLOW),
    "T-E028": broken("[covered, policy]", "[covered]", "name: policy"),
    "T-E029": Broken({}),
    "T-E030": broken("name: days, type: integer, min: 1", "name: days, type: file", "type: file"),
    "T-E031": broken("live: false, final: true", "final: true", "", file="lifecycles/simple.yaml"),
    "T-E032": Broken({**FILES, TYPE: "a" * (MAX_BYTES + 1)}),
    "T-E033": Broken({**FILES, TYPE: "record_type: 団体\n".encode("utf-16")}),
    "T-E034": Broken({**FILES, "record_types/folder.yaml/x.txt": ""}),
    "T-E035": Broken({**FILES, TYPE: "record_type: x\na: " + "[" * (MAX_DEPTH + 1)}, "[["),
    "T-E036": Broken({**FILES, TYPE: BOMB}, "&e"),
    "T-E037": Broken({**FILES, TYPE: "record_type: x\nfields: &a\n  - *a\n"}, "*a"),
    "T-E038": broken("max: 500", "max: !!python/object:os.system 5", "!!python"),
    "T-E039": broken("max: 500", "max: 99999999999999999999", "max: 9999"),
    "T-E040": Broken({**FILES, TYPE: FILES[TYPE] + "---\na: 1\n"}, "---"),
    "T-E041": added("{name: paper, type: file, accept: [exe], " + LABEL + "}"),
    "T-E042": broken(
        "show_when: {covered: true}", "show_when: {$and: [{covered: true}, {covered: false}]}", "$and"
    ),
    "T-E043": added("{name: more, type: computed, value: {$add: [$more, 1]}, " + LABEL + "}"),
    "T-E044": added("{name: code, type: text, required: true, read_only: true, " + LABEL + "}"),
    "T-E045": broken("min: 1, max: 500", "min: 501, max: 500", "min: 501"),
    "T-E046": broken("example: 山の会", "example: " + "山" * 51, "example:"),
    "T-E047": broken("at: covered", "at: policy", "name: insured_when_many"),
    "T-E048": broken("field: group_number", "field: members"),
    "T-E049": broken("max_rows: 20\n", "max_rows: 20\n    sort: true\n", "sort: true"),
    "T-E050": added("{name: code, type: text, pattern: '(a+)+b', " + LABEL + "}"),
    "T-E051": broken(
        "  expired: {", "  lost: {label: {ja: 不明, en: Lost}, final: true}\n  expired: {", "lost:", file=FLOW
    ),
    "T-E052": broken("not_by: applicant", "not_by: [reviewer, applicant]", "not_by: [reviewer", file=FLOW),
    "T-E053": broken("then: expire", "then: end", "then: end", file=FLOW),
    "T-E054": broken("checks:\n", "evolution: [{from: 1, rename: {town: city}}]\nchecks:\n", "from: 1"),
    "T-E055": broken("retention: papers", "retention: paper"),
    "T-E056": Broken(added(WIDE).files, "fields:"),
    "T-E057": added("{name: note, type: text, access: {read: []}, " + LABEL + "}"),
    "T-E058": added(
        "{name: twice, type: computed, value: {$add: [$score, 1]}, " + LABEL + "}\n"
        "  - {name: score, type: integer, access: {read: [staff]}, " + LABEL + "}",
        "name: twice",
    ),
    "T-E059": broken("days, type: integer, min: 1", "days, type: integer, set_once: true", "set_once"),
    "T-E060": added(DEEP),
    "T-E061": added(
        "{name: other, type: reference, to: group, copy: {policy: pin}, " + LABEL + "}\n"
        "  - {name: pin, type: secret, " + LABEL + "}",
        "name: other",
    ),
    "T-E062": broken(
        "not_by: applicant, effects", "not_by: applicant, needs: [evidence], effects", "needs:", file=FLOW
    ),
    "T-E063": broken(
        "  retention: {papers",
        "  dashboard: [{records: group, by: [members]}]\n  retention: {papers",
        "dashboard:",
        file="site.yaml",
    ),
    "T-E064": broken("days, type: integer, min: 1", "days, type: integer, sort: true", "sort: true"),
    "T-E065": Broken(added(MANY_FILTERS).files, "fields:"),
    "T-E066": broken("{workflow: short", "{during: spring, workflow: short"),
    "T-E067": broken("closes: 2026-04-10 18:00", "closes: 2026-04-01 09:00", file=WINDOW),
    "T-E068": broken("opens: 2026-10-01 09:00", "opens: 2026-04-10 17:59", file=WINDOW),
    "T-E069": broken(
        "{workflow: short, kinds: [register, change, delete]",
        "{during: intake, workflow: short, kinds: [delete]",
        "during:",
    ),
    "T-E070": added(
        "{name: outer, type: group, " + LABEL + ", fields: [{name: inner, type: table, row_pages: true, "
        "fields: [{name: part, type: text, " + LABEL + "}], " + LABEL + "}]}"
    ),
    "T-E074": broken(
        "  retention:",
        "  operator_roles:\n    administrator: {label: {ja: 長, en: Head}}\n"
        "    user: {label: {ja: 員, en: Member}, may: [record.view]}\n  retention:",
        "may: [record.view]",
        file="site.yaml",
    ),
    "T-E072": broken(
        "  retention:",
        "  certificates: {remind: [7, 30]}\n  retention:",
        "certificates:",
        file="site.yaml",
    ),
    "T-E073": broken(
        "  retention:",
        "  losses: {to: [nobody_there]}\n  retention:",
        "losses:",
        file="site.yaml",
    ),
    "T-E075": broken(
        "  retention:",
        "  operator_roles:\n    user: {label: {ja: 員, en: Member}}\n  retention:",
        "operator_roles:",
        file="site.yaml",
    ),
    "T-E076": broken(
        "  retention:",
        "  delegates: {roles: [administrator], duties: {version: '1', text: {ja: 文, en: Text}}}\n"
        "  retention:",
        "delegates:",
        file="site.yaml",
    ),
    "T-E080": broken(
        "  retention:",
        "  limits: {writes: {account: 3 per minute}}\n  retention:",
        "limits:",
        file="site.yaml",
    ),
    "T-E081": broken(
        "  retention:",
        "  limits: {reads: {account: 600 per minute, operator: 5 per second}}\n  retention:",
        "limits:",
        file="site.yaml",
    ),
    "T-E082": broken(
        "  retention:",
        "  limits: {stop: {after: 40, within: 15}}\n  retention:",
        "limits:",
        file="site.yaml",
    ),
    "T-E083": broken("by: system}", "by: system, effects: [hold]}", "effects: [hold]", file=LIFE),
    "T-E084": broken(
        "by: system}",
        "by: system, effects: [{stop_use: {level: half, text: x}}]}",
        "level: half",
        file=LIFE,
    ),
    "T-E085": Broken(
        {
            **changed(FLOW, "effects: [register]", "effects: [register, {advance: {step: delete}}]"),
            LIFE: FILES[LIFE].replace("by: system", "by: reviewer"),
        },
        "advance:",
    ),
    "T-E086": broken(
        "papers: {years: 5", "papers: {years: 5, then: erase, covers: [events]", "papers:", file="site.yaml"
    ),
    "T-E087": broken("workflow: short", "workflow: short, begun_by: [reviwer]", "reviwer"),
    "T-E088": broken("submitted: {label", "submitted: {remind: [1 day], label", "remind", file=FLOW),
    "T-E089": broken(
        "required: true, personal: no, list", "filled_by: staff, personal: no, list", "name: kind"
    ),
    "T-E090": broken(
        "Insured}, required: true, personal: no",
        "Insured}, required: true, personal: no, classification: confidential",
        "name: covered",
    ),
    "T-E091": broken("collection: groups", "collection: accounts"),
    "T-E092": published("body: {ja: trips}", "body: {ja: trips}"),
    "T-E093": published("body: {ja: news}", "body: {ja: news}", field=", required_when: {covered: true}"),
    "T-E094": published("audience: kind", "audience: kind"),
    "T-E095": broken("by: system", "at: trips, by: system", "at: trips", file=LIFE),
    "T-E096": broken("workflow: short, kinds", "about: organisation, workflow: short, kinds", "kinds:"),
    "T-E097": audience("roles: []"),
    "T-E098": audience('operator: {data.group_name: "$$NOTICE.topics"}'),
    "T-E099": audience("owning: group"),
    "T-E077": Broken(
        {
            **FILES,
            "terms/rules.md": "---\nterms: rules\nversion: two\nrevised: 2026-01-01\n"
            "effective_from: 2026-01-01\ntitle: {ja: 規約, en: Rules}\nchange: {ja: 新規, en: New}\n"
            "---\n本文\n",
        },
        "version: two",
    ),
    "T-E078": broken(
        "  retention: {papers",
        "  declarations:\n    oath: {label: {ja: 誓約, en: Oath}, by: [staff], told: reviewer}\n"
        "  retention: {papers",
        "oath:",
        file="site.yaml",
    ),
    "T-E079": broken(
        "  retention: {papers",
        "  confidentiality:\n    - label: {ja: 定め, en: Rule}\n      when: {declared.oath: confirmed}\n"
        "  retention: {papers",
        "when:",
        file="site.yaml",
    ),
    "T-E100": broken("{reference}", "{reference} {serial}", "{serial}", file="mail/received.ja.md"),
    "T-E101": Broken(
        {
            **FILES,
            "mail/password_forgotten.ja.md": "---\nsubject: 再設定\n---\n下のリンクから\n",
            "mail/password_forgotten.en.md": "---\nsubject: Again\n---\n{set_password_link}\n",
        },
        "下のリンクから",
    ),
    "T-E102": broken("受付", "受付 {recipient_name}", "{recipient_name}", file="mail/received.ja.md"),
    "T-E103": broken("受付", "受付" * 61, "受付受付", file="mail/received.ja.md"),
    "T-E104": broken("{reference}", "{reference} <b>至急</b>", "<b>", file="mail/received.ja.md"),
    "T-E105": broken(
        "{reference}", "{reference}\n\nhttps://elsewhere.example/a", "https://", file="mail/received.ja.md"
    ),
    "T-E106": broken(
        "  retention:",
        "  mail: {domains: {someone@example.jp: 5 per second}}\n  retention:",
        "mail:",
        file="site.yaml",
    ),
    "T-E107": broken(
        "  retention:", "  mail: {keep_bodies: 6 days}\n  retention:", "mail:", file="site.yaml"
    ),
    "T-E114": broken("by: system", "by: staff, all_of: [staff, staff]", file=LIFE),
    "T-E115": broken("by: system", "by: system, needs: reason, all_of: [operator]", file=LIFE),
    "T-E116": broken("by: applicant, mail", "by: applicant, all_of: [reviewer], mail", file=FLOW),
    "T-E117": broken("effects: [register]", "effects: [register, {register: {into: active}}]", file=FLOW),
    "T-E118": broken(
        "by: system", "by: system, effects: [{advance: {record: kind, step: delete}}]", file=LIFE
    ),
    "T-E119": later("steps: {archive: {asks: [members]}}"),
    "T-E120": Broken(
        {**taken_by_hand("steps: {delete: {asks: [total_days]}}")}, "steps: {delete: {asks: [total_days]}}"
    ),
    "T-E121": Broken({**taken_by_hand("steps: {delete: {asks: [members], appends: true}}")}, "appends: true"),
    "T-E122": later("leads_to: [{type: group, label: {ja: 次, en: Next}}]"),
    "T-E123": broken("submitted: {label", "submitted: {due: $soon, label", "submitted:", file=FLOW),
    "T-E124": broken("  active: {", "  active: {remind: [1 days], ", "active:", file=LIFE),
    "T-E125": broken("  active: {", "  active: {due: 3 days, since: kind, ", "active:", file=LIFE),
    "T-E126": Broken(
        {
            **FILES,
            LIFE: FILES[LIFE]
            .replace("  active: {", "  active: {due: 3 days, then: delete, ")
            .replace("by: system", "by: staff"),
        },
        "active:",
    ),
    "T-E127": duty("opens: 04-01"),
    "T-E128": duty("opens: 04-01, due: 06-30, attendance: {table: trips}"),
    "T-E129": broken("max_rows: 20", "rows_from: accounts", "rows_from"),
    "T-E108": Broken(
        changed(
            FLOW,
            "effects: [register]",
            "effects: [register, {issue_administrator: {name: group_name, email: email}}]",
        ),
    ),
    "T-E110": Broken({**FILES, "module.yaml": module("first", "mails.*")}, "mails.*"),
    "T-E111": Broken({**FILES, "module.yaml": module("first", "workflow.lost")}, "workflow.lost"),
    "T-E112": Broken(
        {**FILES, "module.yaml": module("same")}, "name: same", behind={"module.yaml": module("same")}
    ),
    "T-E113": Broken(
        {**FILES, "module.yaml": module("first", "workflow.short")},
        "workflow: short",
        behind={FLOW: FILES[FLOW].replace("workflow: short", "workflow: short\nlabel: {ja: 別, en: Other}")},
    ),
    "T-E130": broken("{name: place,", "{name: sealed,"),
    "T-E131": added(f"{PIN}  - {{name: twice, type: computed, value: $pin, {LABEL}}}", "name: twice"),
    "T-E133": routed("reviewer", "{records: group, email: email}"),
    "T-E134": routed("desk", "{through: [kind], email: email}", used=True),
    "T-E135": routed("desk", "{records: group, email: policy}"),
    "T-E136": later("beside: [{label: {ja: 横, en: Beside}, via: [email], fields: [email]}]"),
    "T-E137": later(
        "beside: [{label: {ja: 横, en: B}, records: group, where: {number: $$RECORD.lost}, fields: [email]}]"
    ),
    "T-E138": later(
        "diagrams: [{name: map, label: {ja: 図, en: Map}, boxes: {records: group}, lanes: {by: policy}}]"
    ),
    "T-E140": later("columns: [due]"),
    "T-E139": Broken({**added(REFERENCE).files, "record_types/master.yaml": MASTER}, "name: owner"),
    "T-W001": broken("{ja: 団体, en: Group}\npurpose", "{ja: 団体}\npurpose", "label: {ja: 団体}"),
    "T-W002": broken("Members}, required: true, personal: no", "Members}, required: true"),
    "T-W003": Broken(UNCLASSED, "name: email"),
    "T-W004": broken(
        "yes, classification: users_only", "yes, classification: public", "yes, classification: public"
    ),
    "T-W005": Broken({**FILES, "mail/lost.ja.md": "---\nsubject: 不明\n---\n本文\n"}),
    "T-W006": Broken({**FILES, "choices/lost.yaml": "choices: lost\n" + OPTIONS}),
    "T-W007": page_of(
        "{name: nickname, type: text, show_when: {kind: climbing}, required: true, " + LABEL + "}"
    ),
    "T-W010": Broken(UNCLASSED, "name: group_name"),
    "T-W009": broken(
        "purpose: {ja: 山行の連絡のために利用します。, en: Used to reach you about a trip.}\n",
        "",
        "name: email",
    ),
    "T-W011": broken("{reference}", "{reference} {title}", "{reference}", file="mail/received.ja.md"),
    "T-W012": broken(
        "  operator_type",
        "  mail: {footer: {ja: 以上, en: End}}\n  contact: {ja: 窓口, en: Desk}\n  operator_type",
        "{reference}",
        file="site.yaml",
    ),
    "T-W013": published("publication:"),
    "T-W014": Broken({**FILES, "choices/more.yml": "choices: more\n"}),
    "T-W008": Broken({**FILES, TYPE: FILES[TYPE] + "".join(MANY)}),
}
