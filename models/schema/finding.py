"""What is wrong with a configuration: coded, placed, with a remedy. The table is the documentation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from models.language import DEFAULT_LANGUAGE, Language, translate

Severity = Literal["error", "warning"]


class Code(NamedTuple):
    """One kind of finding: what is wrong, and what would be right (English message ids)."""

    problem: str
    remedy: str
    severity: Severity = "error"


CODES: dict[str, Code] = {
    "T-E001": Code(
        "This is not valid YAML: {problem}.", "Correct the file near this line; check indentation and quotes."
    ),
    "T-E002": Code("A key is written twice: {problem}.", "Keep one of the two."),
    "T-E003": Code("Unknown key “{key}”.", "Did you mean “{suggestion}”? Known keys: {known}."),
    "T-E004": Code("The key “{key}” is missing.", "Add “{key}:”."),
    "T-E005": Code(
        "“{key}” has a value that cannot be used: {problem}.",
        "Give a value of the kind the manual shows for this key.",
    ),
    "T-E006": Code("This file does not say what it describes.", "Begin with one of: {known}."),
    "T-E007": Code("“{name}” is described twice, also in {other}.", "Rename one of them or remove one file."),
    "T-E008": Code("Unknown field type “{key}”.", "Use one of: {known}."),
    "T-E009": Code(
        "The name “{name}” cannot be used.",
        "Use lower-case letters, digits and single underscores, beginning with a letter.",
    ),
    "T-E010": Code(
        "The choice list “{name}” does not exist.", "Add choices/{name}.yaml, or use one of: {known}."
    ),
    "T-E011": Code("The field “{name}” does not exist.", "Use one of: {known}."),
    "T-E012": Code("The format “{name}” does not exist.", "Use one of: {known}."),
    "T-E013": Code(
        "The workflow “{name}” does not exist.", "Add workflows/{name}.yaml, or use one of: {known}."
    ),
    "T-E014": Code(
        "The lifecycle “{name}” does not exist.", "Add lifecycles/{name}.yaml, or use one of: {known}."
    ),
    "T-E015": Code("The effect “{name}” does not exist.", "Use one of: {known}."),
    "T-E016": Code(
        "The mail template “{name}” does not exist in “{language}”.",
        "Add mail/{name}.{language}.md, or use one of those there are, for example: {known}.",
    ),
    "T-E017": Code(
        "The placeholder “{name}” does not exist.", "Did you mean “{suggestion}”? Use one of: {known}."
    ),
    "T-E018": Code("The name “{name}” is used twice here.", "Give each a name of its own."),
    "T-E019": Code("The condition cannot be used: {problem}.", "See the manual's chapter on conditions."),
    "T-E020": Code("The state “{name}” does not exist.", "Use one of: {known}."),
    "T-E021": Code(
        "Nobody can leave the state “{name}”, and it is not final.",
        "Add a transition from it, or “final: true”.",
    ),
    "T-E022": Code(
        "The example does not hold: expected {expected}, found {found}.",
        "Correct the example or the rule it shows.",
    ),
    "T-E023": Code("The record type “{name}” does not exist.", "Use one of: {known}."),
    "T-E024": Code("The option “{name}” is not in the choice list “{choices}”.", "Use one of: {known}."),
    "T-E025": Code("The site is not described.", "Add site.yaml to one of the modules."),
    "T-E026": Code("“{name}” is neither a person of the workflow nor a role.", "Use one of: {known}."),
    "T-E027": Code("The need “{name}” does not exist.", "Use one of: {known}."),
    "T-E028": Code("The field “{name}” is on no page.", "Add it to a page, or leave “pages” out."),
    "T-E029": Code(
        "The module folder does not exist.",
        "Check TOROKU_CONFIG; its entries are folders separated by commas.",
    ),
    "T-E030": Code(
        "A field of type “{name}” cannot be inside a table.",
        "Ask for it beside the table, once per application.",
    ),
    "T-E031": Code(
        "Records can be deleted, but the lifecycle “{name}” has no state that is not live.",
        "Add a state with “live: false” to it, or leave “delete” out of “kinds”.",
    ),
    "T-E032": Code("The file is larger than {limit} kB.", "Describe one thing per file."),
    "T-E033": Code("This is not UTF-8 text.", "Save the file as UTF-8 in your editor."),
    "T-E034": Code(
        "This cannot be read: {problem}.",
        "Check that it exists, that it may be read, and that no link leads in a circle.",
    ),
    "T-E035": Code(
        "Values are nested more than {limit} levels deep.",
        "Check the indentation and the brackets near this line.",
    ),
    "T-E036": Code(
        "The file stands for more than {limit} values, aliases counted wherever they are used.",
        "Leave aliases of aliases out, or divide the file.",
    ),
    "T-E037": Code("The alias “{name}” stands inside what it refers to.", "Write the inner value out."),
    "T-E038": Code(
        "“{name}” cannot be used in these files.",
        "Write the value out: tags, merge keys and keys that are no texts are not read.",
    ),
    "T-E039": Code(
        "The number “{name}” is larger than can be kept, or no number.",
        "Put it between quotes if it is a code.",
    ),
    "T-E040": Code("The file holds several documents.", "Keep one of them, without “---” between."),
    "T-E041": Code("The kind of file “{name}” does not exist.", "Use one of: {known}."),
    "T-E042": Code("The field “{name}” can never be shown.", "Correct its “show_when”, or remove the field."),
    "T-E043": Code(
        "These fields depend on each other in a circle: {circle}.",
        "Let one of them depend on nothing of the circle.",
    ),
    "T-E044": Code(
        "The field “{name}” is required, but nobody can answer it: it is read only.",
        "Give it a “default”, let a reference copy it, or leave “required” or “read_only” out.",
    ),
    "T-E045": Code("No answer fits the field “{name}”: {problem}.", "Correct the limits."),
    "T-E046": Code(
        "The “{key}” of the field “{name}” is not a valid answer: {problem}",
        "Give one that the field would accept.",
    ),
    "T-E047": Code(
        "The check “{check}” can fail where “{name}”, its place, is hidden.",
        "Limit the check with “when” to where the field is shown, or show it elsewhere with “at”.",
    ),
    "T-E048": Code(
        "The number is kept as “{name}”, which is also a field.", "Give the number or the field another name."
    ),
    "T-E049": Code("“{key}” has no meaning for a field of type “{name}”.", "Leave “{key}” out."),
    "T-E050": Code("The pattern cannot be used: {problem}.", "See the manual's chapter on fields."),
    "T-E051": Code("Nobody ever comes to the state “{name}”.", "Add a transition to it, or remove it."),
    "T-E052": Code(
        "Nobody can take the step “{name}”: whoever is in “by” is in “not_by” too.",
        "Leave somebody out of “not_by”.",
    ),
    "T-E053": Code("The step “{name}” does not exist.", "Use one of: {known}."),
    "T-E054": Code(
        "The evolution cannot lead here: {problem}.", "See the manual's chapter on changing record types."
    ),
    "T-E055": Code("The retention “{name}” does not exist.", "Use one of: {known}."),
    "T-E056": Code(
        "“{key}” has {count} entries; at most {limit} are taken.",
        "Divide the record type, or leave some out.",
    ),
    "T-E057": Code("Nobody may read the field “{name}”.", "Name somebody under “read”."),
    "T-E058": Code(
        "Only some may read “{name}”, but this tells it to others.",
        "Leave “{name}” out here, or let only the same people read this.",
    ),
    "T-E059": Code(
        "“{key}” is not looked at in the rows of a table.", "Write it at the table, or leave it out."
    ),
    "T-E060": Code(
        "Tables and groups are nested deeper than {limit} names.", "Take “{name}” out of one that holds it."
    ),
    "T-E061": Code("The secret “{name}” cannot be taken over by a reference.", "Leave it out of “copy”."),
    "T-E062": Code(
        "“{name}” does nothing in this step.",
        "Leave it out: evidence is asked for in lifecycles, the others in workflows.",
    ),
    "T-E063": Code(
        "Records cannot be counted by “{name}”.",
        "Name a field of type “choice” with “index”, “filter” or “sort”: the dashboard counts by its index.",
    ),
    "T-E064": Code(
        "Lists cannot have “{key}” for “{name}”: a record has many answers in a table.",
        "Leave “{key}” out, or sum the rows up in a computed field and put it there.",
    ),
    "T-E065": Code(
        "The lists need {count} indexes; a collection has room for {limit}.",
        "Leave “filter”, “sort”, “index” or “unique” out at some fields.",
    ),
    "T-E066": Code(
        "The application window “{name}” does not exist.", "Add windows/{name}.yaml, or use one of: {known}."
    ),
    "T-E067": Code(
        "The period closes before it opens, or at the same moment: {opens} – {closes}.",
        "Let “closes” be later than “opens”; it is the first moment outside.",
    ),
    "T-E068": Code(
        "The periods of the window overlap: {opens} – {closes}.",
        "Let each open when the one before has closed, or make one of the two.",
    ),
    "T-E069": Code(
        "Applications for “{name}” are bound to the window “{window}”, which is not for them.",
        "Add “{name}” to “record_types” of the window, and at least one of its kinds.",
    ),
    "T-E070": Code(
        "The table “{name}” stands inside another field: its rows have no pages of their own.",
        "Take the table out of it, or leave “row_pages” out.",
    ),
    "T-E072": Code(
        "The days on which operators are reminded do not fall.",
        "Write each once, the furthest from the end first.",
    ),
    "T-E073": Code("The role “{name}” does not exist.", "Use one of: {known}."),
    "T-E074": Code("Operators have no permission “{name}”.", "Use one of: {known}."),
    "T-E075": Code(
        "These roles leave an operator without an administrator who may do everything, or with nobody else.",
        "Describe “administrator” without “may:”, and at least one further role.",
    ),
    "T-E076": Code("A delegate cannot have the role “{name}”.", "Use one of: {known}."),
    "T-E080": Code(
        "With {rate}, even one person working quickly would be refused.", "Allow {least} a minute at least."
    ),
    "T-E081": Code(
        "An operator may do {whole}, which is less than {one} for one of its accounts.",
        "Let the operator do as much as one account at least, or leave “operator” out.",
    ),
    "T-E082": Code(
        "Nobody can exceed a limit in {after} windows within {within} minutes: the stop would never come.",
        "Write a longer “within” or a smaller “after”.",
    ),
    "T-E083": Code("The effect “{effect}” needs “{name}”.", "Write it beside the effect."),
    "T-E084": Code("“{name}” is no level at which use can be stopped.", "Use one of: {known}."),
    "T-E085": Code(
        "The step “{name}” is taken by an effect, but “system” is not among those who may take it.",
        "Add “system” to its “by”.",
    ),
    "T-E086": Code(
        "The retention “{name}” cannot be kept to: {problem}.", "See the manual's chapter on retention."
    ),
    "T-E087": Code("Nobody called “{name}” can begin or ask for applications.", "Use one of: {known}."),
    "T-E088": Code(
        "The state “{name}” reminds of a due date it does not have.", "Add “due”, or leave “remind” out."
    ),
    "T-E089": Code(
        "The field “{name}” cannot be filled in by staff.",
        "Let it be a plain question outside tables and groups, of a type staff begin or ask for.",
    ),
    "T-E090": Code(
        "“{name}” is confidential, and people who are no staff would come to it.",
        "Let only staff read, answer and see it, or use “classification: users_only”.",
    ),
    "T-E091": Code(
        "The program itself uses the name “{name}”.",
        "Choose another: records and pages of this name would be mixed up with its own.",
    ),
    "T-E092": Code(
        "“publication” cannot use “{name}”: there is no such field, or it is of another type.",
        "Name one of these fields: {known}.",
    ),
    "T-E093": Code(
        "“{name}” may be left empty, and nothing can be published without it.",
        "Make the field “required: true”, without “show_when”.",
    ),
    "T-E094": Code("The answer “{name}” means nothing here.", "Offer only these: {known}."),
    "T-E095": Code(
        "The clock cannot take the step “{name}”: {problem}.", "See the manual's chapter on notices."
    ),
    "T-E096": Code(
        "“{key}” does not go with records of “{name}”: {problem}.",
        "Leave it out, or change the record type.",
    ),
    "T-E097": Code(
        "The audience “{name}” does not say who is in it.",
        "Give it “open”, “roles”, “operator” or “owning”; “where” belongs to “owning”, and “open: staff” "
        "knows no operators.",
    ),
    "T-E098": Code(
        "The audience asks for the answer “{name}” of a notice, and no notice has it.", "Use one of: {known}."
    ),
    "T-E099": Code(
        "Records of “{name}” are not owned by operators.",
        "Name a type that operators register; conditions on the operators themselves stand under “operator”.",
    ),
    "T-E077": Code(
        "The version “{name}” cannot be part of an address.",
        "Begin with a digit and use at most 20 letters, digits, dots and hyphens, like “2.0”.",
    ),
    "T-E078": Code(
        "The declaration “{name}” has no words: neither a text nor a declaration field of the operator type.",
        "Name a field of type “declaration” with “field”, or write “text”.",
    ),
    "T-E079": Code("The declaration “{name}” does not exist.", "Use one of: {known}."),
    "T-E100": Code(
        "The placeholder “{name}” is not filled where this mail is sent: {when}.",
        "Did you mean “{suggestion}”? Use one of: {known}.",
    ),
    "T-E101": Code(
        "The one-time link “{name}” is missing, for which this mail is sent: {when}.",
        "Put it on a line of its own, in braces.",
    ),
    "T-E102": Code(
        "“{name}” stands in the subject or the preheader, which are seen on locked screens and kept in logs.",
        "Say it in the text of the mail.",
    ),
    "T-E103": Code(
        "The subject is {count} characters long with its values, at most {limit} are allowed.",
        "Shorten it; the reference number and the text of the mail say the rest.",
    ),
    "T-E104": Code(
        "A mail cannot hold this: {problem}.", "Use words, lists, headings, tables, bold words and links."
    ),
    "T-E105": Code(
        "The link “{address}” does not lead to this site.",
        "Mails link to pages of this site only: a placeholder of a page, “{{base_url}}/…” or “mailto:”.",
    ),
    "T-E106": Code(
        "“{name}” is not a domain as mails have it.",
        "Write what comes after the @, in small letters, other scripts as xn--…: docomo.ne.jp.",
    ),
    "T-E107": Code(
        "Texts of mails would be gone before a failed mail could be sent again.",
        "Keep them {days} days at least.",
    ),
    "T-E108": Code(
        "Operators could not sign in: the site asks for a client certificate, “{name}” for none.",
        "Ask for one (applications: certificate), or write “certificates: needed: false” in site.yaml.",
    ),
    "T-E110": Code("“{name}” names nothing a module can leave to others.", "Write one of: {known}."),
    "T-E111": Code(
        "“{name}” is left to other modules but not described here.",
        "Describe it, or take it out of “yields”.",
    ),
    "T-E112": Code(
        "Two modules are called “{name}”; the other is {other}.",
        "Give each module of a site a name of its own.",
    ),
    "T-E113": Code(
        "“{name}” is also described in {other}, whose module leaves it to modules before it.",
        "Write this module before that one in TOROKU_CONFIG.",
    ),
    "T-E114": Code("“{name}” is asked for consent twice.", "Name each party once."),
    "T-E115": Code(
        "The step “{name}” is taken with the last consent, so nobody is asked for what it needs.",
        "Leave “needs” and “grounds” out, or “system” out of its “by”.",
    ),
    "T-E116": Code(
        "The step “{name}” cannot wait for consents: the clock takes it, or it hands an application over.",
        "Ask for the consents at a step that people take, or that is “by: system” alone.",
    ),
    "T-E117": Code(
        "Of several registrations of one step the first whose condition holds is made.",
        "Give each but the last a “when”, and the last none.",
    ),
    "T-E118": Code(
        "The effect cannot use the field “{name}”: {problem}.",
        "Name another field of this record type.",
    ),
    "T-E119": Code(
        "“{name}” is no step of the lifecycle “{lifecycle}” that somebody takes, so it asks for nothing.",
        "Use one of: {known}.",
    ),
    "T-E120": Code(
        "The step “{step}” cannot ask for “{name}”, which nobody fills in.",
        "Ask for fields people answer; what is calculated follows by itself.",
    ),
    "T-E121": Code(
        "The step “{step}” has “appends” but does not ask for one table alone.",
        "Let it ask for the one table that gains rows, or leave “appends” out.",
    ),
    "T-E122": Code(
        "Records lead to “{name}”, but nobody can begin an application for one from there.",
        "Name a type that is switched on, is registered by application and is not the operator's own.",
    ),
    "T-E123": Code(
        "The period “{name}” does not exist.", "Add it to “periods” of site.yaml, or use: {known}."
    ),
    "T-E124": Code(
        "“{key}” does nothing in the state “{name}”: {problem}.", "Add what is missing, or leave it out."
    ),
    "T-E125": Code(
        "The term of the state “{name}” cannot count from “{field}” of “{type}”.",
        "Name a field of type “date” or “datetime” that every record type of this lifecycle has.",
    ),
    "T-E126": Code(
        "The clock cannot take the step “{name}” at the end of the term of “{state}”.",
        "Let it begin in this state and be “by: system” too, without needs, grounds or a review.",
    ),
    "T-E127": Code(
        "Nobody can tell when the duty “{name}” is due: {problem}.",
        "See the manual's chapter on duties: either two days of the year, or a day of the last record.",
    ),
    "T-E128": Code(
        "“{name}” does not say who took part: it is no table with “rows_from: accounts”.",
        "Name such a table of this record type, or leave “attendance” out.",
    ),
    "T-E129": Code(
        "The table “{name}” cannot have a row for every account.",
        "Let it stand outside other fields, of an operator's records, with one column of type “account” that "
        "is “unique: true”.",
    ),
    "T-E130": Code(
        "What holds a field called “{name}” cannot be told from a secret answer.",
        "Give the field another name.",
    ),
    "T-E131": Code(
        "This tells or carries off what the secret “{name}” says.",
        "Leave it out here; whether it is answered may be asked: {{$ne: null}}.",
    ),
    "T-E133": Code(
        "The route “{name}” is called like a role or a person mails go to already.",
        "Give the route another name.",
    ),
    "T-E134": Code(
        "Mails about “{type}” go by the route “{name}”, which leads nowhere from there: {field}.",
        "Send these mails elsewhere, or let the route begin at a field that “{type}” has.",
    ),
    "T-E135": Code("“{name}” of “{type}” is no field with a mail address.", "Use one of: {known}."),
    "T-E136": Code(
        "The panel follows “{name}”, which is no reference where it stands.",
        "Name references, the first a field of “{type}”, each further one a field of what it leads to.",
    ),
    "T-E137": Code(
        "The condition asks $$RECORD for “{name}”, which it does not have.", "Use one of: {known}."
    ),
    "T-E138": Code(
        "The diagram cannot use “{name}”: {problem}.",
        "Bands are options of a choice of the boxes, or what an attribute of these says; lines are "
        "references among the boxes, or choices of the same list.",
    ),
    "T-E139": Code(
        "Operators answer “{name}” with records of “{type}”, which they cannot see.",
        "Name “operator” under “access” of “{type}”, or let the staff answer the field.",
    ),
    "T-E140": Code(
        "Lists cannot have “{name}”: the lifecycle “{lifecycle}” says nothing of it.",
        "Leave “{name}” out, or write “due” or “held_by” at a state of the lifecycle.",
    ),
    "T-W001": Code("The English text is missing.", "Add “en:”.", "warning"),
    "T-W002": Code(
        "The field “{name}” does not say whether it holds personal data.",
        "Add “personal: yes”, “possibly” or “no”.",
        "warning",
    ),
    "T-W003": Code(
        "The field “{name}” holds personal data and does not say who may see it.",
        "Add “classification: users_only” or “confidential”.",
        "warning",
    ),
    "T-W004": Code(
        "The field “{name}” holds personal data and is public.",
        "Use “classification: users_only” or “confidential”, unless the law asks for publication.",
        "warning",
    ),
    "T-W005": Code(
        "Nothing sends the mail “{name}”.", "Name it in a workflow, or remove the file.", "warning"
    ),
    "T-W006": Code("No field uses the choice list “{name}”.", "Use it, or remove the file.", "warning"),
    "T-W007": Code(
        "With the answer {answer}, the page “{page}” loses all its fields, but “{name}” is relied upon.",
        "Keep the field shown, or let what relies on it do without.",
        "warning",
    ),
    "T-W013": Code(
        "Records of “{name}” can be published, but no step of their lifecycle has the effect “{effect}”.",
        "Add it to a step of the lifecycle.",
        "warning",
    ),
    "T-W008": Code("Further problems of this file are not listed.", "Correct those listed first.", "warning"),
    "T-W010": Code(
        "The field “{name}” has no information class, and neither has its record type.",
        "Add “classification: public”, “users_only” or “confidential”, here or to the record type.",
        "warning",
    ),
    "T-W009": Code(
        "The field “{name}” asks for personal data and nothing says why.",
        "Add “purpose” to the field or to the record type.",
        "warning",
    ),
    "T-W011": Code(
        "The placeholder “{name}” stands in {other}, but not here.",
        "Say the same in every language.",
        "warning",
    ),
    "T-W012": Code(
        "The mail does not say where to ask.",
        "Add “{{contact}}” to it, or to “footer” under “mail” of site.yaml.",
        "warning",
    ),
    "T-W014": Code("The file {name} is not read.", "Rename it: names of files end in “.yaml”.", "warning"),
}
"""Every code the checks can report, in the order of the manual's table."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding at one place. `str()` is ``file:line: CODE problem remedy``."""

    code: str
    file: str
    line: int
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    def problem(self, language: Language) -> str:
        return translate(CODES[self.code].problem, language, **self.values)

    def remedy(self, language: Language) -> str:
        return translate(CODES[self.code].remedy, language, **self.values)

    def say(self, language: Language) -> str:
        return f"{self.file}:{self.line}: {self.code} {self.problem(language)} {self.remedy(language)}"

    def __str__(self) -> str:
        return self.say(DEFAULT_LANGUAGE)
