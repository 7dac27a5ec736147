"""`qa run`: the validator passes; each faulty server and token is caught by the case about it."""

import errno
import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.qa.cases import case_list
from host_tools.qa.cases.case_list import Case
from host_tools.qa.cases.environment import Environment
from host_tools.qa.cases.schedule import CaseResult, Schedule, run_cases
from host_tools.qa.cases.token_pool import TokenPool, enrol_many
from host_tools.qa.targets.local import LocalTarget
from host_tools.qa.time_source import RealTime, VirtualTime
from host_tools.qa.tokens.reading import Reading, Spoken
from tests.host_tools.qa import servers
from tests.support.command_line.files import private

START = 1_893_456_000.0


@contextmanager
def environment(folder: Path, seed: int = 1, fault=None) -> Iterator[Environment]:
    """Give two emulated kodevisers that are enrolled at a server."""
    clock = VirtualTime(START)
    target = servers.Faulty(folder, clock, fault) if fault else LocalTarget(folder, clock)
    with closing(target), TokenPool("kodeviser", folder, seed, clock, target) as pool:
        tokens = enrol_many(pool.enrol, 2, lambda done, total: None)
        yield Environment(clock, target, tokens, random.Random(seed), None, pool.enrol)


def run(env: Environment, cases: Sequence[Case] = case_list.CASES) -> dict[str, CaseResult]:
    schedule = Schedule(1, frozenset({case_list.EMULATED}), cases)
    played = run_cases(env, schedule, lambda each: None)
    return {each.case.name: each for each in played}


@dataclass
class Run:
    """All cases played once."""

    env: Environment
    results: dict[str, CaseResult]

    def codes(self) -> list[tuple[str, str, str | None]]:
        """Give what was submitted and answered, in its order."""
        return [(each.user_id, each.code, each.answer.reason) for each in self.env.submissions]


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Run]:
    """Give the run of a seed, which is played once."""

    @cache
    def play(seed: int) -> Run:
        with environment(tmp_path_factory.mktemp("run"), seed) as env:
            return Run(env, run(env))

    return play


@pytest.mark.parametrize("seed", [1, 4])
def test_our_validator_passes_every_case(run_of, seed):
    played = run_of(seed).results
    assert set(played) == {case.name for case in case_list.CASES}
    assert [name for name, each in played.items() if each.skipped] == ["payment"], (
        "a kodeviser has no keys"
    )
    assert not [each for each in played.values() if not each.passed]


