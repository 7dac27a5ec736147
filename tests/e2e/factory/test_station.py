"""kodebrik batch run at one token or two: what the operator sees, hears and is asked."""

import hashlib
import io
import json
import os
import pty
import re
import socket
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from emulator.mcu.boot_rom import INFO, BootRom
from emulator.mcu.usb_drive import UsbDrive
from host_tools import factory
from host_tools.cli import main
from host_tools.cli.commands.batch.display import PlainLines
from host_tools.errors import ExitCode
from host_tools.factory.events import Step
from host_tools.flashing import arrival, drives
from host_tools.provisioning import batches
from host_tools.provisioning.inventory_records import FAILED, PROVISIONING
from host_tools.voice.synthesis import aloud
from tests.support.command_line.interrupt import interrupted
from tests.support.command_line.inventory import opened
from tests.support.command_line.keyboard import Keyboard
from tests.support.emulated.fleet import fleet
from tests.support.emulated.token import code_of, digits
from tests.support.flashing.becoming import becoming, filesystem, on_drive
from tests.support.flashing.esp_rom import EspRom
from tests.support.flashing.images import made
from tests.support.limits import REAL_LIMIT


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KODEBRIK_INVENTORY", str(tmp_path / "inventory.sqlite"))
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "ab" * 32)
    monkeypatch.setenv("KODEBRIK_OPERATOR", "anna")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def create(count, product="kodeviser"):
    assert (
        main(["batch", "create", "--count", str(count), "--product", product, "--name", "b"]) == 0
    )


def run(tokens, *arguments):
    """Run the station; a token that failed would otherwise be waited for, for ever."""
    ports = [item for token in tokens for item in ("--ports", str(token.port))]
    idle = [] if "--idle" in arguments else ["--idle", str(REAL_LIMIT)]
    return main(["batch", "run", "--batch", "b", *ports, *idle, *arguments])


def done(folder):
    with opened(folder / "inventory.sqlite") as inventory:
        return list(batches.each(inventory, "b", batches.DONE))


READER = """
import socket, sys
with socket.socket(socket.AF_UNIX) as link:
    link.connect(sys.argv[1])
    link.sendall(sys.argv[2].encode())
    print(link.recv(100).decode())
"""


@contextmanager
def fixture_of(tokens, folder, falsify=lambda code: code):
    """A test fixture that presses a token and reads its display; give the command that asks it."""
    (folder / "reader.py").write_text(READER)
    by_port = {str(token.port): token.emulator for token in tokens}
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "fixture"))
        server.listen()

        def serve():
            while True:
                try:
                    link, _ = server.accept()
                except OSError:
                    return
                with link:
                    emulator = by_port[link.recv(500).decode()]
                    with emulator.lock:
                        code = code_of(emulator)
                    link.sendall(falsify(code).encode())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"{sys.executable} {folder / 'reader.py'} {folder / 'fixture'}"


@pytest.mark.parametrize("group", [True, False], ids=["ctrl_c", "to_the_command_alone"])
def test_a_signal_ends_the_program_that_reads_codes_and_gives_the_token_back(tmp_path, group):
    """With what the program has started; the token has failed nothing, and is gone on with."""
    create(1)
    (tmp_path / "reader.sh").write_text("sleep 600 &\ntouch begun\nwait\n")

    def reading(*_):
        while not (tmp_path / "begun").exists():
            time.sleep(0.05)

    with fleet(tmp_path, 1) as tokens:
        command = ["batch", "run", "--batch", "b", "--ports", tokens[0].port, "--trust-cable"]
        command += ["--code-reader", "sh reader.sh"]
        ended = interrupted(command, "serial number", {}, group=group, before=reading)
        assert ended.code == ExitCode.INTERRUPTED
        assert ended.left == ()
        assert "put it aside" not in ended.shown
        with opened(tmp_path / "inventory.sqlite") as inventory:
            (begun,) = batches.each(inventory, "b", batches.TAKEN)
            assert inventory.entry(begun.serial).state == PROVISIONING
        assert run(tokens, "--trust-cable") == 0
    assert [job.serial for job in done(tmp_path)] == [begun.serial]


