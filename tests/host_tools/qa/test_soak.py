"""`qa soak`: learning of drift, equal figures however the fleet is cut, Dask, the plot."""

import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.qa.soak import report, soak
from host_tools.qa.soak.clocks import ClockChipToken, FirmwareToken
from host_tools.qa.soak.fleet import YEAR, Crystal, FleetToken, draw_token
from host_tools.qa.soak.lifetime import Rules, simulate
from host_tools.qa.soak.soak import Slice, Soak

SMALL = Soak(tokens=4, years=0.5, crystal="ds3231", seed=1)


def perfect(number: int, typing: float) -> FleetToken:
    """Draw a token with a perfect clock and a user who types in `typing` seconds."""
    drawn = draw_token(1, number, "ds3231", perfect=True)
    return replace(drawn, user=replace(drawn.user, typing=typing, drawer=0.03))


@pytest.mark.parametrize("typing", [3, 6, 12, 15, 20, 25])
def test_typing_delays_alone_change_no_estimate_and_fail_no_login(typing):
    for number in range(8):
        tally = simulate(perfect(number, typing), Rules(), 3)
        assert tally.learnt == 0
        assert tally.help_desk == 0


@pytest.mark.parametrize(("crystal", "least"), [("ds3231", 0.99), ("quartz", 0.99)])
def test_learning_keeps_drifting_tokens_accepted(crystal, least):
    rates = {}
    for rules in (Rules(), Rules(learns=False)):
        tallies = [simulate(draw_token(2, number, crystal), rules, 2) for number in range(10)]
        rates[rules] = sum(each.first_accepted for each in tallies) / sum(
            each.first_tries for each in tallies
        )
    assert rates[Rules()] > least
    assert rates[Rules()] > rates[Rules(learns=False)]


def test_a_wider_window_accepts_more():
    shares = []
    for window in (0, 1, 2):
        tallies = [
            simulate(draw_token(3, number, "ds3231"), Rules(window), 1) for number in range(6)
        ]
        shares.append(
            sum(each.first_accepted for each in tallies) / sum(each.first_tries for each in tallies)
        )
    assert shares == sorted(shares)
    assert shares[0] < 0.9 < shares[1]


def test_the_whole_firmware_and_the_clock_chip_alone_give_the_same_codes():
    tally = simulate(draw_token(1, 0, "quartz"), Rules(), 0.5, firmware=True)
    assert tally.compared == tally.presses > 20
    assert tally.differing == 0


def test_a_token_with_another_clock_is_noticed():
    start, secret = 1_893_456_000.0, bytes(20)
    chip, firmware = ClockChipToken(secret, start), FirmwareToken(secret, start)
    try:
        firmware.set_clock(start, 45)
        assert chip.press(start + 10) != firmware.press(start + 10)
    finally:
        firmware.close()


def test_a_crystal_is_slow_off_25_degrees_and_ages_ever_less():
    crystal = Crystal(ppm=5, parabola=0.034, slope=0, aging=2, set_off=0, specified_ppm=50)
    assert crystal.rate(0, 25) == 5
    assert crystal.rate(0, 5) == crystal.rate(0, 45) == pytest.approx(5 - 0.034 * 400)
    ages = [crystal.rate(years * YEAR, 25) for years in (0, 1, 2, 3)]
    assert ages[1] == pytest.approx(7)
    assert ages[1] - ages[0] > ages[2] - ages[1] > ages[3] - ages[2] > 0


def totals(outcome: soak.SoakOutcome) -> str:
    return json.dumps(report.as_json(outcome), sort_keys=True)


def run(wanted: Soak, monkeypatch=None) -> soak.SoakOutcome:
    with ThreadPoolExecutor(1) as pool:
        return soak.run(wanted, pool, lambda done, total: None)


def test_a_fleet_gives_the_same_figures_however_it_is_cut(monkeypatch):
    whole = totals(run(SMALL))
    monkeypatch.setattr(soak, "_SLICE", 2)
    shuffled = soak.slices(SMALL)
    random.Random(1).shuffle(shuffled)
    monkeypatch.setattr(soak, "slices", lambda wanted: shuffled)
    assert totals(run(SMALL)) == whole


