"""The library of Robot Framework: its keywords pass and fail as they say, and each is described."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from robot.libdoc import LibraryDocumentation

from kodebrik.robot import Kodebrik

ROOT = Path(__file__).parents[4]
SUITE = """
*** Settings ***
Library    kodebrik.robot.Kodebrik

*** Test Cases ***
Keys And Display
    Start Kodeoplaeser    language=en
    Display Should Be Dark
    Press
    Should Have Said    The code is
    Plug In Headset
    Press Key    red    *
    Unplug Headset
    Hold Button    1
    Set Battery    2600
    Set Clock Drift    20
    Take Picture    ${OUTPUT DIR}/display.png

Two Tokens
    Start Validator
    Start Kodeviser    first
    Enrol    anna.jensen
    Start Token    kodeviser    second    digits=${8}    period=${60}
    Enrol    bo.lund
    ${code} =    Get Next Code
    Length Should Be    ${code}    8
    Code Should Be Accepted    ${code}
    Use Token    first
    ${code} =    Get Code
    Let Time Pass    90
    Code Should Be Refused    reason=late

Nothing Is Left Of The Test Before
    Press

Wrong Phrase
    Start Kodeoplaeser    language=en
    Press
    Should Have Said    Goodbye

Wrong Display
    Start Kodeviser
    Press
    Display Should Show    000000 000000

Accepted Though It Should Not Be
    Start Validator
    Start Kodeviser
    Enrol    anna.jensen
    Code Should Be Refused

No Headset
    Start Kodeviser
    Plug In Headset

No Such Product
    Start Token    kodelytter

No Such Key
    Start Kodeoplaeser
    Press Key    green

No Such Reason
    Start Validator
    Start Kodeviser
    Enrol    anna.jensen
    Code Should Be Refused    000000    reason=bananas

No Challenge
    Start Token    kodeoplaeser    entry=payment

No Server
    Start Kodeviser
    Enrol    anna.jensen
"""


def test_keywords_pass_and_fail(tmp_path: Path) -> None:
    (tmp_path / "own.robot").write_text(SUITE)
    command = [sys.executable, "-m", "robot", "--output", "output.xml", "own.robot"]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        check=False,
        capture_output=True,
    )
    said = {
        test.attrib["name"]: (test.find("status").attrib["status"], test.find("status").text or "")
        for test in ElementTree.parse(tmp_path / "output.xml").iter("test")
    }
    assert [said[name] for name in ("Keys And Display", "Two Tokens")] == [("PASS", "")] * 2
    failed = {name: text for name, (status, text) in said.items() if status == "FAIL"}
    assert failed.pop("Nothing Is Left Of The Test Before") == "No token was started."
    assert "The code is" in failed.pop("Wrong Phrase")
    assert failed.pop("Wrong Display").startswith("The display shows ['")
    assert "was accepted" in failed.pop("Accepted Though It Should Not Be")
    assert failed.pop("No Headset") == "A kodeviser has no headset."
    assert failed.pop("No Such Product").endswith("Choose one of: kodeoplaeser, kodeviser.")
    assert failed.pop("No Such Key").endswith("its keys are 1 2 3 4 5 6 7 8 9 * 0 #.")
    assert failed.pop("No Such Reason").startswith("'bananas' is no reason: they are wrong, ")
    assert failed.pop("No Challenge").endswith("give its suite too.")
    assert failed.pop("No Server").startswith("No server was started")
    assert not failed
    assert (tmp_path / "display.png").read_bytes().startswith(b"\x89PNG")


def test_each_keyword_is_described() -> None:
    library = LibraryDocumentation("kodebrik.robot.Kodebrik")
    assert len(library.keywords) >= 20
    assert not [keyword.name for keyword in library.keywords if not keyword.doc.endswith(".")]


def test_an_account_without_a_port_is_refused() -> None:
    with pytest.raises(AssertionError, match="Name the port as"):
        Kodebrik(account="x")
