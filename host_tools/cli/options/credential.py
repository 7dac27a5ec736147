"""Options that describe a credential, and how a command makes one from them. No option takes the
secret itself, which would show in the list of processes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from firmware.protocol import messages
from host_tools import private_files
from host_tools.cli.output import warn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import otpauth
from host_tools.exchange.token_file import Remarks
from host_tools.otp import challenges, secret_text
from host_tools.otp.credential import Credential, check_choice, check_counter, check_name
from host_tools.secret import Secret

DEFAULT_NAME = "kodebrik"  # of an account
_PERIODS = {"kodeoplaeser": messages.PERIODS[1]}  # seconds, by product; others: PERIODS[0]

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
    int | None,
    typer.Option(
        help="Seconds that a code is shown: 30 or 60. Default: 30; provision: 60 on a kodeoplæser."
    ),
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


@dataclass(frozen=True)
class CredentialOptions:
    """The options that describe a credential; where one is None, its default or file decides."""

    secret_file: SecretFile = None
    otpauth_file: OtpauthFile = None
    algorithm: Algorithm = None
    digits: Digits = None
    period: Period = None
    counter: Counter = None
    suite: Suite = None

    def read(self, name: str | None, entry: str | None) -> Credential:
        """Make the credential; without a file its secret is drawn at random.

        `name` overrides the label of an otpauth URI; `entry` is what the token asks for with a
        suite. KodebrikError for options that do not go together.
        """
        self._check(name)
        if self.suite is None and entry is not None:
            raise KodebrikError("entry-without-suite", ExitCode.USAGE)
        if self.otpauth_file is not None:
            said = (self.algorithm, self.digits, self.period, self.counter, self.suite)
            if any(value is not None for value in said):
                raise KodebrikError("otpauth-with-parameters", ExitCode.USAGE)
            remarks = Remarks()
            uri = private_files.read_text(self.otpauth_file, warn)
            credential = otpauth.parse(uri, name, remarks)
            for warning in remarks.warnings:
                warn(warning)
            return credential
        if self.suite is not None:
            return self._ocra(self.suite, name, entry or messages.ENTRIES[0])
        algorithm = _algorithm(self.algorithm)
        if self.period is not None and self.counter is not None:
            raise KodebrikError("account-time-and-counter", ExitCode.USAGE)
        period = self.period
        if self.counter is None and period is None:
            period = messages.PERIODS[0]
        return Credential(
            name or DEFAULT_NAME,
            _secret(self.secret_file, algorithm),
            algorithm,
            self.digits or messages.DIGITS[0],
            period,
            self.counter,
        )

    def _check(self, name: str | None) -> None:
        """Raise KodebrikError for a value on the command line that no token can store."""
        try:
            if name is not None:
                check_name(name)
            if self.counter is not None:
                check_counter(self.counter)
            for identifier, value, allowed in (
                ("account-digits", self.digits, messages.DIGITS),
                ("account-period", self.period, messages.PERIODS),
            ):
                if value is not None:
                    check_choice(identifier, value, allowed)
        except KodebrikError as error:
            raise KodebrikError(
                error.identifier, ExitCode.USAGE, **error.message.arguments
            ) from None

    def suited(self, credential: Credential, product: str) -> Credential:
        """Give what read() gave with the period that the product has by default, unless an option
        or a file says one.

        A code that is read aloud takes its listener longer than one that is copied at a glance.
        """
        said = self.period is not None or self.otpauth_file is not None
        if said or credential.suite is not None or credential.period is None:
            return credential
        return replace(credential, period=_PERIODS.get(product, credential.period))

    def _ocra(self, suite: str, name: str | None, entry: str) -> Credential:
        if any(value is not None for value in (self.algorithm, self.digits, self.period)):
            raise KodebrikError("suite-with-parameters", ExitCode.USAGE)
        secret = _secret(self.secret_file, challenges.suite(suite, entry).algorithm)
        return Credential(
            name or DEFAULT_NAME,
            secret,
            period=None,
            counter=self.counter,
            suite=suite,
            entry=entry,
        )


def one_source(**given: object) -> None:
    """Raise KodebrikError unless exactly one of the options, by parameter name, was given."""
    if sum(value not in (None, False) for value in given.values()) != 1:
        names = ", ".join("--" + name.replace("_", "-") for name in given)
        raise KodebrikError("secret-one-source", ExitCode.USAGE, names=names)


def _secret(secret_file: str | None, algorithm: str) -> Secret:
    if secret_file is None:
        return secret_text.generate(algorithm)
    return secret_text.parse(private_files.read_text(secret_file, warn))


def _algorithm(text: str | None) -> str:
    algorithm = (text or "SHA1").upper().replace("-", "")
    if algorithm not in messages.ALGORITHMS:
        raise KodebrikError(
            "algorithm-unknown",
            ExitCode.USAGE,
            algorithm=str(text),
            choices=", ".join(messages.ALGORITHMS),
        )
    return algorithm


def checked_new_file(path: Path | None) -> Path | None:
    """Give `path` back; KodebrikError when it exists or could not be written."""
    if path is not None:
        private_files.check_new(path)
    return path
