"""App devices as tokens: letters, activation, lists, removal."""

import re
import secrets
from hashlib import sha256

from sqlalchemy import Connection, or_, select

from host_tools.secret import Secret
from host_tools.validator.app_records import (
    AppDevice,
    AppKey,
    AppKeyKind,
    NewAppDevice,
)
from host_tools.validator.errors import InvalidError, NotFoundError
from host_tools.validator.operations import (
    activation,
    check_batch,
    lifecycle,
    outbox,
    unattributed,
    users,
)
from host_tools.validator.operations.app import challenges
from host_tools.validator.records import APP, ActivationCode, NoticeKind, Status
from host_tools.validator.rule.drift import UNCERTAINTY_SET
from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.store import audit_chain
from host_tools.validator.store.audit_chain import Detail, Event
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.rows import AppDeviceRow, ChainHead, TokenRow, UserRow
from host_tools.validator.store.tables import (
    app_devices,
    tokens,
)
from host_tools.validator.store.unit_of_work import UnitOfWork

_SERIAL_DIGITS = 12
_LONGEST_NAME = 40  # characters
_NOBODY = -1  # the id of no user
_KEPT = (Status.ACTIVE.value, Status.BLOCKED.value)
_FROM_DEVICE_SECONDS = 600  # that the code is good for which a device gives for another


def issue_letter(unit: UnitOfWork, typed: str, days: int) -> ActivationCode:
    """Draw the code of a letter by which a user activates a device; an earlier one is void."""
    slot = _slot(unit, users.find(unit, typed))
    return activation.issue_activation_code(unit, slot, days)


def issue_code(unit: UnitOfWork, owner: UserRow) -> ActivationCode:
    """Draw a code by which a user activates another device; an earlier one is void."""
    return activation.draw_activation_code(unit, _slot(unit, owner), _FROM_DEVICE_SECONDS)


def checked_name(name: str) -> str:
    """Give a device's name back; KodebrikError when it is none."""
    if not 1 <= len(name) <= _LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise InvalidError("app-name-invalid", most=_LONGEST_NAME)
    return name


def activate(unit: UnitOfWork, new: NewAppDevice) -> AppDevice | None:
    """Activate a device, whose key was proven; KodebrikError when a device has that key already,
    whosever it is; None when challenge, user or code are not right,
    which costs the same statements and MACs for every user."""
    checked_name(new.name)
    _require_new(unit, new.key)
    fresh = challenges.is_fresh(unit.key, new.challenge, unit.now)
    if new.code is not None:
        token = _by_code(unit, new, new.code, fresh)
    else:
        token = _by_activation_code(unit, new, fresh)
    if token is None:
        return None
    device = _make_active(unit, token, new)
    if new.replaces_others:
        _replace_others(unit, token)
    return device


def key_of(unit: UnitOfWork, token: TokenRow, device: AppDeviceRow) -> AppKey:
    """Give a device's public key."""
    kind = AppKeyKind(device.key_kind)
    return AppKey(kind, unit.secret(token).reveal(), device.credential_id)


def listed(connection: Connection, keys: DataKeys, owner: UserRow) -> list[AppDevice]:
    """List the devices of a user, whose row was read, that were activated and not removed; the
    oldest first."""
    query = (
        select(tokens, app_devices)
        .join(app_devices, app_devices.c.token_id == tokens.c.id)
        .where(tokens.c.owner_id == owner.id, tokens.c.status.in_(_KEPT))
        .order_by(tokens.c.id)
    )
    width, found = len(tokens.columns), []
    for row in connection.execute(query):
        token, device = TokenRow(*row[:width]), AppDeviceRow(*row[width:])
        keys.check(connection, tokens, token, owner.audit_key)
        keys.check(connection, app_devices, device, owner.audit_key)
        found.append(device_of(token, device))
    return found


def device_of(token: TokenRow, device: AppDeviceRow) -> AppDevice:
    """Give a device as its user sees it."""
    return AppDevice(
        token.serial,
        device.name,
        AppKeyKind(device.key_kind),
        Status(token.status),
        token.activated_at,
        token.last_accepted_at,
    )


