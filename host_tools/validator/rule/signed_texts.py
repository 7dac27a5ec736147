"""What app devices sign: lists of texts as bytes that no other list has (docs/app.md).

Each text is written as its length in bytes (four, big-endian) and its UTF-8; the first one names
the purpose.
"""

from collections.abc import Iterable

from host_tools.validator.app_records import Answer, AppAct, WaitingApproval

_APPROVAL = "kodebrik-approval-1"
_PRACTICE = "kodebrik-practice-1"  # never taken for an approval
_SESSION = "kodebrik-session-1"
_ANEW = {
    AppAct.NEW_DEVICE: "kodebrik-new-device-1",
    AppAct.REMOVE_DEVICE: "kodebrik-remove-device-1",
    AppAct.NOTICES: "kodebrik-notices-1",
    AppAct.LIFT_REPORT: "kodebrik-lift-report-1",
}
_ACTIVATION = "kodebrik-activation-1"


def encode(texts: Iterable[str]) -> bytes:
    """Write texts one after the other, each after its length."""
    encoded = [text.encode() for text in texts]
    return b"".join(len(one).to_bytes(4, "big") + one for one in encoded)


def answer(given: Answer, asked: WaitingApproval, *, practice: bool = False) -> bytes:
    """Give what a device signs to answer an approval."""
    return encode(
        [
            _PRACTICE if practice else _APPROVAL,
            given.device,
            str(given.counter),
            given.decision,
            given.digits,
            asked.id,
            asked.nonce,
            asked.party,
            asked.party_name,
            asked.user_id,
            asked.kind,
            asked.text,
            asked.amount,
            asked.currency,
            asked.account,
            asked.place,
            str(asked.created_at),
        ]
    )


def session(challenge: str, device: str, counter: int) -> bytes:
    """Give what a device signs to open a session."""
    return encode([_SESSION, challenge, device, str(counter)])


def anew(act: AppAct, challenge: str, device: str, counter: int, *what: str) -> bytes:
    """Give what a device signs for an act inside its session: which device it removes, what it
    chooses, or which report it lifts."""
    return encode([_ANEW[act], challenge, device, str(counter), *what])


def activation(challenge: str, user_id: str, name: str, public_key: str) -> bytes:
    """Give what a new device signs; `public_key` as base64url, empty when the authenticator makes
    it."""
    return encode([_ACTIVATION, challenge, user_id, name, public_key])