def test_ctrl_c_gives_a_token_to_any_station_and_one_that_is_taken_is_told_of_once(
    tmp_path, capsys
):
    create(1)
    with fleet(tmp_path, 1) as tokens:
        command = ["batch", "run", "--batch", "b", "--ports", tokens[0].port]
        assert interrupted(command, "Number:", {}).code == ExitCode.INTERRUPTED
        with opened(tmp_path / "inventory.sqlite") as inventory:
            (begun,) = batches.each(inventory, "b", batches.TAKEN)
            batches.take(inventory, "b", begun.serial, "another", time.time())
        assert run(tokens, "--trust-cable", "--idle", "4") == ExitCode.NO_PORT
    assert capsys.readouterr().err.count("is being worked on by another") == 1


def test_the_operator_is_asked_in_the_language_of_the_command(tmp_path, monkeypatch, capsys):
    create(1)
    with fleet(tmp_path, 1) as tokens:
        screen = tokens[0].emulator.screen_text
        monkeypatch.setattr(sys, "stdin", Keyboard(lambda: screen()[-1]))
        assert run(tokens, "--lang", "da") == 0
    said = capsys.readouterr().err
    assert "viser et tal på 6 cifre" in said
    assert "shows" not in said


def test_the_operator_compares_numbers_and_sees_plain_lines(tmp_path, monkeypatch, capsys):
    create(1)
    with fleet(tmp_path, 1) as tokens:
        screen = tokens[0].emulator.screen_text
        monkeypatch.setattr(sys, "stdin", Keyboard(lambda: screen()[-1]))
        assert run(tokens, "--output", str(tmp_path / "out")) == 0
    (job,) = done(tmp_path)
    said = capsys.readouterr()
    assert f"{job.serial} at {tokens[0].port} shows a number of 6 digits." in said.err
    assert f"{job.serial}: begun (0 of 1)" in said.err
    assert f"{job.serial}: done (1 of 1)" in said.err
    assert "1 of 1 token of the batch is done" in said.out
    assert "a minute" in said.out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"{job.serial}.passport.json",
        f"{job.serial}.svg",
    ]
    assert (tmp_path / "config/kodebrik/passport.key").stat().st_mode & 0o777 == 0o600


def test_a_token_that_was_done_and_is_empty_is_made_again_with_its_secret(tmp_path):
    create(2)
    with fleet(tmp_path, 1) as tokens:
        assert run(tokens, "--trust-cable", "--idle", "3") == ExitCode.NO_PORT
    (first,) = done(tmp_path)
    passport = tmp_path / "b" / f"{first.serial}.passport.json"
    before = json.loads(passport.read_text())["passport"]
    (tmp_path / "emptied").mkdir()
    with fleet(tmp_path / "emptied", 1) as tokens:  # the same board, of which the flash is new
        assert run(tokens, "--trust-cable", "--idle", "3") == ExitCode.NO_PORT
    (again,) = done(tmp_path)
    assert (again.serial, again.number) == (first.serial, first.number)
    assert again.report["began"] > first.report["ended"]
    assert again.report["secret"] == first.report["secret"]
    after = json.loads(passport.read_text())["passport"]
    assert (before["began"], after["began"]) == (first.report["began"], again.report["began"])


def test_of_several_tokens_the_one_that_is_asked_about_shows_its_number(tmp_path, monkeypatch):
    """And no other one does yet; those that were asked about before keep theirs for a while."""
    create(2)
    seen, new = set(), []
    with fleet(tmp_path, 2) as tokens:

        def type_number():
            time.sleep(1)  # real time, in which the other token could come to show one
            lines = {line for token in tokens for line in token.emulator.screen_text()}
            new.append({line for line in lines if re.fullmatch(r"\d{3} \d{3}", line)} - seen)
            seen.update(new[-1])
            return min(new[-1])

        monkeypatch.setattr(sys, "stdin", Keyboard(type_number))
        assert run(tokens) == 0
    assert [len(numbers) for numbers in new] == [1, 1]


def mistyped(shown):
    """Give what is typed by somebody who slips by a key at the last digit."""
    return shown[:-1] + str((int(shown[-1]) + 1) % 10)