def test_every_token_is_in_exactly_one_slice_of_each_setting():
    wanted = Soak(13, 1, "ds3231", 1)
    for rules in soak.SETTINGS:
        numbers = [
            number
            for piece in soak.slices(wanted)
            if piece.rules == rules and not piece.perfect
            for number in range(piece.first, piece.last)
        ]
        assert sorted(numbers) == list(range(13))


def test_dask_on_loopback_does_the_same_work():
    distributed = pytest.importorskip(
        "distributed", reason="Dask is not installed: pip install 'kodebrik[qa]'"
    )
    piece = Slice(SMALL, Rules(), 0, 2)
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            protocol="tcp",
        ) as cluster,
        soak.dask(cluster.scheduler_address) as executor,
    ):
        assert vars(executor.submit(soak.simulate_slice, piece).result(600)) == vars(
            soak.simulate_slice(piece)
        )


@pytest.fixture
def awaited(monkeypatch):
    """The titles of the work whose progress is reported, as each begins."""
    begun: list[str] = []

    @contextmanager
    def reporting(what):
        begun.append(str(what))
        yield lambda done, total: None

    for module in ("qa.soak", "qa.vectors"):
        monkeypatch.setattr(f"host_tools.cli.commands.{module}.reporting", reporting)
    return begun


@pytest.mark.parametrize("language", ["en", "da"])
def test_no_scheduler_there_says_how_to_start_one(capsys, monkeypatch, awaited, language):
    monkeypatch.setattr(soak, "_SCHEDULER_TIMEOUT", "100ms")
    asked = ["--lang", language, "qa", "soak", "--tokens", "1", "--years", "0.1"]
    assert main([*asked, "--scheduler", "tcp://127.0.0.1:1"]) == ExitCode.SILENT
    told = capsys.readouterr().err
    assert "dask scheduler" in told
    assert "after 100" not in told, "Dask's own English"
    assert awaited, "it is waited for while progress is reported"


@pytest.mark.parametrize(
    "address",
    ["nonsense://x", "127.0.0.1", "tcp://127.0.0.1", "tcp://a..b:1", "tcp://[::1", "tcp://x:99999"],
)
def test_what_is_no_address_of_a_scheduler_is_refused_in_words(capsys, address):
    asked = ["qa", "soak", "--tokens", "1", "--years", "0.1", "--scheduler", address]
    assert main(asked) == ExitCode.USAGE
    assert "tcp://HOST:PORT" in capsys.readouterr().err


def test_progress_is_reported_from_before_slow_modules_are_loaded(monkeypatch, awaited):
    monkeypatch.setitem(sys.modules, "host_tools.qa.vectors", None)
    monkeypatch.setitem(sys.modules, "host_tools.qa.soak", None)
    for command in ("vectors", "soak"):
        with suppress(ImportError):
            main(["qa", command])
    assert len(awaited) == 2


def test_the_command_draws_a_plot_that_says_in_words_what_it_shows(tmp_path: Path, capsys):
    plot = tmp_path / "plot.svg"
    arguments = [
        "qa",
        "soak",
        "--tokens",
        "3",
        "--years",
        "1",
        "--seed",
        "1",
        "--firmware",
        "0",
        "--typists",
        "1",
        "--plot",
        str(plot),
    ]
    assert main([*arguments, "--json"]) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert [(each["window"], each["learns"]) for each in found["settings"]] == [
        (rules.window, rules.learns) for rules in soak.SETTINGS
    ]
    assert {each["custom"]["period"] for each in found["typists"]} == {30, 60}
    drawing = ElementTree.parse(plot).getroot()
    text = [element.text or "" for element in drawing.iter()]
    assert drawing.get("role") == "img"
    for rules in soak.SETTINGS:
        assert rules.name in text
    assert any("% of all" in line for line in text)
    dashes = {
        line.get("stroke-dasharray") for line in drawing.iter() if line.tag.endswith("polyline")
    }
    assert len(dashes) == len(soak.SETTINGS)
