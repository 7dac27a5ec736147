"""Options that describe a credential, and how a command makes one of them. No option takes the
secret itself."""

from pathlib import Path
from typing import Annotated

import typer

from firmware.protocol import messages
from host_tools import private_files
from host_tools.cli.output import warn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import otpauth
from host_tools.otp import challenges, secret_text
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

SecretFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="File with the secret as base32 or hexadecimal text; '-' is standard input.",
    ),
]
OtpauthFile = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="File with an otpauth:// URI; '-' is standard input."),
]
Algorithm = Annotated[
    str | None, typer.Option(help=f"Hash: {', '.join(messages.ALGORITHMS)}. Default: SHA1.")
]
Digits = Annotated[int | None, typer.Option(help="Digits of a code: 6, 7 or 8. Default: 6.")]
Period = Annotated[
    int | None, typer.Option(help="Seconds that a code is valid: 30 or 60. Default: 30.")
]
Counter = Annotated[
    int | None, typer.Option(help="Codes by a counter (HOTP) that starts here, instead of by time.")
]

Suite = Annotated[
    str | None,
    typer.Option(
        metavar="SUITE",
        help="Answers to challenges (OCRA), such as OCRA-1:HOTP-SHA1-6:QN08; kodeoplæser.",
    ),
]


def one_source(**given: object) -> None:
    """Raise KodebrikError unless exactly one of the named options was given."""
    if sum(value not in (None, False) for value in given.values()) != 1:
        names = ", ".join("--" + name.replace("_", "-") for name in given)
        raise KodebrikError(
            "The secret must come from exactly one place.", f"Give one of {names}.", ExitCode.USAGE
        )


def read_credential(
    secret_file: str | None,
    otpauth_file: str | None,
    name: str | None,
    algorithm: str | None,
    digits: int | None,
    period: int | None,
    counter: int | None,
    suite: str | None = None,
    entry: str | None = None,
) -> Credential:
    """Make the credential that the options describe; with neither file its secret is drawn at
    random."""
    if suite is None and entry is not None:
        raise KodebrikError(
            "Only an account with a suite is asked.",
            "Give --suite, or leave it out.",
            ExitCode.USAGE,
        )
    if otpauth_file is not None:
        if any(value is not None for value in (algorithm, digits, period, counter, suite)):
            raise KodebrikError(
                "An otpauth URI gives its parameters itself.",
                "Leave out --algorithm, --digits, --period, --counter and --suite.",
                ExitCode.USAGE,
            )
        return otpauth.parse(private_files.read_text(otpauth_file, warn), name)
    if suite is not None:
        return _answering(
            secret_file,
            name,
            (algorithm, digits, period),
            counter,
            suite,
            entry or messages.ENTRIES[0],
        )
    algorithm = _algorithm(algorithm)
    if period is not None and counter is not None:
        raise KodebrikError(
            "Codes go by time or by a counter.", "Give --period or --counter.", ExitCode.USAGE
        )
    secret = _secret(secret_file, algorithm)
    if counter is None and period is None:
        period = messages.PERIODS[0]
    return Credential(
        name or "kodebrik", secret, algorithm, digits or messages.DIGITS[0], period, counter
    )


def _answering(
    secret_file: str | None,
    name: str | None,
    said: tuple[object, ...],
    counter: int | None,
    suite: str,
    entry: str,
) -> Credential:
    if any(value is not None for value in said):
        raise KodebrikError(
            "A suite says hash, digits and time itself.",
            "Leave out --algorithm, --digits and --period.",
            ExitCode.USAGE,
        )
    secret = _secret(secret_file, challenges.suite(suite, entry).algorithm)
    return Credential(
        name or "kodebrik", secret, period=None, counter=counter, suite=suite, entry=entry
    )


def _secret(secret_file: str | None, algorithm: str) -> Secret:
    if secret_file is None:
        return secret_text.generate(algorithm)
    return secret_text.parse(private_files.read_text(secret_file, warn))


def _algorithm(text: str | None) -> str:
    algorithm = (text or "SHA1").upper().replace("-", "")
    if algorithm not in messages.ALGORITHMS:
        raise KodebrikError(
            f"A token has no algorithm {text}.",
            f"Choose one of: {', '.join(messages.ALGORITHMS)}.",
            ExitCode.USAGE,
        )
    return algorithm


def new_file(path: Path | None) -> Path | None:
    """Give back the path of a file to be written, after checking that it can be."""
    if path is not None:
        private_files.check_new(path)
    return path