def test_a_mistyped_number_is_asked_for_again_however_long_that_took(tmp_path, monkeypatch, capsys):
    """The operator thinks for longer than --idle, and then slips: the token is not put aside."""
    create(1)
    asked = []
    with fleet(tmp_path, 1) as tokens:
        screen = tokens[0].emulator.screen_text

        def type_number():
            asked.append(screen()[-1])
            if len(asked) > 1:
                return asked[-1]
            time.sleep(3)
            return mistyped("".join(asked[0].split()))

        monkeypatch.setattr(sys, "stdin", Keyboard(type_number))
        assert run(tokens, "--idle", "2") == 0
    assert len(done(tmp_path)) == 1
    assert len(set(asked)) == 2, "a number is used once"
    said = capsys.readouterr().err
    assert "broken off" in said
    assert "Try again with the new number" in said
    assert "put it aside" not in said


def test_a_mistyped_code_is_asked_for_again(tmp_path, monkeypatch, capsys):
    create(1)
    typed = []
    with fleet(tmp_path, 1, production=True) as tokens:
        emulator = tokens[0].emulator

        def read():
            with emulator.lock:
                if not typed:
                    emulator.press()
                code = digits(emulator.screen_text())
            typed.append(code if typed else mistyped(code))
            return typed[-1]

        monkeypatch.setattr(sys, "stdin", Keyboard(read))
        assert run(tokens, "--trust-cable") == 0
    (job,) = done(tmp_path)
    assert job.report["code"] == "typed"
    assert len(typed) == 2
    assert "another code than its secret gives" in capsys.readouterr().err


def test_a_token_of_which_no_code_is_right_is_put_aside(tmp_path, monkeypatch, capsys):
    create(1)
    with fleet(tmp_path, 1, production=True) as tokens:
        monkeypatch.setattr(sys, "stdin", Keyboard(lambda: "000000"))
        assert run(tokens, "--trust-cable", "--idle", "2") == ExitCode.NO_PORT
    said = capsys.readouterr().err
    assert said.count("Press the kodeviser") == 3
    assert "put it aside" in said
    assert "1 token of the batch is not done" in said


def test_without_an_operator_a_question_ends_the_run(tmp_path, monkeypatch, capsys):
    create(1)
    with fleet(tmp_path, 1) as tokens:
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        assert run(tokens) == ExitCode.NOT_CONFIRMED
    said = capsys.readouterr().err
    assert "--trust-cable" in said
    assert "put it aside" not in said


def test_the_operator_stops_when_the_token_at_work_is_done(tmp_path, monkeypatch, capsys):
    """While a fixture reads its code, "stop" is typed."""
    create(3)
    monkeypatch.setattr(PlainLines, "_SHOWN", tuple(Step))
    keyboard, terminal = pty.openpty()

    def stop(code):
        os.write(keyboard, b"stop\n")
        return code

    with os.fdopen(terminal) as stdin, fleet(tmp_path, 1, production=True) as tokens:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "__stdin__", stdin)
        with fixture_of(tokens, tmp_path, stop) as command:
            assert run(tokens, "--trust-cable", "--code-reader", command) == 0
    os.close(keyboard)
    assert len(done(tmp_path)) == 1
    said = capsys.readouterr()
    assert "Type stop and Enter" in said.err
    assert "unplugged" not in said.err
    assert "1 of 3 tokens of the batch are done" in said.out
    assert "2 tokens of the batch are not done; the next run goes on." in said.out


def test_stop_as_an_answer_stops_and_costs_no_token(tmp_path, monkeypatch, capsys):
    create(1)
    with fleet(tmp_path, 1) as tokens:
        monkeypatch.setattr(sys, "stdin", Keyboard(lambda: " STOP "))
        assert run(tokens) == 0
        said = capsys.readouterr()
        assert "broken off" in said.err
        assert "put it aside" not in said.err
        assert "1 token of the batch is not done" in said.out
        assert run(tokens, "--trust-cable") == 0
    assert len(done(tmp_path)) == 1


