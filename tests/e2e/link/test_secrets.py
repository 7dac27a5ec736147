"""A known secret is provisioned by the real commands; then all output and files are searched for
it."""

import base64
import json
import os
import stat
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import pyotp
import pytest

from emulator.session import Emulator
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.support.emulated.token import START, TokenUnderTest, digits
from tests.support.limits import REAL_LIMIT

MARK = b"MARKED-SECRET-12345!"
ISSUER_KEY = b"MARKED-ISSUER-KEY-0123456789abcd"
PASSPHRASE = "MARKED-PASSPHRASE correct horse"
KODEBRIK = str(Path(sys.executable).with_name("kodebrik"))


def spellings(secret: bytes) -> list[bytes]:
    """Return the encodings of a secret: raw, hex, base32, base64, the inside of a Python
    literal."""
    forms = [
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b32encode(secret).rstrip(b"="),
    ]
    return [
        *forms,
        base64.b32encode(secret).rstrip(b"=").lower(),
        base64.b64encode(secret).rstrip(b"="),
    ]


MARKS = [form for secret in (MARK, ISSUER_KEY, PASSPHRASE.encode()) for form in spellings(secret)]


def leaks(content: bytes) -> list[bytes]:
    """Return the marks found in `content`."""
    return [mark for mark in MARKS if mark in content]


class ArgvWatch:
    """Polls the command lines of all processes while a block runs.

    Ten times a second: any command lives longer, and the emulated token shares this process.
    """

    def __enter__(self) -> "ArgvWatch":
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    self.seen.add((process / "cmdline").read_bytes())
                except OSError:  # the process has ended meanwhile
                    continue


class Operator:
    """Runs commands as a person does, and types the number that the token shows."""

    def __init__(self, emulator: Emulator, home: Path) -> None:
        self.emulator, self.home = emulator, home
        self.output = b""
        self.port = emulator.open_pty(home / "token.port")
        names = {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
        }
        self.environment = {**os.environ, **names, "KODEBRIK_PORT": self.port}

    def run(self, *arguments: str, typed: str | None = None, code: int = 0) -> bytes:
        """Run one command; with `typed` "number", answer its question with what the display
        shows."""
        process = subprocess.Popen(
            [KODEBRIK, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            cwd=self.home,
        )
        answer = None
        if typed == "number":
            answer = self._number(process).encode() + b"\n"
        elif typed is not None:
            answer = typed.encode()
        output, _ = process.communicate(answer, timeout=REAL_LIMIT)
        self.output += output
        assert process.returncode == code, output.decode()
        return output

    def _number(self, process: subprocess.Popen) -> str:
        deadline = time.monotonic() + REAL_LIMIT
        while time.monotonic() < deadline and process.poll() is None:
            try:
                return digits(self.emulator.screen_text())
            except AssertionError:
                time.sleep(0.02)
        raise AssertionError("the token shows no number")


@pytest.fixture
def operator(image, tmp_path):
    """An operator with a home folder and a new token, which runs in step with real time."""
    home = tmp_path / "home"
    home.mkdir()
    with Emulator(state=tmp_path / "token", image=image, time=time.time()) as emulator:
        operator = Operator(emulator, home)
        with emulator.serving():
            yield operator


@pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="argv of other processes is read from /proc"
)
def test_no_secret_in_output_argv_or_any_file_that_others_may_read(operator, tmp_path):
    secret_file = operator.home / "bank.secret"
    secret_file.write_bytes(base64.b32encode(MARK) + b"\n")
    secret_file.chmod(0o600)
    passphrase_file = operator.home / "passphrase"
    passphrase_file.write_text(PASSPHRASE)
    passphrase_file.chmod(0o600)
    keys = ("--key-file", "issuer.key", "--passphrase-file", "passphrase")
    source = ("--secret-file", "bank.secret")
    with ArgvWatch() as watch:
        operator.run(
            "keys", "create", "--key-file", "issuer.key", "--passphrase-file", "passphrase"
        )
        operator.run("provision", *keys, *source, "--account", "Bank", typed="number")
        operator.run("provision", *keys, *source, "--account", "Bank")
        operator.run("provision", *keys, "--secret-file", "-", "--account", "Two", typed=MARK.hex())
        operator.run("accounts", "list", *keys)
        operator.run("accounts", "list", "--json", *keys)
        operator.run("info", *keys)
        operator.run("selftest", *keys)
        operator.run("code", *source)
        # Commands that fail, as an error message could contain the secret.
        operator.run(
            "provision", *keys, "--secret-file", "-", "--account", "X", typed="M" * 5 + "!!", code=3
        )
        operator.run("provision", *keys, *source, "--account", "x" * 40, code=2)
        os.environ.pop("KODEBRIK_ISSUER_KEY", None)
        operator.environment["KODEBRIK_ISSUER_KEY"] = ISSUER_KEY.hex()
        operator.run("info", code=14)
    operator.emulator.press()
    assert digits(operator.emulator.screen_text())
    assert not leaks(operator.output)
    assert not leaks(b"\n".join(watch.seen))
    assert any(b"provision" in line for line in watch.seen), "the watch saw the commands"
    operator.emulator.save()
    own = {secret_file, passphrase_file}
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path not in own]
    assert {"flash.bin", "issuer.key"} <= {path.name for path in files}
    for path in files:
        assert not leaks(path.read_bytes()), f"{path.name} holds a secret in clear"
    for path in (operator.home / "issuer.key", tmp_path / "token" / "flash.bin"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, f"{path.name} is readable by others"


def test_generated_secret_lands_in_a_file_for_its_owner_alone(operator):
    operator.environment["KODEBRIK_ISSUER_KEY"] = ISSUER_KEY.hex()
    operator.run(
        "provision", "--generate", "--secret-out", "new.secret", "--account", "Bank", typed="number"
    )
    written = operator.home / "new.secret"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert written.read_bytes().strip() not in operator.output
    assert not leaks(operator.output)
    codes = pyotp.TOTP(written.read_text().strip())
    began = time.time()
    told = json.loads(operator.run("code", "--json", "--secret-file", "new.secret"))["code"]
    assert told in (codes.at(began), codes.at(time.time()))
    pressed = operator.emulator.rtc_time
    operator.emulator.press()
    shown = digits(operator.emulator.screen_text())
    assert shown in (codes.at(pressed), codes.at(operator.emulator.rtc_time))


def test_no_secret_in_a_repr_or_traceback(kodeviser: TokenUnderTest):
    credential = Credential("Bank", Secret(MARK))
    session = kodeviser.provision(credential)
    things = [
        credential,
        credential.secret,
        session,
        session.accounts(),
        vars(session),
        kodeviser.emulator,
    ]
    assert not leaks(repr(things).encode())
    try:
        raise RuntimeError(credential, session)
    except RuntimeError:
        assert not leaks(traceback.format_exc().encode())


@pytest.mark.clause("life: secrets")
def test_no_secret_in_the_flash_of_a_token(kodeviser: TokenUnderTest, tmp_path):
    kodeviser.provision(Credential("Bank", Secret(MARK)))
    kodeviser.emulator.save()
    content = (tmp_path / "token" / "flash.bin").read_bytes()
    assert b"main.py" in content
    assert not leaks(content)


def test_the_search_finds_every_spelling_of_a_secret():
    assert all(leaks(b"before " + mark + b" after") for mark in MARKS)
    assert START
