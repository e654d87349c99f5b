"""Documents as the program itself stores them, made in bulk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.bench.example import Filled
from models.documents.account import Account
from models.documents.application import AcceptedTerms, Applicant, Application, Step, Submission
from models.documents.base import Id, Person, Stored, new_id
from models.documents.certificate import Certificate
from models.documents.event import Event, Subject
from models.documents.message import Message
from models.documents.record import Record, RecordVersion
from models.documents.session import BrowserSession
from models.permissions import SYSTEM
from models.schema.search import grams_of
from models.services.freezing import freeze
from models.services.sessions import ABSOLUTE
from models.services.site import Site

PLACES = (
    "港",
    "若松",
    "青葉",
    "白浜",
    "霧島",
    "朝霧",
    "千鳥",
    "汐見",
    "緑川",
    "星野",
    "早瀬",
    "御影",
    "深山",
    "海原",
)
BUSINESSES = (
    "発電",
    "電力",
    "エナジー",
    "再エネ",
    "需要サービス",
    "蓄電",
    "風力",
    "水力",
    "太陽光",
    "電源開発",
)
FORMS = ("{name}株式会社", "株式会社{name}", "{name}合同会社", "一般社団法人{name}")
PEOPLE = ("海野 花子", "港 太郎", "潮 次郎", "灯 三郎", "山里 四季", "森 五月", "川瀬 六花", "浜 七海")

Row = dict[str, Any]
"""A document as the driver takes it."""


def company(number: int) -> str:
    """The name of an invented company, different for every number."""
    place, rest = PLACES[number % len(PLACES)], number // len(PLACES)
    business, rest = BUSINESSES[rest % len(BUSINESSES)], rest // len(BUSINESSES)
    name = FORMS[rest % len(FORMS)].format(name=f"{place}{business}")
    return f"{name}第{rest // len(FORMS) + 1}" if rest >= len(FORMS) else name


@dataclass
class Maker:
    """Makes the documents of one site from one filled-in form."""

    site: Site
    filled: Filled
    staff: Account
    rows: dict[type[Stored], list[Row]] = field(default_factory=dict)
    records: list[Row] = field(default_factory=list)
    count: int = 0

    def keep(self, document: Stored) -> Id:
        """Put a document among those to be inserted; returns its id."""
        identity = document.id or new_id()
        told = {**document.model_dump(exclude={"id", "revision_id"}), "_id": identity}
        self.rows.setdefault(type(document), []).append(told)
        return identity

    def token(self, name: str, **session: Any) -> str:
        """A browser's session; returns the cookie's token, made from `name` with the site's key."""
        token, now = self.site.sign("bench", name), self.site.now()
        self.keep(
            BrowserSession(
                token_hash=self.site.sign("session", token),
                address="127.0.0.1",
                user_agent="bench",
                created_at=now,
                seen_at=now,
                ends_at=now + ABSOLUTE,
                **session,
            )
        )
        return token

    def application(self, state: str, number: int, **changes: Any) -> Row:
        """One application in `state`, as old as its number says; kept, and returned."""
        self.count += 1
        published = self.site.registry.current(self.filled.definition.name)
        begun = self.site.now() - timedelta(minutes=7 * (number + 1))
        draft = Application(
            reference=f"BENCH-{self.count:06}",
            type=published.definition.name,
            kind="register",
            schema_version=published.version,
            state=state,
            applicant=Applicant(name=company(number), email=f"applicant-{number}@example.jp"),
            title=company(number),
            answers=self._named(self.filled.answers, number),
            certificate=self.filled.fingerprint or None,
            terms=self._accepted(begun),
            created_at=begun,
            updated_at=begun,
        )
        self.keep(draft.model_copy(update=changes))
        return self.rows[Application][-1]

    def submitted(self, state: str, number: int, **changes: Any) -> Row:
        """One application that was handed over, with its first step, event and mail."""
        at = self.site.now() - timedelta(minutes=7 * number)
        data = self._named(self.filled.data, number)
        by = Person(kind="visitor", name=company(number))
        row = self.application(
            state,
            number,
            data=data,
            pages_done=self.pages,
            submissions=[Submission(round=1, at=at, data=data)],
            history=[Step(name="submit", origin="draft", to="submitted", by=by, at=at)],
            submitted_at=at,
            **changes,
        )
        self._received(row, at)
        return row

    @property
    def pages(self) -> list[str]:
        """The names of the form's pages."""
        return [page.name for page in self.filled.definition.laid_out]

    def record(self, number: int) -> None:
        """One registered record, as an approved application leaves it."""
        definition, now = self.filled.definition, self.site.now()
        identity, told = new_id(), f"{number + 1:08}"
        data = {**self._named(self.filled.data, number), definition.number.field: told}
        data |= {target.name: f"BENCH{number}" for target in definition.fields if target.unique}
        record = Record(
            _id=identity,
            type=definition.name,
            number=told,
            title=company(number),
            schema_version=self.site.registry.current(definition.name).version,
            operator_id=identity,
            lifecycle=self.site.configuration.lifecycles[definition.lifecycle].first,
            data=data,
            grams=grams_of(definition, told, data),
            created_at=now,
            updated_at=now,
        )
        self.records.append(record.document())

    def surroundings(self) -> None:
        """A certificate, and notices for the first page."""
        now = self.site.now()
        if self.filled.fingerprint:
            self.keep(
                Certificate(
                    fingerprint=self.filled.fingerprint,
                    serial="01",
                    subject="CN=bench",
                    issuer="CN=bench",
                    not_before=now - timedelta(days=1),
                    not_after=now + timedelta(days=700),
                    first_seen_at=now,
                )
            )
        for number in range(1, 9):
            self._announced(number, now - timedelta(days=number))

    def _announced(self, number: int, at: datetime) -> None:
        """The edition of a notice, as if its readers had been listed already."""
        told = {
            "title_ja": f"第{number}回説明会のお知らせ",
            "body_ja": "説明会を開催します。",
            "audience": "everyone",
        }
        version, identity = self.site.registry.current("notice").version, new_id()
        kept = {"type": "notice", "schema_version": version, "lifecycle": "published", "data": told}
        record = Record(
            _id=identity, number=f"N{number:06}", operator_id=None, created_at=at, updated_at=at, **kept
        )
        made = RecordVersion(record_id=identity, revision=1, by=SYSTEM.person, at=at, **kept)
        self.keep(freeze(self.site, record, made, at).model_copy(update={"listed_at": at}))

    def _named(self, values: Mapping[str, Any], number: int) -> Row:
        """`values` under another company's name, wherever the example's own title stands."""
        title = self.filled.definition.title_of(dict(self.filled.data))
        return {name: company(number) if value == title else value for name, value in values.items()}

    def _accepted(self, at: Any) -> AcceptedTerms | None:
        texts = self.site.configuration.terms
        return AcceptedTerms(version=texts[0].version, at=at, by=PEOPLE[0]) if texts else None

    def _received(self, row: Row, at: Any) -> None:
        identity, name = row["_id"], row["title"]
        subject = Subject(kind="application", id=identity, label=row["reference"])
        by = Person(kind="visitor", name=name)
        self.keep(Event(at=at, actor=by, action="application.submit", subject=subject))
        self.keep(
            Message(
                dedupe_key=f"{identity}:1:application_received",
                message_id=f"<{identity}@bench.invalid>",
                template="application_received",
                language="ja",
                to_name=name,
                to_address=row["applicant"]["email"],
                subject=f"申請を受け付けました（{row['reference']}）",
                body="受け付けました。" * 40,
                application_id=identity,
                created_at=at,
                next_at=None,
                sent_at=at,
            )
        )