def test_a_camera_reads_the_code_of_a_production_build(tmp_path, capsys):
    create(1)
    with fleet(tmp_path, 1, production=True) as tokens, fixture_of(tokens, tmp_path) as reader:
        assert run(tokens, "--trust-cable", "--json", "--code-reader", reader) == 0
    (job,) = done(tmp_path)
    assert (job.report["build"], job.report["code"]) == ("production", "reader")
    *events, result = map(json.loads, capsys.readouterr().out.splitlines()[1:])
    assert [event["step"] for event in events] == [
        "opening",
        "testing",
        "keying",
        "writing",
        "clock",
        "code",
        "recording",
        "done",
    ]
    assert (result["done"], result["made"]) == (1, 1)
    assert result["tokens_a_minute"] > 0


def test_a_token_that_shows_another_code_is_put_aside_and_makes_room(tmp_path, capsys):
    create(1)
    wrong = {"0": "1"}
    with (
        fleet(tmp_path, 1) as tokens,
        fixture_of(tokens, tmp_path, lambda code: wrong.get(code[0], "0") + code[1:]) as reader,
    ):
        code = run(tokens, "--trust-cable", "--code-reader", reader, "--idle", "6")
    assert code == ExitCode.NO_PORT
    said = capsys.readouterr().err
    assert "put it aside (0 of 1)" in said
    assert "shows another code than its secret gives" in said
    with opened(tmp_path / "inventory.sqlite") as inventory:
        assert batches.counts(inventory, "b")[batches.OPEN] == 1
        assert [entry.state for entry in inventory.each("b")] == [FAILED]


def test_a_program_that_reads_no_code_costs_no_token(tmp_path, capsys):
    create(1)
    nothing = iter([""])
    with (
        fleet(tmp_path, 1) as tokens,
        fixture_of(tokens, tmp_path, lambda code: next(nothing, code)) as reader,
    ):
        assert run(tokens, "--trust-cable", "--code-reader", reader) == 0
        assert "did not give a code (it printed no number)" in capsys.readouterr().err
        assert run(tokens, "--trust-cable", "--code-reader", reader) == 0
    assert " a minute" not in capsys.readouterr().out, "nothing was made"
    assert done(tmp_path)[0].report["code"] == "reader"


def test_a_code_that_nobody_sees_is_said_so_in_the_passport(tmp_path):
    create(1)
    with fleet(tmp_path, 1, production=True) as tokens:
        assert run(tokens, "--trust-cable", "--unseen-codes") == 0
    assert done(tmp_path)[0].report["code"] == "not checked"


def test_another_product_is_put_aside_untouched(tmp_path, capsys):
    create(1, "kodeoplaeser")
    with fleet(tmp_path, 1) as tokens:
        assert run(tokens, "--trust-cable", "--idle", "6") == ExitCode.NO_PORT
        assert "the batch is of kodeoplaeser" in capsys.readouterr().err
        with opened(tmp_path / "inventory.sqlite") as inventory:
            assert list(inventory.each()) == []


def test_a_file_of_another_product_is_refused_before_a_board_is_flashed(tmp_path, capsys):
    create(1, "kodeoplaeser")
    image = tmp_path / "kodeviser.uf2"
    image.write_bytes(made())
    with on_drive(tmp_path) as board:
        options = ["--erase-secrets", "--image", str(image)]
        assert run([], "--ports", f"{board.drive},{board.port}", *options) == ExitCode.CONFLICT
        assert set(board.flash) == {0x5A}, "nothing was written"
    assert "kodeviser.uf2 is the firmware of a kodeviser" in capsys.readouterr().err


def test_a_token_of_another_issuer_leaves_its_place_to_others(tmp_path, monkeypatch, capsys):
    create(1)
    with fleet(tmp_path, 2) as tokens:
        monkeypatch.setenv("KODEBRIK_INVENTORY", str(tmp_path / "others.sqlite"))
        monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "cd" * 32)
        create(1)
        assert run(tokens[:1], "--trust-cable") == 0
        monkeypatch.setenv("KODEBRIK_INVENTORY", str(tmp_path / "inventory.sqlite"))
        monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "ab" * 32)
        assert run(tokens[:1], "--trust-cable", "--idle", "2") == ExitCode.NO_PORT
        assert "the access key does not fit" in capsys.readouterr().err
        with opened(tmp_path / "inventory.sqlite") as inventory:
            assert batches.counts(inventory, "b")[batches.OPEN] == 1
            assert list(inventory.each()) == []
        assert run(tokens[1:], "--trust-cable") == 0
    assert len(done(tmp_path)) == 1