def remove(unit: UnitOfWork, owner: UserRow, serial: str) -> None:
    """Let a device of a user count no more; its user's history keeps it. KodebrikError when it is
    no device of theirs."""
    token = unit.find_token(serial)
    if token is None or token.owner_id != owner.id or not _is_kept(token):
        raise NotFoundError("app-device-unknown")
    _retire(unit, token, "remove", {})


def _require_new(unit: UnitOfWork, key: AppKey) -> None:
    """Raise KodebrikError for a key or credential that a device has or had, of any user (WebAuthn,
    section 7.1)."""
    known = select(app_devices.c.token_id).where(
        or_(
            app_devices.c.key_hash == _key_hash(key),
            app_devices.c.credential_id == (key.credential_id or b""),
        )
    )
    if unit.connection.execute(known).first() is not None:
        raise InvalidError("app-key-known")


def _key_hash(key: AppKey) -> bytes:
    return sha256(key.public).digest()


def _replace_others(unit: UnitOfWork, token: TokenRow) -> None:
    """Let a device replace all others of its user."""
    query = select(tokens.c.id).where(
        tokens.c.owner_id == token.owner_id, tokens.c.kind == APP, tokens.c.id != token.id
    )
    ids = unit.connection.execute(query).scalars().all()
    locked = unit.lock_tokens(ids)
    for other in (locked[one] for one in ids if one in locked):
        if _is_kept(other):
            _retire(unit, other, "replaced", {"by": token.serial})


def _retire(unit: UnitOfWork, token: TokenRow, action: str, detail: Detail) -> None:
    """End a device for good, and notify its user."""
    token.status = Status.REPLACED.value
    unit.record(token, action, detail)
    lifecycle.end_sessions(unit, token)
    outbox.queue(unit, NoticeKind.BLOCKED, token)


def _is_kept(token: TokenRow) -> bool:
    """Say whether a token is a device that was activated, and not removed since."""
    return token.kind == APP and token.status in _KEPT


def find_row(unit: UnitOfWork, token: TokenRow | None) -> AppDeviceRow | None:
    """Give what an app device has beside its token; None for another token, or none: the database
    is asked in any case."""
    query = select(app_devices).where(app_devices.c.token_id == (token.id if token else _NOBODY))
    found = unit.find(app_devices, AppDeviceRow, query)
    if found is None:
        unit.idle_mac()
    return found


def _by_activation_code(unit: UnitOfWork, new: NewAppDevice, fresh: bool) -> TokenRow | None:
    owner = users.find_any(unit, new.user_id)
    query = select(tokens.c.serial).where(
        tokens.c.owner_id == (_NOBODY if owner is None else owner.id),
        tokens.c.kind == APP,
        tokens.c.status == Status.ASSIGNED.value,
    )
    token = unit.find_token(unit.connection.execute(query).scalar() or "")
    tally = unattributed.lock(unit)
    unit.idle_mac((owner is None) + (token is None))
    typed = re.sub(r"[\s-]", "", new.activation_code or "")
    selector, code = typed[: activation.SELECTOR_DIGITS], typed[activation.SELECTOR_DIGITS :]
    if token is None or not activation.selects(token, selector):
        reason = Reason.UNKNOWN_USER if owner is None else Reason.WRONG_PIN
        detail = {"reason": reason.value, "user": unit.fingerprint("user", new.user_id)}
        unattributed.record(unit, tally, [Event(unit.now, unit.actor, "activate", detail)])
        return None
    right = activation.is_activation_code(unit, token, code)
    if right and fresh:
        return token
    activation.count_wrong_code(unit, token)
    return None


def _by_code(unit: UnitOfWork, new: NewAppDevice, code: str, fresh: bool) -> TokenRow | None:
    """Check a code of the user's code token, which may be a response to the challenge's number,
    and make a token for the device."""
    request = CheckRequest(
        code if fresh else "",
        user_id=new.user_id,
        challenge=challenges.number(unit.key, new.challenge),
        pin=new.user_pin,
        actor=unit.actor,
        issue_challenge=True,
    )
    (verdict,) = check_batch.check(unit, [request])
    if not verdict.accepted:
        return None
    return _insert(unit, users.find(unit, new.user_id))


