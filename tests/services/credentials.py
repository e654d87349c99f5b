"""An operator's people and their client certificates, put where they stand without the weeks before."""

from dataclasses import dataclass, replace
from itertools import count

from app.certificates import TrialAuthority
from models.documents.account import Account
from models.documents.base import Id, new_id, read_id
from models.documents.certificate import Certificate
from models.permissions import Actor
from models.services import certificates, registering
from models.services.identifying import actor_for
from models.services.registering import Told
from models.services.site import Site

NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Firm:
    """An operator: its id, its administrator, who is connected with the certificate in use."""

    id: Id
    administrator: Actor
    certificate: Certificate


def pem(site: Site, name: str = "client") -> bytes:
    """A client certificate nobody has presented yet."""
    return TrialAuthority(site.now()).issue(name, "Example")


async def person(site: Site, firm: Id, *roles: str, certificate: str | None = None) -> Actor:
    """Somebody of an operator, who proved a moment ago who they are."""
    login = f"P{next(NUMBERS):05}"
    account = Account(
        login=login,
        kind="operator",
        name=f"Person {login}",
        email=f"{login.lower()}@operator.example.jp",
        roles=list(roles) or ["user"],
        operator_id=firm,
        status="active",
        created_at=site.now(),
    )
    await account.insert()
    return actor_for(account, "192.0.2.7", certificate, site.now())


async def bound(site: Site, firm: Id, name: str = "client") -> Certificate:
    """A certificate that came with a registration of the operator."""
    presented = await certificates.present(site, pem(site, name))
    values = {"state": "bound", "operator_id": firm, "bound_at": site.now(), "label": name}
    await presented.set(values)
    found = await Certificate.get(presented.id)
    assert found is not None
    return found


async def founded(site: Site) -> Firm:
    """An operator with an administrator and one certificate in use."""
    firm = new_id()
    certificate = await bound(site, firm)
    administrator = await person(site, firm, "administrator", certificate=certificate.fingerprint)
    return Firm(firm, administrator, certificate)


async def registered(site: Site, firm: Firm, name: str = "second", replaces: str = "") -> Certificate:
    """Another certificate, registered beforehand by the administrator."""
    return await registering.register(
        site, firm.administrator, pem(site, name), Told(name, replaces=replaces)
    )


def over(actor: Actor, certificate: Certificate) -> Actor:
    """The same person, connected with another certificate."""
    return replace(actor, certificate=certificate.fingerprint)


async def stored(certificate: Certificate) -> Certificate:
    """The certificate as it is kept now."""
    found = await Certificate.get(read_id(certificate.id))
    assert found is not None
    return found