def test_a_file_in_place_of_the_folder_of_labels_is_refused_first(tmp_path, capsys):
    create(1)
    (tmp_path / "taken").write_text("")
    assert run([], "--output", "taken") == ExitCode.FILE
    assert "Cannot write taken" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["./none", "./plain --camera 1", "'", ""])
def test_a_program_that_cannot_read_codes_is_refused_first(tmp_path, capsys, command):
    create(1)
    (tmp_path / "plain").write_text("no program")
    assert run([], "--code-reader", command) == ExitCode.USAGE
    assert "no program to run for --code-reader" in capsys.readouterr().err


def test_ports_that_name_nothing_are_refused(capsys):
    create(1)
    assert run([], "--ports", " ,") == ExitCode.USAGE
    assert "--ports names nothing." in capsys.readouterr().err


def test_labels_are_told_of_where_there_are_any(tmp_path, capsys):
    create(2)
    port = str(tmp_path / "port")
    assert run([], "--ports", port, "--idle", "1") == ExitCode.NO_PORT
    said = capsys.readouterr().err
    assert "Labels and passports" not in said
    assert f"There is nothing at {port} yet" in said, "it may be mistyped"
    with fleet(tmp_path, 1) as tokens:
        assert run(tokens, "--trust-cable", "--idle", "6") == ExitCode.NO_PORT
    assert "Labels and passports are in b." in capsys.readouterr().err


def test_an_issuer_key_of_another_batch_is_refused(tmp_path, monkeypatch, capsys):
    create(1)
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "cd" * 32)
    assert run([]) == ExitCode.WRONG_KEY
    assert "another one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["Plug in the next token.", "The batch is complete."]),
        ("da", ["Sæt den næste kodebrik til.", "Partiet er færdigt."]),
    ],
)
def test_prompts_are_spoken(tmp_path, monkeypatch, language, sentences):
    said = []
    monkeypatch.setattr(aloud, "say", lambda text, spoken: said.append((text, spoken)))
    create(1)
    with fleet(tmp_path, 1) as tokens:
        assert run(tokens, "--trust-cable", "--speak", "--lang", language) == 0
    assert said == [(sentence, language) for sentence in sentences]


def test_a_terminal_has_a_table_and_ctrl_c_ends_it(tmp_path):
    create(2)
    with fleet(tmp_path, 1) as tokens:
        ended = interrupted(
            ["batch", "run", "--batch", "b", "--ports", tokens[0].port, "--trust-cable"],
            r"1 of 2 tokens are done",
            {},
        )
    assert ended.code == ExitCode.INTERRUPTED
    assert ended.left == ()
    (job,) = done(tmp_path)
    assert job.serial in ended.shown
    assert "serial number" in ended.shown
    assert "Traceback" not in ended.shown


def test_without_what_labels_need_no_passport_key_is_made(tmp_path, monkeypatch, capsys):
    create(1)
    monkeypatch.setitem(sys.modules, "pystrich.code128", None)
    for name in ("label", "records"):  # loaded by an earlier test
        monkeypatch.delitem(sys.modules, f"host_tools.factory.{name}", raising=False)
        monkeypatch.delattr(factory, name, raising=False)
    arguments = ["--ports", str(tmp_path / "port"), "--idle", "1"]
    assert run([], *arguments) == ExitCode.NOT_INSTALLED
    said = capsys.readouterr().err
    assert "pystrich" in said
    assert "passport" not in said
    assert not (tmp_path / "config/kodebrik/passport.key").exists()


def test_a_bare_board_is_flashed_first(tmp_path):
    """Over MicroPython's prompt; which file it was stands in inventory and passport."""
    create(1)
    image = tmp_path / "kodeviser.uf2"
    image.write_bytes(made())
    with fleet(tmp_path, 1, bare=True) as tokens:
        assert run(tokens, "--trust-cable", "--image", str(image)) == 0
    (job,) = done(tmp_path)
    assert job.report["firmware_hash"] == hashlib.sha256(made()).hexdigest()
    with opened(tmp_path / "inventory.sqlite") as inventory:
        assert inventory.entry(job.serial).firmware_hash == job.report["firmware_hash"]


