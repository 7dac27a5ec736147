"""kodebrik provision: give a token its key, the time and a credential."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from firmware.protocol import messages
from host_tools import private_files
from host_tools.cli.commands.inventory import InventoryFile, opened_inventory
from host_tools.cli.options.credential import (
    Algorithm,
    Counter,
    Digits,
    OtpauthFile,
    Period,
    SecretFile,
    Suite,
    new_file,
    one_source,
    read_credential,
)
from host_tools.cli.options.keyring import Keyring
from host_tools.cli.options.token import (
    AccessKeyFile,
    ComparisonFile,
    KeyFile,
    PassphraseFile,
    Port,
    comparison,
    opened,
    token,
)
from host_tools.cli.output import Json, emit, step, warn
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.exchange import otpauth
from host_tools.link import clock
from host_tools.link.channel import Channel
from host_tools.link.replies import Hello
from host_tools.link.session import Session, claim_token
from host_tools.otp import secret_text
from host_tools.otp.credential import Credential

_CLOCK_TOLERANCE = (
    1.0  # seconds; a clock nearer than this keeps running, so that its drift can be measured
)


def provision(
    account: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The account's name, as the token shows it. Default: kodebrik."
        ),
    ] = None,
    secret_file: SecretFile = None,
    otpauth_file: OtpauthFile = None,
    generate: Annotated[
        bool, typer.Option("--generate", help="Draw a new secret at random.")
    ] = False,
    secret_out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --generate: new file for the secret as base32."),
    ] = None,
    otpauth_out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="With --generate: new file for the secret as otpauth:// URI."
        ),
    ] = None,
    algorithm: Algorithm = None,
    digits: Digits = None,
    period: Period = None,
    counter: Counter = None,
    suite: Suite = None,
    entry: Annotated[
        str | None,
        typer.Option(
            help=(
                "With --suite: what is typed, a 'number' or a 'payment' (amount and account). "
                "Default: number."
            )
        ),
    ] = None,
    comparison_file: ComparisonFile = None,
    inventory_file: InventoryFile = None,
    port: Port = None,
    key_file: KeyFile = None,
    access_key_file: AccessKeyFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Give a token a key, the time and an account; note it in the inventory.

    Key and clock are set only where the token needs them. A token without a key shows a number of 6
    digits, which is to be typed here. The secret comes from a file, standard input or --generate,
    never from the command line.
    """
    one_source(secret_file=secret_file, otpauth_file=otpauth_file, generate=generate)
    outputs = [path for path in (new_file(secret_out), new_file(otpauth_out)) if path is not None]
    if generate != bool(outputs):
        raise KodebrikError(
            "A generated secret must go to a file, and only a generated one does.",
            "Give --generate together with --secret-out or --otpauth-out, or none of them.",
            ExitCode.USAGE,
        )
    credential = read_credential(
        secret_file, otpauth_file, account, algorithm, digits, period, counter, suite, entry
    )
    if otpauth_out is not None:
        otpauth.compose(credential)  # before anything is changed: not every account has such a URI
    keyring = Keyring(key_file, access_key_file, passphrase_file)
    with opened_inventory(inventory_file) as inventory, token(port) as (channel, hello):
        talk = keyed_session(channel, hello, keyring, comparison_file)
        clock_result, clock_set_at = _clock_ready(talk, credential)
        with (
            _saved(credential, secret_out, otpauth_out),
            step(f"Writing the account {credential.name}"),
        ):
            fingerprint = talk.put_credential(credential)
        inventory.record(
            serial=hello.serial,
            product=hello.product,
            board=hello.board,
            version=hello.version,
            credential=credential,
            fingerprint=fingerprint.hex(),
            now=time.time(),
            clock_set_at=clock_set_at,
            issuer_key=keyring.opened_issuer_key,
        )
    result: dict[str, Any] = {
        "serial": hello.serial,
        "account": credential.name,
        "kind": credential.kind,
        "algorithm": credential.algorithm,
        "digits": credential.digits,
        "period": credential.period,
        "counter": credential.counter,
        "suite": credential.suite,
        "entry": credential.entry if credential.suite else None,
        "fingerprint": fingerprint.hex(),
        "clock": clock_result,
        "files": [str(path) for path in outputs],
    }
    lines = [
        f"The {hello.product} {hello.serial} now has the account {credential.name}.",
        f"Fingerprint: {fingerprint.hex()}, checked",
        f"Clock: {clock_result}",
        *(f"Secret written to {path}" for path in outputs),
    ]
    emit(as_json, result, lines)


def keyed_session(
    channel: Channel, hello: Hello, keyring: Keyring, comparison_file: Path | None
) -> Session:
    """Open the token's session, and see to it that the token holds its own key."""
    if hello.state == messages.DAMAGED:
        raise TokenError(messages.STORAGE_DAMAGED)
    if hello.key == messages.KEY_ISSUER:
        return opened(channel, hello, keyring)
    new_key = keyring.new_access_key(hello.serial)
    if hello.key == messages.KEY_NONE:
        talk = claim_token(channel, hello, comparison(comparison_file, hello.product))
    elif keyring.has_access_key:
        talk = opened(channel, hello, keyring)
    else:
        raise KodebrikError(
            "The token still holds its factory transport key.",
            "Give that key with --access-key-file; the token then gets its own.",
            ExitCode.WRONG_KEY,
        )
    talk.set_key(messages.KEY_ISSUER, new_key)
    return talk


def _clock_ready(talk: Session, credential: Credential) -> tuple[str, float | None]:
    """Have the clock right; say how it is, and when it was set (Unix seconds; None: there is
    none)."""
    times = clock.Times()
    try:
        with step("Checking the clock"):
            off, set_at = _clock_off(talk, times)
        if off < _CLOCK_TOLERANCE:
            return f"right within {off:.3f} s", set_at
        with step("Setting the clock"):
            return "set", clock.set_now(talk, times)
    except TokenError as error:
        if error.number != messages.CLOCK_ABSENT or credential.by_time:
            raise
        warn(error.message)
        return "absent; the account does without it", None


def _clock_off(talk: Session, times: clock.Times) -> tuple[float, float]:
    """Give the seconds by which the clock may be off, and when it was set; infinite when it tells
    no time of ours."""
    try:
        reading, offset = clock.measure(talk, times)
    except TokenError as error:
        if error.number != messages.CLOCK_LOST:
            raise
        return float("inf"), 0.0
    return abs(offset.seconds) + offset.uncertainty if reading.set_at else float(
        "inf"
    ), reading.set_at


@contextmanager
def _saved(
    credential: Credential, secret_out: Path | None, otpauth_out: Path | None
) -> Iterator[None]:
    """Have a generated secret on disk before the token gets it; when that fails, say that it is
    kept."""
    if secret_out is not None:
        private_files.write_new(
            secret_out, secret_text.encode_base32(credential.secret).encode() + b"\n"
        )
    if otpauth_out is not None:
        private_files.write_new(otpauth_out, otpauth.compose(credential).encode() + b"\n")
    try:
        yield
    except KodebrikError:
        for option, path in (("--secret-file", secret_out), ("--otpauth-file", otpauth_out)):
            if path is not None:
                warn(
                    f"The secret stays in {path}, for the token may have it: try again with "
                    f"{option} {path}"
                )
        raise
