"""Rows of the tables as typed records: their fields are the tables' columns, in the same order."""

from dataclasses import dataclass
from typing import NamedTuple

from host_tools.validator.store.audit_chain import ChainHead


@dataclass(slots=True)
class TokenRow:
    """A row of the table `tokens`, locked and changed in a unit of work."""

    id: int
    serial: str
    status: str
    owner_id: int | None
    kind: str
    algorithm: str
    digits: int
    period: int | None
    suite: str | None
    product: str | None
    encrypted_secret: bytes
    data_key: int
    tolerance: int
    look_ahead: int
    last_step: int
    last_accepted_at: float | None
    failures: int
    locked_until: float
    clock_base: float
    clock_base_at: float
    clock_uncertainty: float
    clock_rate: float
    clock_observations: str
    clock_ppm: float
    created_at: float
    activated_at: float | None
    activation_hash: bytes | None
    activation_key: int | None
    activation_expires_at: float | None
    activation_tries: int
    audit_sequence: int
    audit_mac: bytes
    audit_seal: bytes
    audit_key: int

    @property
    def chain_head(self) -> ChainHead:
        """Give the head of the token's audit chain."""
        return ChainHead(self.audit_sequence, self.audit_mac)


class UserRow(NamedTuple):
    """A row of the table `users`."""

    id: int
    user_id: str
    normalized_id: str
    created_at: float
    email: str | None
    language: str
    notify_on_use: bool
    pin: bytes | None
    pin_key: int | None


class ChainRow(NamedTuple):
    """A row of the table `chains`."""

    chain: str
    audit_sequence: int
    audit_mac: bytes
    audit_seal: bytes
    audit_key: int

    @property
    def chain_head(self) -> ChainHead:
        """Give the head of the chain."""
        return ChainHead(self.audit_sequence, self.audit_mac)