def test_a_bare_board_without_a_file_for_it_is_put_aside(tmp_path, capsys):
    create(1)
    with fleet(tmp_path, 1, bare=True) as tokens:
        assert run(tokens, "--trust-cable", "--idle", "6") == ExitCode.NO_PORT
    assert "MicroPython's prompt" in capsys.readouterr().err


def test_a_drive_that_is_named_is_filled_and_its_token_made(tmp_path, capsys):
    create(1)
    image = tmp_path / "kodeviser.uf2"
    image.write_bytes(made())
    with on_drive(tmp_path) as board:
        options = ["--trust-cable", "--erase-secrets", "--image", str(image), "--idle", "100"]
        assert run([], "--ports", f"{board.drive},{board.port}", *options) == 0
    (job,) = done(tmp_path)
    assert job.report["board"] == "pico"
    assert job.report["firmware_hash"] == hashlib.sha256(made()).hexdigest()
    with opened(tmp_path / "inventory.sqlite") as inventory:
        assert inventory.entry(job.serial).firmware_hash == job.report["firmware_hash"]
    assert "no token has answered" not in capsys.readouterr().err


def test_a_board_that_was_filled_and_does_not_answer_is_put_aside(tmp_path, monkeypatch, capsys):
    """A token that was there before, and is heard of before the drive is full, is not its."""
    monkeypatch.setattr(arrival, "TIMEOUT", 1)
    create(2)
    image = tmp_path / "kodeviser.uf2"
    image.write_bytes(made())
    with fleet(tmp_path, 1) as tokens:
        assert run(tokens, "--trust-cable", "--idle", "1") == ExitCode.NO_PORT
        with on_drive(tmp_path, dead=True) as board:
            options = ["--trust-cable", "--erase-secrets", "--image", str(image), "--idle", "3"]
            assert run([], "--ports", str(board.drive), *options) == ExitCode.NO_PORT
            assert board.rom.restarted
    said = capsys.readouterr().err
    assert f"{board.drive} -: put it aside (1 of 2)" in said
    assert f"Everything was sent to {board.drive}, but no token has answered" in said


@pytest.fixture
def short_wait(monkeypatch):
    """Folders stand for drives, of which no token comes."""
    monkeypatch.setattr(arrival, "TIMEOUT", 0.5)


def drives_and_run(folder, *arguments):
    """Run the station at two drives of which each may hold secrets; say which were filled."""
    image = folder / "kodeviser.uf2"
    image.write_bytes(made())
    both = []
    for name in ("a", "b"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / drives.INFO).write_text(INFO["RP2040"])
        both.append(folder / name)
    ports = ["--ports", ",".join(map(str, both))]
    assert run([], *ports, "--image", str(image), "--idle", "2", *arguments) == ExitCode.NO_PORT
    filled = [(drive / drives.NAME).exists() for drive in both]
    for drive in both:
        (drive / drives.NAME).unlink(missing_ok=True)
    return filled


@pytest.mark.parametrize(("typed", "filled"), [("yes", True), ("", False), ("no", False)])
def test_the_operator_is_asked_once_in_a_run_whether_drives_hold_secrets(
    tmp_path, short_wait, monkeypatch, capsys, typed, filled
):
    """And again in a run that goes on with the batch."""
    create(2)
    asked = []
    keyboard = Keyboard(lambda: asked.append(1) or typed, terminal=True)
    monkeypatch.setattr(sys, "stdin", keyboard)
    for runs in (1, 2):
        assert drives_and_run(tmp_path) == [filled, filled]
        assert len(asked) == runs
    said = capsys.readouterr().err
    assert said.count('Type "yes"') == 2
    written = said.find("the firmware is being written")
    assert said.index('Type "yes"') < written if filled else written == -1


