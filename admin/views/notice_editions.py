"""The editions of a notice: each as its readers saw it, its proof, what differs; and whom one is for."""

from collections.abc import AsyncIterator
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admin.actor import actor_of, may, site_of
from admin.export import BOM, lines
from admin.language import N_, language, say
from admin.views import notice_told as told
from admin.views.notice_ledger import NoticeLedger
from admin.views.page import route
from admin.views.record_facts import number_of
from models.documents.account import Account
from models.documents.base import read_id
from models.documents.publication import Publication
from models.documents.record import Record
from models.errors import NotFound
from models.language import LANGUAGES, translate
from models.passages import compared
from models.services import audiences, freezing, noticeboard
from models.services.side_words import side_words

FINGERPRINT = Markup('<code class="a-code">{}</code>')

AUDIENCE_HEADS = (
    N_("Name of the person"),
    N_("Login"),
    N_("{Operator}"),
    N_("E-mail address"),
    N_("Mailed"),
)


class NoticeEditions(NoticeLedger):
    """``/notices/{id}/editions/{edition}``, ``/notices/{id}/compare`` and ``/notices/{id}/audience``."""

    @route("/{id}/editions/{edition}", methods=["GET"])
    async def edition(self, request: Request) -> Response:
        """One edition as it was published, and whether it still is what it was."""
        record, edition = await self.find_edition(request)
        words = say("Edition {number}", {"number": edition.edition})
        proof = await freezing.prove(site_of(request), edition)
        return self.page(
            request,
            "notice_edition.html",
            title=words,
            crumbs=self.way(request, record, words),
            record=record,
            edition=edition,
            facts=told.edition_facts(edition),
            standing=told.standing(edition),
            articles=told.written(edition),
            files=self.files(request, edition),
            proof=proof,
            proofs=told.proofs(edition, proof),
            fingerprint=FINGERPRINT.format(edition.fingerprint),
            looked_at=site_of(request).now(),
            figures=await self.figures(request, edition),
            compare=self.url(request, f"/{record.id}/compare", a=edition.edition - 1, b=edition.edition)
            if edition.edition > 1
            else "",
        )

    @route("/{id}/compare", methods=["GET"])
    async def compare(self, request: Request) -> Response:
        """What differs between two editions, language by language, the older one first."""
        record, _definition = await self.find(request)
        asked = [number_of(request.query_params.get(name) or "") for name in ("a", "b")]
        numbers = sorted(number for number in asked if number)
        if len(numbers) != 2:
            raise NotFound
        old, new = [await noticeboard.edition(record, number) for number in numbers]
        words = say("Editions {old} and {new}", {"old": old.edition, "new": new.edition})
        return self.page(
            request,
            "notice_compare.html",
            title=words,
            crumbs=self.way(request, record, words),
            record=record,
            old=old,
            new=new,
            titles=_titles(old, new),
            texts=_texts(old, new),
            facts=await noticeboard.answers_changed(
                site_of(request), actor_of(request), old, new, language()
            ),
        )

    # --- whom it is for -------------------------------------------------------------------------------------

    @route("/{id}/audience", methods=["GET"])
    async def audience(self, request: Request) -> Response:
        """Whom a notice would be for now: how many, and the list."""
        record, edition = await self._next(request)
        after = request.query_params.get("after") or ""
        page = await audiences.listed(site_of(request), edition.audience, read_id(after) if after else None)
        words = say("Whom it is for")
        return self.page(
            request,
            "notice_audience.html",
            title=words,
            crumbs=self.way(request, record, words),
            record=record,
            label=edition.audience.label(language()),
            reach=told.reached(side_words(site_of(request)), await self.reach(request, edition)),
            rows=await self._people(request, edition, page.accounts, page.operators),
            following=self.url(request, f"/{record.id}/audience", after=page.following)
            if page.following
            else "",
            file=self.url(request, f"/{record.id}/audience/file") if may(request, "notice.export") else "",
        )

    async def _next(self, request: Request) -> tuple[Record, Publication]:
        """A notice and the edition it would make now. Raises NotFound where it makes none."""
        record, _definition = await self.find(request)
        preview = await noticeboard.preview_of(site_of(request), record)
        if preview.edition is None:
            raise NotFound
        return record, preview.edition

    async def _people(
        self, request: Request, edition: Publication, accounts: Any, operators: Any
    ) -> list[dict[str, Any]]:
        """Accounts as the list tells them, each with the reason why it is not mailed."""
        why = await audiences.why_withheld(accounts, edition.importance, required=edition.required)
        return [
            {
                "account": account,
                "operator": operators.get(account.operator_id, ""),
                "address": self.address(request, account.email),
                "why": translate(why[account.id], language()) if account.id in why else "",
            }
            for account in accounts
        ]

    @route("/{id}/audience/file", methods=["GET"])
    async def audience_file(self, request: Request) -> Response:
        """The list as CSV."""
        record, edition = await self._next(request)
        await noticeboard.record_export(site_of(request), actor_of(request), edition, "audience")
        name = f"audience-{record.number}-{self.today(request):%Y%m%d}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        parts = self._audience_file(request, edition)
        return StreamingResponse(parts, headers=headers, media_type="text/csv; charset=utf-8")

    async def _audience_file(self, request: Request, edition: Publication) -> AsyncIterator[str]:
        yield BOM + lines([[say(head, side_words(site_of(request))) for head in AUDIENCE_HEADS]])
        place, over = None, False
        while not over:
            page = await audiences.listed(site_of(request), edition.audience, place, noticeboard.FILE_PAGE)
            rows = await self._people(request, edition, page.accounts, page.operators)
            yield lines(_cells(row) for row in rows)
            over = not page.following
            place = read_id(page.following) if page.following else None


def _cells(row: dict[str, Any]) -> list[str]:
    account: Account = row["account"]
    mailed = row["why"] or say("Yes")
    return [account.name, account.login, row["operator"], row["address"], mailed]


def _titles(old: Publication, new: Publication) -> list[tuple[Any, str, str]]:
    """The titles that differ, by language."""
    pairs = [(each, _title(old, each), _title(new, each)) for each in LANGUAGES]
    return [(told.NAMES[each], before, after) for each, before, after in pairs if before != after]


def _title(edition: Publication, spoken: Any) -> str:
    return edition.pages[spoken].title if spoken in edition.pages else ""


def _texts(old: Publication, new: Publication) -> list[tuple[Any, Any]]:
    """What differs in the texts, by language, paragraph by paragraph."""
    found = []
    for each in LANGUAGES:
        before = old.pages[each].text if each in old.pages else ""
        after = new.pages[each].text if each in new.pages else ""
        if before != after:
            found.append((told.NAMES[each], compared(before, after)))
    return found