@pytest.mark.parametrize(
    ("fault", "found_by"),
    [
        (servers.accepts_replays, {"replayed", "older", "at-once"}),
        (
            servers.accepts_everything,
            {"late", "early", "replayed", "wrong-token", "transposed", "one-digit-off"},
        ),
        (
            servers.refuses_everything,
            {"right", "late-within", "early-within", "drift-within", "drift-followed"},
        ),
        (servers.accepts_late_codes, {"late"}),
        (servers.has_no_window, {"late-within", "early-within"}),
        (servers.never_locks, {"locked-out"}),
        (servers.names_the_wrong_reason, {"transposed"}),
        (servers.miscounts_steps, {"late", "early"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_faulty_server_is_caught_by_the_cases_about_it(tmp_path, fault, found_by):
    about = [case for case in case_list.CASES if case.name in found_by]
    with environment(tmp_path, fault=fault) as env:
        played = run(env, about)
    assert found_by == {name for name, each in played.items() if not each.passed}


def test_a_token_whose_clock_is_ten_minutes_off_is_caught(tmp_path):
    about = [case for case in case_list.CASES if case.name == "right"]
    with environment(tmp_path) as env:
        for token in env.tokens:  # further off than a token in a drawer is searched for
            token.device.emulator.set_rtc(token.device.emulator.rtc_time + 600)
        assert not run(env, about)["right"].passed


def test_the_same_seed_gives_the_same_codes_and_answers(tmp_path_factory):
    def codes(seed: int) -> list[tuple[str, str, str | None]]:
        with environment(tmp_path_factory.mktemp("run"), seed) as env:
            return Run(env, run(env, case_list.CASES[:6])).codes()

    first = codes(1)
    assert len(first) >= 6
    assert first == codes(1)
    assert [code for _, code, _ in first] != [code for _, code, _ in codes(4)]


def test_a_seed_that_reads_as_a_cpr_number_gives_user_ids_that_servers_take(tmp_path):
    with environment(tmp_path, seed=1303851234) as env:
        assert [token.user_id for token in env.tokens] == ["qa-bdadifbcde-0", "qa-bdadifbcde-1"]


def test_every_submission_names_the_press_that_its_code_was_read_at(run_of):
    env, results = run_of(1).env, run_of(1).results
    assert all(each.press in env.presses for each in env.submissions)
    assert all(each.press.at <= each.at for each in env.submissions)
    wrong, right = results["wrong-token"].submissions
    assert (wrong.press.user_id, wrong.code) == (right.user_id, right.press.code)
    assert wrong.user_id != right.user_id


@pytest.mark.parametrize(
    ("spoken", "code"),
    [
        (None, "123456"),
        (Spoken(("code",), "123456", "123456"), "123456"),
        (Spoken(("code",), "123457", "123457"), None),
        (Spoken(("code",), "123456", "123457"), None),
        (Spoken((), None, None), None),
    ],
)
def test_a_code_is_read_only_when_display_and_sound_agree(spoken, code):
    assert Reading(0.0, "123456", ("123 456",), spoken).code() == code


def test_a_long_wait_in_real_time_is_announced_and_kept():
    now, said = [1000.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds / 2  # as interrupted sleeps do

    time_source = RealTime(said.append, lambda: now[0], sleep)
    time_source.wait_until(1030, "a new code is needed")
    assert now[0] >= 1029.999999
    assert said == ["Waiting 30 s: a new code is needed."]


def test_a_failed_run_exits_with_16_and_says_what_was_expected(tmp_path, capsys, monkeypatch):
    def refuse(self: LocalTarget, user_id: str, code: str, challenge: str | None = None):
        return servers.refuses_everything(
            self, user_id, code, submit(self, user_id, code, challenge)
        )

    submit = LocalTarget.submit
    monkeypatch.setattr(LocalTarget, "submit", refuse)
    xml = tmp_path / "junit.xml"
    assert (
        main(["qa", "run", "--tokens", "2", "--codes", "1", "--seed", "1", "--junit", str(xml)])
        == ExitCode.CHECK_FAILED
    )
    said = capsys.readouterr().out
    assert "FAILED   right: A code just read is accepted." in said
    assert "the code just read: expected accepted; the server refused, wrong." in said
    failures = ElementTree.parse(xml).getroot()[0].findall("testcase/failure")
    assert any("expected accepted" in failure.get("message") for failure in failures)


@pytest.fixture
def never_run(monkeypatch):
    """Let nothing be played or simulated."""

    def run(*_):
        raise AssertionError("it began before its files were checked")

    monkeypatch.setattr("host_tools.qa.runner.run", run)
    monkeypatch.setattr("host_tools.qa.soak.soak.run", run)


@pytest.mark.parametrize(
    "command", [("qa", "run", "--junit"), ("qa", "soak", "--plot")], ids=["junit", "plot"]
)
@pytest.mark.parametrize("name", ["there", "nowhere/report"])
def test_a_file_for_the_result_is_checked_before_the_work(
    never_run, tmp_path, capsys, command, name
):
    (tmp_path / "there").write_text("mine")
    assert main([*command, str(tmp_path / name)]) == ExitCode.FILE
    assert str(tmp_path / name) in capsys.readouterr().err
    assert (tmp_path / "there").read_text() == "mine"


@pytest.mark.parametrize("name", ["file", "file/page"])
def test_a_folder_for_the_page_is_checked_before_the_work(never_run, tmp_path, capsys, name):
    (tmp_path / "file").write_text("mine")
    assert main(["qa", "run", "--html", str(tmp_path / name)]) == ExitCode.FILE
    assert str(tmp_path / name) in capsys.readouterr().err


@pytest.mark.parametrize("there", [True, False])
def test_a_full_disk_is_told_with_the_pages_folder_and_leaves_no_half_page(
    tmp_path, capsys, monkeypatch, there
):
    page = tmp_path / "page"
    if there:
        page.mkdir()

    def full(*_):
        (page / "press-0001.png").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("host_tools.qa.runner.run", full)
    assert main(["qa", "run", "--html", str(page)]) == ExitCode.FILE
    assert f"Cannot write {page}: No space left on device." in capsys.readouterr().err
    assert page.exists() == there
    assert not list(page.glob("*"))


@pytest.mark.parametrize(
    ("arguments", "exit_code", "hint"),
    [
        (["--token", "/dev/ttyNONE"], ExitCode.USAGE, "--user"),
        (["--against", "http://192.0.2.1:8080", "--api-key-file", "KEY"], ExitCode.USAGE, "https"),
        (["--against", "http://127.0.0.1:9"], ExitCode.USAGE, "--api-key-file"),
        (
            ["--against", "http://127.0.0.1:9", "--api-key-file", "KEY"],
            ExitCode.SILENT,
            "runs there",
        ),
        (["--against", "radius:127.0.0.1"], ExitCode.USAGE, "--radius-secret-file"),
        (["--against", "ftp://127.0.0.1", "--api-key-file", "KEY"], ExitCode.USAGE, "http"),
        *(
            (["--against", against, "--api-key-file", "KEY"], ExitCode.USAGE, "HOST[:PORT]")
            for against in (
                "http://127.0.0.1:1x",
                "privacyidea:http://127.0.0.1:1x",
                "http://127.0.0.1:99999",
                "http://[::1",
                "https://a..b",
                f"https://{'a' * 80}.dk",
            )
        ),
        *(
            (["--against", against, "--radius-secret-file", "KEY"], ExitCode.USAGE, "HOST:PORT")
            for against in ("radius:[::1", "radius:a..b", "radius:127.0.0.1:1x")
        ),
        (["--against", "privacyidea:http://127.0.0.1:9"], ExitCode.USAGE, "--admin"),
        (
            ["--against", "privacyidea:http://127.0.0.1:9", "--api-key-file", "KEY"],
            ExitCode.USAGE,
            "--enrol",
        ),
        (["--against", "radius:127.0.0.1", "--radius-secret-file", "KEY"], ExitCode.USAGE, "--enr"),
        (["--speak"], ExitCode.USAGE, "--token"),
        (["--user", "anna.holm"], ExitCode.USAGE, "--token"),
        *(
            (["--against", against, option, name], ExitCode.BAD_INPUT, hint)
            for against, option, name, hint in (
                ("http://127.0.0.1:9", "--api-key-file", "EMPTY", "Put the key"),
                ("http://127.0.0.1:9", "--api-key-file", "LINES", "server api-key"),
                ("http://127.0.0.1:9", "--api-key-file", "DANISH", "server api-key"),
                ("radius:127.0.0.1", "--radius-secret-file", "EMPTY", "Put the key"),
            )
        ),
        (["--product", "toaster"], ExitCode.USAGE, "kodeoplaeser"),
        (["--html", "."], ExitCode.FILE, "empty folder"),
    ],
)
def test_what_cannot_run_says_what_to_do(arguments, exit_code, hint, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("KEY", "not-a-key"),
        ("EMPTY", "\n"),
        ("LINES", "one\ntwo"),
        ("DANISH", "nøgle"),
    ):
        private(tmp_path / name, text)
    assert main(["qa", "run", *arguments]) == exit_code
    assert hint in capsys.readouterr().err


def test_every_published_vector_holds_on_firmware_and_validator(capsys):
    assert main(["qa", "vectors", "--json"]) == ExitCode.OK
    rows = {
        (row["device"], row["rfc"]): row for row in json.loads(capsys.readouterr().out)["vectors"]
    }
    assert rows["token", "RFC 4226"]["tried"] == rows["validator", "RFC 4226"]["tried"] == 10
    assert rows["token", "RFC 6238"]["tried"] == rows["validator", "RFC 6238"]["tried"] == 18
    assert rows["validator", "RFC 6287"]["tried"] == 70
    # A token's keys have digits alone: the numeric questions are typed, those with letters asked of
    # its firmware.
    assert rows["token", "RFC 6287"]["tried"] == 40
    assert rows["token", "RFC 6287"]["skipped"] == {"A challenge is typed in digits.": 30}
    assert rows["firmware on its VM", "RFC 6287"]["tried"] == 30
    assert not any(row["failed"] for row in rows.values())
