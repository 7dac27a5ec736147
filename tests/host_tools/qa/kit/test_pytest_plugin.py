"""A tester's own tests, run by pytest with the plug-in: what they see, and how they fail."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from emulator.session import Emulator
from host_tools.exchange import otpauth
from host_tools.image.image import build_image
from host_tools.otp.credential import Credential
from host_tools.otp.secret_text import generate
from tests.support.command_line.files import private
from tests.support.emulated.token import TokenUnderTest, code_of
from tests.support.limits import REAL_LIMIT

ROOT = Path(__file__).parents[4]
PYTEST = [sys.executable, "-m", "pytest", "-p", "kodebrik.pytest_plugin", "-p", "no:cacheprovider"]


def environment() -> dict[str, str]:
    """The plug-in is named, so that it is this folder's and not one that is installed."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": path}


def run(folder: Path, tests: str, *options: str) -> str:
    """Run a file of tests in a folder of its own; give what pytest printed."""
    (folder / "test_own.py").write_text(tests)
    command = [*PYTEST, "-rs", *options, "test_own.py"]
    done = subprocess.run(
        command, cwd=folder, env=environment(), check=False, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_a_test_that_fails_says_what_the_server_answered(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        """
def test_replay(kodeviser, validator):
    validator.enrol(kodeviser)
    validator.assert_accepted(kodeviser)
    validator.assert_accepted(kodeviser)

def test_reason(kodeviser, validator, clock):
    validator.enrol(kodeviser)
    kodeviser.press()
    clock.advance(300)
    validator.assert_refused(kodeviser, reason="replay")

def test_accepted(kodeviser, validator):
    validator.enrol(kodeviser)
    validator.assert_refused(kodeviser)

def test_unknown(kodeviser, validator):
    validator.check(kodeviser)
""",
    )
    assert "4 failed" in printed
    assert re.search(r"the code \d{3} \d{3} of <kodeviser \S+> was refused: replay", printed)
    assert re.search(r"the code \d{3} \d{3} of <kodeviser \S+> was refused: late, not", printed)
    assert re.search(r"the code \d{3} \d{3} of <kodeviser \S+> was accepted", printed)
    assert "is not enrolled: call enrol() first" in printed


def test_tokens_and_server_share_one_time(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        """
def test_a_token_lives_while_time_passes(kodeviser, clock):
    kodeviser.press()
    assert kodeviser.shown()
    clock.advance(300)
    assert kodeviser.shown() == []
    assert abs(kodeviser.emulator.now - clock.now) < 0.1

def test_two_tokens(make_token, validator, clock):
    first, second = make_token("kodeviser"), make_token("kodeviser", digits=8, period=60)
    validator.enrol(first, "anna.jensen")
    validator.enrol(second, "bo.lund")
    began = clock.now
    for _ in range(3):
        for token in (first, second):
            validator.assert_accepted(token, token.next_code())
    assert len(second.code()) == 8
    assert clock.now - began < 400
    validator.withdraw(first)

def test_counted_codes(make_token, validator):
    token = make_token("kodeviser", counter=5)
    validator.enrol(token)
    codes = [token.code(), token.next_code()]
    assert codes == [token.credential.code(0), codes[1]]
    validator.assert_accepted(token)
""",
    )
    assert "3 passed" in printed, printed


def test_a_token_that_was_withdrawn_is_refused_by_the_server(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        """
def test_withdrawn(kodeviser, validator):
    validator.enrol(kodeviser)
    kodeviser.press()
    validator.withdraw(kodeviser)
    validator.assert_refused(kodeviser, reason="unknown_user")
""",
    )
    assert "1 passed" in printed, printed


def test_what_a_token_says_in_place_of_a_code_is_heard(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        """
def test_stopped(kodeoplaeser):
    kodeoplaeser.emulator.remove_rtc_supply()
    assert "Uret er stoppet." in kodeoplaeser.heard()
""",
    )
    assert "1 passed" in printed, printed


MISTAKES = {
    'make_token("kodeviser", algorithm="sha256")': "algorithm",
    'make_token("kodeviser", language="fr")': "da, en",
    'make_token("kodelytter")': "Choose one of: kodeoplaeser, kodeviser.",
    'make_token("kodeoplaeser", suite="OCRA-1:HOTP-SHA1-6:QN08", digits=6)': "suite says digits",
    "clock.advance(-60)": "Time does not go back by 60 s.",
    'kodeviser.answer("1234")': "answers no challenges: its account has no suite",
}


def test_mistakes_are_told_in_words(tmp_path: Path) -> None:
    tests = "".join(
        f"def test_{number}(make_token, clock, kodeviser):\n    {mistake}\n"
        for number, mistake in enumerate(MISTAKES)
    )
    printed = run(tmp_path, tests)
    assert f"{len(MISTAKES)} failed" in printed
    assert not [said for said in MISTAKES.values() if said not in printed]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kodebrik-port", "/dev/nothing"), "--kodebrik-account"),
        (("--kodebrik-account", "x"), "Name the port as --kodebrik-port"),
        (("--kodebrik-port", "/dev/nothing", "--kodebrik-account", "x"), "/dev/nothing"),
    ],
)
def test_what_is_wrong_with_the_options_is_said(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    printed = run(tmp_path, "def test_a(kodeviser):\n    kodeviser.press()\n", *options)
    assert said in printed
    assert "Traceback" not in printed


def test_the_same_test_runs_on_a_real_token(tmp_path: Path) -> None:
    credential = Credential("bank", generate("SHA1"))
    account = private(tmp_path / "account.txt", otpauth.compose(credential))
    (tmp_path / "test_own.py").write_text(
        """
def test_a_code_is_good_once(kodeviser, validator):
    validator.enrol(kodeviser)
    kodeviser.press()
    validator.assert_accepted(kodeviser)
    validator.assert_refused(kodeviser, reason="replay")

def test_what_it_shows(kodeviser):
    kodeviser.press()
    kodeviser.emulator.unplug()

def test_another_product(kodeoplaeser):
    kodeoplaeser.press()

def test_nobody_is_there(kodeviser):
    kodeviser.press()
"""
    )
    with Emulator(
        state=tmp_path / "token", image=build_image("kodeviser", "pico"), time=time.time()
    ) as emulator:
        TokenUnderTest(emulator).provision(credential)
        port = emulator.open_pty(tmp_path / "port")
        options = ["-rs", "--color=no", "--kodebrik-port", str(port), "--kodebrik-account", account]
        with emulator.serving():
            person = pexpect.spawn(
                PYTEST[0],
                [*PYTEST[1:], *options, "test_own.py"],
                cwd=str(tmp_path),
                env=environment(),
                encoding="utf-8",
                timeout=REAL_LIMIT,
            )
            for _ in range(2):
                person.expect("Press the kodeviser[^:]*: ")
                person.sendline(code_of(emulator))
            person.sendeof()  # before the question, as somebody who has to go would
            person.expect(pexpect.EOF)
    assert "1 failed, 1 passed, 2 skipped" in person.before
    assert "nobody answers: standard input has ended." in person.before
    assert "Run the tests at a terminal and in one process" in person.before
    assert "A real token cannot do this by itself." in person.before
    assert f"The token on {port} is a kodeviser." in person.before
