"""People at the running program, by HTTP alone: an applicant who sends forms, staff who take steps."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx

from app.certificates import TrialAuthority
from app.demo import PASSWORD
from models.schema.definition import RecordType
from tests.forms.reader import Document
from tests.forms.tab import typed_for
from tests.services.answers import valid_answers

Typed = Mapping[str, Any]
Files = Mapping[str, tuple[str, bytes]]

CODES = count(1)
"""Operator codes are unique among registered operators: each applicant here has one of their own."""

authority = TrialAuthority(datetime.now(UTC))


def new_certificate(name: str = "client") -> bytes:
    """A client certificate nobody has presented yet."""
    return authority.issue(name, "Example")


class Applicant:
    """Somebody without an account. Posts pages as their forms would, without looking at them."""

    def __init__(self, client: httpx.AsyncClient, definition: RecordType) -> None:
        self.client, self.definition = client, definition
        self.code = f"Z{next(CODES):03}"
        self.answers = {**valid_answers(definition), "operator_code": self.code}
        self.reference, self.revision = "", 0

    @property
    def address(self) -> str:
        return f"/applications/{self.reference}"

    async def present_certificate(self) -> "Applicant":
        """Show a client certificate of one's own."""
        await self.client.post("/certificate", files={"file": ("client.pem", new_certificate())})
        return self

    async def begin(self) -> httpx.Response:
        """Accept the terms at the gate and begin an application."""
        gate = Document((await self.client.get("/apply/operator")).text)
        version = next(value for name, value in gate.sent() if name == "terms_version")
        return await self.begin_with(version)

    async def begin_with(self, version: str) -> httpx.Response:
        """Begin, knowing the version of the terms already."""
        answer = await self.client.post("/apply/operator", data={"accept": "yes", "terms_version": version})
        if answer.status_code == 303:
            self.reference, self.revision = answer.headers["location"].split("/")[2], 0
        return answer

    async def send(
        self, page: str, typed: Typed, *, action: str = "next", files: Files | None = None
    ) -> httpx.Response:
        """Send one page; what was kept counts the revision on, as the next form would say."""
        parts: list[Any] = list((files or {}).items())
        for name, value in {"revision": str(self.revision), "action": action, **typed}.items():
            parts += [(name, (None, one)) for one in (value if isinstance(value, list) else [value])]
        answer = await self.client.post(f"{self.address}/pages/{page}", files=parts)
        self.revision += answer.status_code == 303
        return answer

    async def fill_in(self) -> "Applicant":
        """Send every page with the configuration's own example."""
        for page in self.definition.laid_out:
            answer = await self.send(page.name, typed_for(self.definition, page.fields, self.answers))
            assert answer.status_code == 303, answer.text
        return self

    async def submit(self) -> httpx.Response:
        """Hand the application over."""
        return await self.client.post(f"{self.address}/check", data={"revision": str(self.revision)})


class Operator:
    """Somebody of a registered operator, in the portal."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def sign_in(self, login: str, certificate: bytes, password: str = PASSWORD) -> "Operator":
        """Show the operator's certificate and sign in."""
        await self.client.post("/certificate", files={"file": ("client.pem", certificate)})
        answer = await self.client.post("/login", data={"login": login, "password": password})
        assert answer.status_code == 303, answer.text
        return self


class Member:
    """A member of staff in the admin."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def sign_in(self, login: str, password: str = PASSWORD) -> "Member":
        """Sign in; every later form of this browser carries its token."""
        await self.client.get("/admin/login")
        answer = await self.post("/admin/login", {"login": login, "password": password})
        assert answer.status_code == 303, answer.text
        return self

    async def take_away(self, key: str, query: str = "") -> httpx.Response:
        """The file of an export of a list of records, or why there is none."""
        typed = {"profile": "all", "format": "csv", "heads": "labels", "purpose": "a test"}
        answer = await self.post(f"/admin/{key}/export?{query}", typed)
        return await self.client.get(answer.headers["location"]) if answer.status_code == 303 else answer

    async def post(self, address: str, typed: Typed | None = None, **headers: str) -> httpx.Response:
        """Send a form of the admin, with its token."""
        data = {"csrftoken": self.client.cookies["starlette_admin_csrftoken"], **(typed or {})}
        return await self.client.post(address, data=data, headers=headers)

    async def step(self, reference: str, name: str, typed: Typed | None = None) -> httpx.Response:
        """Press the button of a step on the review page."""
        return await self.post(f"/admin/applications/{reference}/steps/{name}", typed)


async def submitted(client: httpx.AsyncClient, definition: RecordType) -> Applicant:
    """An applicant whose application has been handed over."""
    applicant = await Applicant(client, definition).present_certificate()
    assert (await applicant.begin()).status_code == 303
    assert (await (await applicant.fill_in()).submit()).status_code == 303
    return applicant


async def propose(reviewer: Member, applicant: Applicant) -> str:
    """Review an application and pass it on for approval; returns its reference."""
    await reviewer.step(applicant.reference, "claim")
    checklist = [item.name for item in applicant.definition.review.checklist]
    answer = await reviewer.step(applicant.reference, "propose", {"checklist": checklist})
    assert answer.status_code == 303, answer.text
    return applicant.reference
