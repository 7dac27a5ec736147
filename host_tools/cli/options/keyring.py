"""Where the commands get keys and passphrases: files, the environment and the operator, never the
command line."""

import os
import sys
from pathlib import Path

import platformdirs
import typer

from host_tools import private_files
from host_tools.cli.output import step, warn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.provisioning import access_key, issuer_key_file
from host_tools.secret import Secret


class Keyring:
    """The keys that one command may use; each is read when it is first needed."""

    def __init__(
        self, key_file: Path | None, access_key_file: Path | None, passphrase_file: Path | None
    ) -> None:
        """Each path as the option of that name gave it."""
        self._key_file = key_file
        self._access_key_file = access_key_file
        self._passphrase_file = passphrase_file
        self._issuer_key: Secret | None = None

    @property
    def available(self) -> bool:
        """Say whether there is any key to try."""
        named = self._access_key_file or self._key_file or "KODEBRIK_ISSUER_KEY" in os.environ
        return bool(named) or default_key_file().exists()

    @property
    def has_access_key(self) -> bool:
        """Say whether the token's own key was given."""
        return self._access_key_file is not None

    def access_key(self, serial: str) -> Secret:
        """Give the access key to open the token `serial` with: its own file's, else derived from
        the issuer key."""
        if self._access_key_file is None:
            return access_key.derive(self.issuer_key(), serial)
        text = private_files.read_text(str(self._access_key_file), warn)
        return access_key.parse_hex(text, str(self._access_key_file))

    def new_access_key(self, serial: str) -> Secret:
        """Give the access key that a token is to get: derived from the issuer key where there is
        one."""
        only_own = self.has_access_key and not Keyring(self._key_file, None, None).available
        return self.access_key(serial) if only_own else access_key.derive(self.issuer_key(), serial)

    def issuer_key(self) -> Secret:
        """Give the issuer key, from the environment or the key file."""
        if self._issuer_key is None:
            self._issuer_key = self._read_issuer_key()
        return self._issuer_key

    @property
    def opened_issuer_key(self) -> Secret | None:
        """The issuer key where this command has needed it already, else None: nobody is asked for
        it."""
        return self._issuer_key

    def _read_issuer_key(self) -> Secret:
        text = os.environ.get("KODEBRIK_ISSUER_KEY")
        if text is not None:
            return access_key.parse_hex(
                text.strip(), "The environment variable KODEBRIK_ISSUER_KEY"
            )
        path = self._key_file or default_key_file()
        if self._key_file is None and not path.exists():
            raise KodebrikError(
                "There is no issuer key.",
                "Make one with 'kodebrik keys create', or name yours with --key-file or "
                "KODEBRIK_ISSUER_KEY.",
                ExitCode.WRONG_KEY,
            )
        content = private_files.read(str(path), warn)
        phrase = passphrase(self._passphrase_file, f"Passphrase of {path}")
        with step("Opening the issuer key"):
            return issuer_key_file.unseal(content, phrase)


def default_key_file() -> Path:
    """Give the path of the issuer key file when none is named."""
    return Path(platformdirs.user_config_dir("kodebrik")) / "issuer.key"


def passphrase(path: Path | None, question: str, twice: bool = False) -> Secret:
    """Give a passphrase from `path`, KODEBRIK_PASSPHRASE or the operator, who types a new one
    `twice`."""
    if path is not None:
        text = private_files.read_text(str(path), warn)
    elif "KODEBRIK_PASSPHRASE" in os.environ:
        text = os.environ["KODEBRIK_PASSPHRASE"]
    elif sys.stdin.isatty():
        text = typer.prompt(question, hide_input=True, confirmation_prompt=twice, err=True)
    else:
        raise KodebrikError(
            "The issuer key file needs its passphrase.",
            "Run in a terminal, or give it with --passphrase-file or KODEBRIK_PASSPHRASE.",
            ExitCode.WRONG_KEY,
        )
    return Secret(text.encode())
