"""Makes a token of a board that runs the firmware: self-test, issuer key, secret, clock, one code.

Everything may be broken off anywhere and begun again. The secret is drawn once for each serial
number and stands sealed in the inventory before the token gets it, so a token that is gone on with
gets the same one. Times are Unix seconds.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from firmware.protocol import keys, messages
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.factory.code_check import CodeCheck
from host_tools.factory.events import Step
from host_tools.link import clock, primitives, spoken_names
from host_tools.link.channel import Channel
from host_tools.link.replies import Hello
from host_tools.link.session import Session, authenticate, claim_token
from host_tools.otp import secret_text
from host_tools.otp.credential import Credential
from host_tools.provisioning import access_key
from host_tools.provisioning.batches import Batch
from host_tools.provisioning.clock_drift import Offset
from host_tools.provisioning.inventory import Inventory
from host_tools.provisioning.inventory_records import PROVISIONING
from host_tools.secret import Secret

_CLOCK_TOLERANCE = 1.0  # seconds


@dataclass(frozen=True)
class Personalisation:
    """What all tokens of a run get. `confirm` gives, for the token at a port, the callback of
    claim_token() while that works, one token after the other; `transport_key` opens tokens that a
    factory has locked, `code` reads a code, `spoken` is what they say for the account's name."""

    batch: Batch
    issuer_key: Secret
    operator: str
    confirm: Callable[[str, Hello], AbstractContextManager[Callable[[str], bool]]]
    transport_key: Secret | None
    code: CodeCheck
    spoken: spoken_names.Wish


def check_fits(hello: Hello, batch: Batch) -> None:
    """Raise KodebrikError for a token that is none of the batch, before anything is done to it."""
    if hello.state == messages.DAMAGED:
        raise TokenError(messages.STORAGE_DAMAGED)
    if hello.state == messages.BLOCKED:
        raise TokenError(messages.TOKEN_BLOCKED)
    if hello.product != batch.product:
        raise KodebrikError(
            "batch-other-product",
            ExitCode.CONFLICT,
            serial=hello.serial,
            product=hello.product,
            wanted=batch.product,
        )


def personalise(  # noqa: PLR0913 - the token, and what is done
    channel: Channel,
    hello: Hello,
    port: str,
    *,
    plan: Personalisation,
    inventory: Inventory,
    begin: Callable[[Step], None],
) -> tuple[dict[str, Any], bytes | None]:
    """Make the token ready; give the report of it, and the SHA-256 of its image's manifest. `begin`
    is called at each step.

    KodebrikError, with the exit code CHECK_FAILED, for a token that fails a test.
    """
    began = time.time()
    begin(Step.OPENING)
    session = _opened(channel, hello, port, plan)
    begin(Step.TESTING)
    parts = session.passed_selftest()
    condition = session.info()
    begin(Step.KEYING)
    if session.hello.key != messages.KEY_ISSUER:
        session.set_key(
            messages.KEY_ISSUER, access_key.derive(plan.issuer_key, session.hello.serial)
        )
    begin(Step.WRITING)
    credential = _secret(session, plan, inventory, condition["unique_id"].hex())
    sent = spoken_names.send(session, credential.name, plan.spoken)
    fingerprint = _written(session, credential)
    spoken_names.keep(session, credential.name, sent)
    begin(Step.CLOCK)
    offset = _clock_set(session, inventory)
    begin(Step.CODE)
    way = plan.code.check(session, port, credential)
    hello = session.hello
    report = {
        "serial": hello.serial,
        "product": hello.product,
        "board": hello.board,
        "board_id": condition["unique_id"].hex(),
        "firmware": hello.version,
        "build": hello.build,
        "access_key": access_key.fingerprint(session.access_key),
        "account": credential.name,
        "kind": credential.kind,
        "algorithm": credential.algorithm,
        "digits": credential.digits,
        "period": credential.period,
        "spoken_name": sent.checksum is not None,
        "secret": fingerprint.hex(),
        "parts": parts,
        "battery_mv": condition["battery_mv"],
        "temperature": condition["temperature"],
        "clock_offset": round(offset.seconds, 3),
        "clock_uncertainty": round(offset.uncertainty, 3),
        "code": way,
        "operator": plan.operator,
        "began": round(began, 3),
        "ended": round(time.time(), 3),
    }
    return report, condition["manifest"]


def _opened(channel: Channel, hello: Hello, port: str, plan: Personalisation) -> Session:
    """Open the token's session: claimed, or with the key that it has."""
    if hello.key == messages.KEY_NONE:
        with plan.confirm(port, hello) as is_same:
            return claim_token(channel, hello, is_same)
    if hello.key == messages.KEY_ISSUER:
        return authenticate(channel, hello, access_key.derive(plan.issuer_key, hello.serial))
    if plan.transport_key is None:
        raise KodebrikError("token-has-factory-key", ExitCode.WRONG_KEY)
    return authenticate(channel, hello, plan.transport_key)


def _secret(
    session: Session, plan: Personalisation, inventory: Inventory, board_id: str
) -> Credential:
    """Give the token's credential: the one that the inventory has for it, or a new one, which the
    inventory has from here on."""
    hello, batch = session.hello, plan.batch
    entry = inventory.find(hello.serial)
    if entry is not None and any(each.name == batch.account for each in entry.accounts):
        return inventory.key_package(plan.issuer_key, entry, batch.account).credential
    credential = Credential(
        batch.account,
        secret_text.generate(batch.algorithm),
        batch.algorithm,
        batch.digits,
        batch.period,
    )
    inventory.record(
        serial=hello.serial,
        product=hello.product,
        board=hello.board,
        version=hello.version,
        credential=credential,
        fingerprint=_fingerprint(session, credential).hex(),
        now=time.time(),
        clock_set_at=None,
        issuer_key=plan.issuer_key,
        operator=plan.operator,
        board_id=board_id,
        state=PROVISIONING,
        batch=batch.name,
    )
    return credential


def _written(session: Session, credential: Credential) -> bytes:
    """See to it that the token has the credential, and give its fingerprint."""
    wanted = _fingerprint(session, credential)
    for account in session.accounts():
        if account.name == credential.name and account.fingerprint == wanted:
            return wanted
    return session.put_credential(credential)


def _fingerprint(session: Session, credential: Credential) -> bytes:
    return keys.fingerprint(
        primitives.hmac, session.access_key.reveal(), credential.secret.reveal()
    )


def _clock_set(session: Session, inventory: Inventory) -> Offset:
    """Set the clock unless it is right, and give what it is off by afterwards; KodebrikError when
    it does not keep the time."""
    host = clock.HostClock()
    off, set_at = clock.off_at_most(session, host)
    if off >= _CLOCK_TOLERANCE:
        set_at = clock.set_now(session, host)
    _, offset = clock.measure(session, host)
    if abs(offset.seconds) - offset.uncertainty >= _CLOCK_TOLERANCE:
        raise KodebrikError(
            "clock-does-not-keep", ExitCode.CHECK_FAILED, seconds=abs(offset.seconds)
        )
    with inventory.database.transaction():
        inventory.note(session.hello.serial, time.time(), clock_set_at=float(set_at))
    return offset
