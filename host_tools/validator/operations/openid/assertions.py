"""The identifiers (`jti`) of the JWTs with which applications authenticate: each is taken once,
whatever the number of workers, since it is the row's primary key."""

import hashlib

from sqlalchemy import select

from host_tools.validator.store.rows import OpenIdAssertionRow
from host_tools.validator.store.tables import openid_assertions
from host_tools.validator.store.unit_of_work import UnitOfWork


def take(unit: UnitOfWork, client: str, identifier: str, seconds: float) -> bool:
    """Take an identifier of a client's for so many seconds; False when it was taken before."""
    unit.delete(openid_assertions, openid_assertions.c.ends_at <= unit.now)
    digest = hashlib.sha256(f"{client}\0{identifier}".encode(errors="replace")).digest()
    query = select(openid_assertions).where(openid_assertions.c.hash == digest)
    if unit.find(openid_assertions, OpenIdAssertionRow, query) is not None:
        return False
    unit.insert(openid_assertions, OpenIdAssertionRow(digest, unit.now + seconds))
    return True