def _slot(unit: UnitOfWork, owner: UserRow) -> TokenRow:
    """Give the user's token of kind app that waits for its activation; a new one is made when there
    is none."""
    query = select(tokens.c.serial).where(
        tokens.c.owner_id == owner.id,
        tokens.c.kind == APP,
        tokens.c.status == Status.ASSIGNED.value,
    )
    serial = unit.connection.execute(query).scalar()
    return _insert(unit, owner) if serial is None else unit.lock_token(serial)


def _insert(unit: UnitOfWork, owner: UserRow) -> TokenRow:
    """Write a token of kind app without a key, and lock it."""
    serial = "APP" + "".join(secrets.choice("0123456789") for _ in range(_SERIAL_DIGITS))
    event = Event(unit.now, unit.actor, "import", {"kind": APP, "user_id": owner.user_id})
    head, entry = audit_chain.append(unit.key, serial, ChainHead(), event)
    row = TokenRow(
        id=new_id(),
        serial=serial,
        status=Status.ASSIGNED.value,
        owner_id=owner.id,
        kind=APP,
        algorithm="ES256",
        digits=0,
        period=None,
        suite=None,
        product=None,
        encrypted_secret=unit.key.encrypt_secret(Secret(b""), serial),
        data_key=unit.key.id,
        tolerance=0,
        look_ahead=0,
        last_step=-1,
        last_accepted_at=None,
        failures=0,
        locked_until=0.0,
        clock_base=0.0,
        clock_base_at=unit.now,
        clock_uncertainty=UNCERTAINTY_SET,
        clock_rate=0.0,
        clock_observations="[]",
        clock_ppm=0.0,
        created_at=unit.now,
        activated_at=None,
        activation_hash=None,
        activation_key=None,
        activation_expires_at=None,
        activation_tries=0,
        audit_sequence=head.sequence,
        audit_mac=head.mac,
        audit_seal=b"",
        audit_key=unit.key.id,
    )
    unit.insert_tokens([row], [entry])
    unit.record_server_event("create", {"serial": serial})
    return unit.lock_token(serial)


def _make_active(unit: UnitOfWork, token: TokenRow, new: NewAppDevice) -> AppDevice:
    name, key = new.name, new.key
    pin, pin_key = None, None
    if key.pin is not None:
        pin, pin_key = pin_hash(unit, token, key.pin.reveal().decode()), unit.key.id
    token.encrypted_secret = unit.key.encrypt_secret(Secret(key.public), token.serial)
    token.data_key = unit.key.id
    token.status, token.activated_at, token.last_step = Status.ACTIVE.value, unit.now, 0
    lifecycle.clear_activation_code(token)
    way = "code" if new.code is not None else "activation_code"
    unit.record(token, "activate", {"way": way, "name": name, "key": key.kind.value})
    row = AppDeviceRow(
        token.id, name, key.kind.value, _key_hash(key), key.credential_id, pin, pin_key
    )
    device = unit.insert(app_devices, row)
    outbox.queue(unit, NoticeKind.ACTIVATED, token)
    return device_of(token, device)


def pin_hash(unit: UnitOfWork, token: TokenRow, pin: str) -> bytes:
    """Give the keyed hash of a device's PIN, with the newest data key."""
    return unit.key.hash("app pin", token.serial, pin)


def renewed(unit: UnitOfWork, token: TokenRow, device: AppDeviceRow, pin: str) -> AppDeviceRow:
    """Hash a PIN that was given rightly with the newest data key, when an older one has hashed
    it."""
    if device.pin_key == unit.key.id:
        return device
    hashed = pin_hash(unit, token, pin)
    changed = device._replace(pin=hashed, pin_key=unit.key.id)
    return unit.update(app_devices, device, changed)
