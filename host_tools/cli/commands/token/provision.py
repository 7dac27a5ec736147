"""kodebrik provision: store an access key and a credential on a token, and set its clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from firmware.protocol import messages
from host_tools import interrupts, private_files
from host_tools.cli.options.credential import CredentialOptions, checked_new_file, one_source
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import InventoryFile, Operator, opened_inventory
from host_tools.cli.options.keyring import Keyring
from host_tools.cli.options.spoken_name import SpokenNameOptions
from host_tools.cli.options.token import (
    ComparisonFile,
    TokenOptions,
    authenticated,
    comparison,
    open_port,
)
from host_tools.cli.output import Json, ask_yes, can_ask, emit, say, step, warn
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.exchange import otpauth
from host_tools.link import clock, spoken_names
from host_tools.link.channel import Channel
from host_tools.link.replies import Hello
from host_tools.link.session import Session, claim_token
from host_tools.messages.catalogue import Message
from host_tools.otp import secret_text
from host_tools.otp.credential import Credential

# Seconds; a clock that is nearer than this is not set, so that its drift can be measured.
_CLOCK_TOLERANCE = 1.0

# The token's answers after which it cannot have the account.
_REFUSALS = (
    messages.ACCOUNTS_FULL,
    messages.BAD_SUITE,
    messages.TOKEN_BLOCKED,
    messages.NO_KEYPAD,
)


@option_groups
def provision(
    *,
    account: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The account's name, as the token shows it. Default: kodebrik."
        ),
    ] = None,
    options: CredentialOptions,
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
    entry: Annotated[
        str | None,
        typer.Option(
            help=(
                "With --suite: what is typed, a 'number' or a 'payment' (amount and account). "
                "Default: number."
            )
        ),
    ] = None,
    spoken: SpokenNameOptions,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Also where the token has an account of this name with another secret, which is "
            "lost then. Default: the operator is asked at the terminal.",
        ),
    ] = False,
    comparison_file: ComparisonFile = None,
    inventory_file: InventoryFile = None,
    operator: Operator = None,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Give a token a key, the time and an account; note it in the inventory.

    Key and clock are set only where the token needs them. A token without a key shows a number of 6
    digits, which is to be typed here. The secret comes from a file, standard input or --generate,
    never from the command line.
    """
    one_source(
        secret_file=options.secret_file, otpauth_file=options.otpauth_file, generate=generate
    )
    wish = spoken.wish()
    outputs = [
        path
        for path in (checked_new_file(secret_out), checked_new_file(otpauth_out))
        if path is not None
    ]
    if generate != bool(outputs):
        raise KodebrikError("secret-output-missing", ExitCode.USAGE)
    credential = options.read(account, entry)
    if otpauth_out is not None:
        otpauth.compose(credential)  # before anything is changed: not every account has such a URI
    with opened_inventory(inventory_file) as inventory, open_port(token.port) as (channel, hello):
        _check_keypad(credential, hello)
        credential = options.suited(credential, hello.product)
        session = keyed_session(channel, hello, token.keyring, comparison_file)
        fingerprint = session.fingerprint(credential)
        before = {each.name: each.fingerprint for each in session.accounts()}
        # The same secret again replaces nothing that anybody would miss.
        replaced = before.get(credential.name, fingerprint) != fingerprint
        if replaced and not replace:
            _confirm_loss(credential.name, hello, as_json)
        clock_result, clock_set_at = _clock_ready(session, credential)
        settings = session.settings()
        speaks = spoken_names.speaks(settings)
        with step(Message("provision.naming", name=credential.name)) if speaks else nullcontext():
            sent = spoken_names.send(session, credential.name, wish, settings)
        if speaks and sent.checksum is None:
            _warn_how_called(session, credential.name, list(before), sent.reason)
        with (
            _saved(credential, secret_out, otpauth_out),
            step(Message("provision.writing", name=credential.name)),
            interrupts.put_off(),  # what the token has, the inventory has
        ):
            session.put_credential(credential)
            inventory.record(
                serial=hello.serial,
                product=hello.product,
                board=hello.board,
                version=hello.version,
                credential=credential,
                fingerprint=fingerprint.hex(),
                now=time.time(),
                clock_set_at=clock_set_at,
                issuer_key=token.keyring.opened_issuer_key,
                operator=operator,
            )
            spoken_names.keep(session, credential.name, sent)
    result: dict[str, Any] = {
        "serial": hello.serial,
        "replaced": replaced,
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
        "spoken_name": sent.checksum is not None,
        "files": [str(path) for path in outputs],
    }
    lines = [
        Message(
            "provision.replaced" if replaced else "provision.done",
            product=hello.product,
            serial=hello.serial,
            name=credential.name,
        ),
        Message("provision.fingerprint", fingerprint=fingerprint.hex()),
        *(
            [Message("provision.period", seconds=credential.period)]
            if credential.period is not None
            else []
        ),
        Message("provision.clock", clock=clock_result),
        *(Message("provision.secret", path=path) for path in outputs),
    ]
    emit(as_json, result, lines)


