"""No command shows a text that only exists in English: what people read comes from the catalogue.

Help (`--help`) is English, and so are `--json` and the report files of QA.
"""

from pathlib import Path

import pytest

import host_tools
from tests.host_tools.messages.literal_texts import literal_texts

ROOT = Path(host_tools.__file__).parent
SCANNED = ("cli", "desktop", "qa/cases", "qa/tokens")

# What reads like a text and is none in any language.
ALLOWED = {
    # help, and the program's name with its version
    "f'{TOKEN_ERRORS}+n  The token answered with error n (docs/protocol.md).'",
    "\x08\nExit codes:\n",
    "f'kodebrik {VERSION}'",
    # commands to be typed
    "f'{command} info --port {link} --access-key-file {state / ACCESS_KEY}'",
    "f'  {command} emulate {product} --board {board} --state {state} --link {link}'",
    "f'  {command} code --otpauth-file {state / ACCOUNT}'",
    # who acted, in the audit; a text of Typer's; a type; a seed of random numbers
    "command line",
    "Missing command.",
    "tuple[dict[str, Any], list[Clip]]",
    "f'crew {seed}'",
    # the header that names an app device's session
    "f'Device {session}'",
}


def test_what_the_commands_show_comes_from_the_catalogue():
    found: dict[str, str] = {}
    for folder in SCANNED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for line, text in literal_texts(path.read_text("utf-8")):
                found[text] = f"{path.relative_to(ROOT)}:{line}"
    assert {text: where for text, where in found.items() if text not in ALLOWED} == {}
    assert found.keys() == ALLOWED, "an exception that nothing needs any more"


@pytest.mark.parametrize(
    "source",
    [
        'say("Unplugged. Pressing its button.")',
        'say(f"Waiting {seconds} s.")',
        'warn("The file is not encrypted.")',
        'with step(f"Building {product}"): pass',
        'with reporting("Verifying the audit"): pass',
        'ask("New PIN")',
        'typer.prompt("Type its serial number")',
        'typer.confirm(f"Delete {name}?")',
        'emit(as_json, {}, [f"Fingerprint: {fingerprint}"])',
        'lines = [f"{count} tokens imported."]',
        'lines.append("The audit is whole.")',
        'COLUMNS = ("Serial number", "User")',
        'NAMES = {"state": "Token in"}',
        'print("kodebrik has ended")',
        'return f"{offset} ms late"',
    ],
)
def test_a_text_of_its_own_is_found(source):
    assert list(literal_texts(f"def f():\n    {source}\n"))


@pytest.mark.parametrize(
    "source",
    [
        '"""Say what the function does."""',
        'say(Message("demo.pressing"))',
        'emit(as_json, {"serial": serial, "state": state}, [Message("pin.set", product=product)])',
        'typer.Option(metavar="FILE", help="File with the PIN.")',
        'lines = [f"{path}: {value}", "", text]',
        'raise KodebrikError("code-challenge-without-suite", ExitCode.USAGE)',
    ],
)
def test_what_is_no_text_of_its_own_is_not_found(source):
    assert not list(literal_texts(f"def f():\n    {source}\n"))