def test_stop_in_place_of_a_leave_to_erase_ends_the_run(tmp_path, short_wait, monkeypatch, capsys):
    create(2)
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: "stop", terminal=True))
    image, drive = tmp_path / "kodeviser.uf2", tmp_path / "drive"
    image.write_bytes(made())
    drive.mkdir()
    (drive / drives.INFO).write_text(INFO["RP2040"])
    assert run([], "--ports", str(drive), "--image", str(image)) == 0
    assert not (drive / drives.NAME).exists()
    said = capsys.readouterr()
    assert "put it aside" not in said.err
    assert "2 tokens of the batch are not done; the next run goes on." in said.out


def test_drives_are_filled_unasked_with_the_option(tmp_path, short_wait, monkeypatch):
    create(2)
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: 1 / 0, terminal=True))
    assert drives_and_run(tmp_path, "--erase-secrets") == [True, True]


@pytest.mark.parametrize(("arguments", "terminal"), [(["--json"], True), ([], False)])
def test_drives_are_left_alone_where_nobody_can_be_asked(
    tmp_path, monkeypatch, capsys, arguments, terminal
):
    create(2)
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: 1 / 0, terminal))
    assert drives_and_run(tmp_path, *arguments) == [False, False]
    said = capsys.readouterr()
    assert "--erase-secrets" in said.out + said.err


def test_a_token_of_another_file_is_not_said_to_have_this_one(tmp_path):
    """The fleet's tokens have no manifest."""
    create(1)
    image = tmp_path / "kodeviser.uf2"
    image.write_bytes(made())
    with fleet(tmp_path, 1) as tokens:
        assert run(tokens, "--trust-cable", "--image", str(image)) == 0
    assert done(tmp_path)[0].report["firmware_hash"] is None


def test_a_drive_without_a_file_for_it_is_put_aside(tmp_path, capsys):
    create(1)
    drive = UsbDrive(tmp_path / "drive", "RP2040", BootRom("RP2040", bytearray(4096)))
    assert run([], "--ports", str(drive.path), "--idle", "1") == ExitCode.NO_PORT
    assert "--image" in capsys.readouterr().err


def test_an_esp32_in_its_boot_loader_is_flashed_first(tmp_path):
    create(1)
    image, port = tmp_path / "kodeviser.bin", tmp_path / "port"
    image.write_bytes(made("esp32_s3"))

    with EspRom(port) as rom:

        def written(stop):
            while not rom.restarted.wait(0.1):
                if stop.is_set():
                    return "esp32_s3", None
            return filesystem("esp32_s3", rom.flash)

        with becoming(port, written):
            options = ["--trust-cable", "--image", str(image), "--idle", "200"]
            assert run([], "--ports", str(port), *options) == 0
    (job,) = done(tmp_path)
    assert job.report["board"] == "esp32_s3"
    assert job.report["firmware_hash"] == hashlib.sha256(made("esp32_s3")).hexdigest()


def test_a_signal_to_the_command_alone_ends_esptool_and_the_board_is_flashed_anew(tmp_path):
    create(1)
    image, port = tmp_path / "kodeviser.bin", tmp_path / "port"
    image.write_bytes(made("esp32_s3"))
    options = ["--ports", str(port), "--trust-cable", "--image", str(image)]

    midway, over = threading.Event(), threading.Event()

    def taken(number):
        if number == 3:
            midway.set()
            over.wait(REAL_LIMIT)

    with EspRom(port, taken=taken) as rom:
        command = ["batch", "run", "--batch", "b", *options]
        ended = interrupted(
            command, "firmware", {}, group=False, before=lambda *_: midway.wait(REAL_LIMIT)
        )
        over.set()
        assert ended.code == ExitCode.INTERRUPTED
        assert ended.left == ()
        assert not rom.restarted.is_set()
        with opened(tmp_path / "inventory.sqlite") as inventory:
            assert batches.counts(inventory, "b")[batches.OPEN] == 1

        def written(stop):
            while not rom.restarted.wait(0.1):
                if stop.is_set():
                    return "esp32_s3", None
            return filesystem("esp32_s3", rom.flash)

        with becoming(port, written):
            assert run([], *options, "--idle", "200") == 0
    assert len(done(tmp_path)) == 1