def _warn_how_called(session: Session, name: str, held: list[str], reason: Message | None) -> None:
    """Say what a token does that has no clip for a name, and the `reason` where that was not
    wished. `held` are the names that it has."""
    if reason is not None:
        warn(reason)
    if session.info()["letters"]:
        say(Message("provision.spelled", name=name))
        return
    number = 1 + (held.index(name) if name in held else len(held))
    say(Message("provision.numbered", name=name, number=number))


def _confirm_loss(name: str, hello: Hello, as_json: bool) -> None:
    """Ask whether the secret may go that the token has for the account `name`; KodebrikError where
    nobody can be asked, or it may not."""
    exists = KodebrikError(
        "provision-account-exists",
        ExitCode.CONFLICT,
        name=name,
        product=hello.product,
        serial=hello.serial,
    )
    if can_ask(as_json):
        say(exists.message)
        if ask_yes(Message("prompt.replace", name=name)):
            return
    raise exists


def _check_keypad(credential: Credential, hello: Hello) -> None:
    """Check that a token whose account is to answer challenges has keys to type them on; TokenError
    before the token is given anything. A product that is unknown here says so itself."""
    if credential.suite is None:
        return
    from host_tools.image import image  # noqa: PLC0415 - slow to load

    if hello.product not in image.names("products"):
        return
    if "keypad" not in image.load_product(hello.product)["parts"]:
        raise TokenError(messages.NO_KEYPAD)


def keyed_session(
    channel: Channel, hello: Hello, keyring: Keyring, comparison_file: Path | None
) -> Session:
    """Open the token's link session, after giving the token its own access key if it has none
    or its factory transport key."""
    if hello.state == messages.DAMAGED:
        raise TokenError(messages.STORAGE_DAMAGED)
    if hello.key == messages.KEY_ISSUER:
        return authenticated(channel, hello, keyring)
    new_key = keyring.new_access_key(hello.serial)
    if hello.key == messages.KEY_NONE:
        session = claim_token(channel, hello, comparison(comparison_file, hello.product))
    elif keyring.has_access_key:
        session = authenticated(channel, hello, keyring)
    else:
        raise KodebrikError("token-has-factory-key", ExitCode.WRONG_KEY)
    session.set_key(messages.KEY_ISSUER, new_key)
    return session


def _clock_ready(session: Session, credential: Credential) -> tuple[str, float | None]:
    """Set the clock unless it is right within _CLOCK_TOLERANCE.

    Gives what was done, in words, and when the clock was set (Unix seconds; None without a clock
    chip, which only a credential that does not go by time may lack).
    """
    host = clock.HostClock()
    try:
        with step(Message("provision.checking-clock")):
            off, set_at = clock.off_at_most(session, host)
        if off < _CLOCK_TOLERANCE:
            return Message("provision.clock-right", seconds=off), set_at
        with step(Message("provision.setting-clock")):
            return Message("provision.clock-set"), clock.set_now(session, host)
    except TokenError as error:
        if error.number != messages.CLOCK_ABSENT or credential.by_time:
            raise
        warn(error.message)
        return Message("provision.clock-absent"), None


@contextmanager
def _saved(
    credential: Credential, secret_out: Path | None, otpauth_out: Path | None
) -> Iterator[None]:
    """Write a generated secret to its files before the token gets it; if the block fails, warn
    that the files are kept, or remove them where the token has said that it does not take it."""
    if secret_out is not None:
        private_files.write_new(
            secret_out, secret_text.encode_base32(credential.secret).encode() + b"\n"
        )
    if otpauth_out is not None:
        private_files.write_new(otpauth_out, otpauth.compose(credential).encode() + b"\n")
    try:
        yield
    except (KodebrikError, KeyboardInterrupt) as error:
        if isinstance(error, TokenError) and error.number in _REFUSALS:
            for written in (secret_out, otpauth_out):
                if written is not None:
                    written.unlink()
            raise
        for option, path in (("--secret-file", secret_out), ("--otpauth-file", otpauth_out)):
            if path is not None:
                warn(Message("provision.secret-stays", path=path, option=option))
        raise
