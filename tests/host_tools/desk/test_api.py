"""The desk's API: everything that can be done with a token, and what it shows and says then."""

import base64
import io
import json
import threading
import wave
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import numpy as np
import pyotp
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from emulator.errors import VmDiedError
from emulator.session import Emulator
from host_tools.desk.token import DeskToken
from host_tools.desktop.felt import VibrationDetector
from host_tools.image.image import build_image
from host_tools.link.session import open_session
from tests.support.emulated.desk import ADDRESS, AT, Made, api, application
from tests.support.emulated.images import BLOCK
from tests.support.emulated.token import KEY, SECRET, digits
from tests.support.limits import REAL_LIMIT


def code_at(moment: float) -> str:
    return pyotp.TOTP(base64.b32encode(SECRET).decode()).at(int(moment))


def shown(client: TestClient) -> list[str]:
    text: list[str] = client.get("screen").json()["text"]
    return text


def changed(client: TestClient, **change: Any) -> dict[str, Any]:
    answer = client.patch("token", json=change)
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


def test_only_who_knows_the_secret_may_ask(desk: Made) -> None:
    app = application(desk())
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        client = TestClient(app, ADDRESS, headers=given)
        for method, path in (("GET", "token"), ("POST", "press"), ("GET", "events"), ("GET", "x")):
            answer = client.request(method, f"/api/v1/{path}", content=b"{")
            assert answer.status_code == 401, (given, path)
            assert answer.json()["id"] == "desk-unauthorised"
    assert TestClient(app, ADDRESS).get("/api/v1/openapi.json").status_code == 200


def test_a_name_that_points_here_is_refused(desk: Made) -> None:
    """DNS rebinding: the browser takes somebody's page for ours, but says by which name."""
    client = api(desk())
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example"):
        refused = client.get("token", headers={"Host": host})
        assert (refused.status_code, refused.json()["id"]) == (400, "desk-host"), host
        assert host in refused.json()["error"]
    for host in ("127.0.0.1:4711", "localhost:4711"):
        assert client.get("token", headers={"Host": host}).status_code == 200, host


def test_a_page_can_be_asked_whether_it_is_there(desk: Made) -> None:
    client = TestClient(application(desk()), ADDRESS)
    there = client.head("/")
    assert there.status_code == 200
    assert there.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in there.headers["content-security-policy"]


def test_no_answer_lets_another_site_read_it(desk: Made) -> None:
    client = api(desk())
    answer = client.get("token", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    preflight = client.options("token", headers={"Origin": "https://evil.example"})
    assert preflight.status_code in {401, 405}


def test_a_press_is_answered_when_the_code_stands(desk: Made) -> None:
    token = desk()
    client = api(token)
    state = client.post("press", json={"keys": ["red"]}).json()
    assert state["powered"]
    assert state["keys_down"] == []
    assert digits(shown(client)) == code_at(AT)
    screen = token.emulator.screen()
    assert client.get("screen.bin").content == screen.data
    picture = Image.open(io.BytesIO(client.get("screen.png?scale=1").content))
    lit = [picture.getpixel((4 + x, 4 + y)) for y in range(64) for x in range(128)]
    assert bytes(lit) == screen.data
    client.post("advance", json={"seconds": 31})
    answer = client.get("screen").json()
    assert not answer["on"]
    assert answer["text"] == []


def test_a_key_is_held_until_it_is_let_go(desk: Made) -> None:
    client = api(desk())
    assert client.post("keys/down", json={"key": "red"}).json()["keys_down"] == ["red"]
    client.post("advance", json={"seconds": 6.5})
    assert client.post("keys/up", json={"key": "red"}).json()["keys_down"] == []
    assert any("Serienummer" in line for line in shown(client)), shown(client)


def test_several_keys_at_once_are_a_combination_and_speech_is_read_from_the_samples(
    desk: Made,
) -> None:
    client = api(desk("kodeoplaeser"))
    client.post("press", json={"keys": ["red"]})
    client.post("advance", json={"seconds": 20})
    begin = client.get("token").json()["elapsed"]
    client.post("press", json={"keys": ["red", "8"], "ms": 200})
    client.post("advance", json={"seconds": 10})
    heard = client.get("speech", params={"start": begin, "end": begin + 10}).json()
    assert "Serienummer" in heard["text"]
    assert heard["language"] == "da"
    assert all(begin <= clip["start"] < clip["end"] <= begin + 10 for clip in heard["clips"])
    sound = client.get("speech.wav", params={"start": begin, "end": begin + 10}).content
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(samples) == 160_000
    assert np.abs(samples).max() > 1000
    for start, end in ((5, 4), (0, 601)):
        refused = client.get("speech", params={"start": start, "end": end})
        assert refused.status_code == 422
        assert refused.json()["id"] == "desk-span"


def test_what_a_token_does_not_have_is_refused(desk: Made) -> None:
    client = api(desk())
    for method, path, given in (
        ("PATCH", "token", {"headset": True}),
        ("POST", "press", {"keys": ["5"]}),
        ("POST", "keys/down", {"key": "#"}),
    ):
        answer = client.request(method, path, json=given)
        assert answer.status_code == 409, answer.text
        assert answer.json()["id"] == "desk-part-absent"
    assert client.get("speech.wav?start=0&end=1").status_code == 409
    assert client.get("product").json()["keys"] == ["red"]


def test_what_is_not_taken_is_named(desk: Made) -> None:
    client = api(desk())
    for method, path, given, where in (
        ("PATCH", "token", {"batery_mv": 1}, "batery_mv"),
        ("PATCH", "token", {"rate": -1}, "rate"),
        ("PATCH", "token", {"drift_ppm": 501}, "drift_ppm"),
        ("PATCH", "token", {"time": 4_102_444_801}, "from 2000-01-01T00:00:00Z to 2100-01-01"),
        ("PATCH", "token", {"clock": "1999-12-31T23:59:59Z"}, "from 2000-01-01T00:00:00Z to"),
        ("PATCH", "token", {"time": True}, "time"),
        ("POST", "press", {"keys": []}, "keys"),
        ("POST", "press", {"keys": ["q"]}, "keys"),
        ("POST", "advance", {"seconds": 3_601}, "seconds"),
        ("POST", "advance", {"seconds": "5"}, "seconds"),
        ("POST", "power/cut", {"operation": 0}, "operation"),
    ):
        answer = client.request(method, path, json=given)
        assert answer.status_code == 422, (path, given)
        assert where in answer.json()["error"]
    for content, kind, identifier in (
        (b"[" * 100_000, "application/json", "desk-unreadable"),
        (b'{"seconds": 1}', "application/x-www-form-urlencoded", "desk-content-type"),
        (b"{", "application/json", "request-invalid"),
    ):
        answer = client.post("advance", content=content, headers={"Content-Type": kind})
        assert answer.json()["id"] == identifier, answer.text
    assert client.get("nothing").status_code == 404
    assert client.delete("token").status_code == 405


def test_time_jumps_drifts_and_stands_still(desk: Made) -> None:
    client = api(desk())
    before = client.get("token").json()
    assert before["rate"] == 0
    assert changed(client)["elapsed"] == before["elapsed"], "no time passes by itself"
    state = changed(client, time=AT + 86_400, drift_ppm=50.0)
    assert state["time"] == pytest.approx(AT + 86_400)
    assert state["elapsed"] == before["elapsed"]
    for _ in range(144):
        state = client.post("advance", json={"seconds": 600}).json()
    assert state["elapsed"] == pytest.approx(before["elapsed"] + 86_400)
    assert state["clock"] - state["time"] == pytest.approx(50e-6 * 86_400, abs=0.01)
    assert changed(client, clock=AT)["clock"] == pytest.approx(AT, abs=0.01)
    assert changed(client, temperature=-12.5)["temperature"] == -12.5
    assert changed(client, time="2031-01-02T03:04:05+01:00")["time"] == 1_925_085_845
    assert changed(client, clock="2031-01-02T02:04:06Z")["clock"] == 1_925_085_846
    for moment in ("2031-01-02T03:04:05", "tomorrow", "1999-01-01T00:00:00Z"):
        refused = client.patch("token", json={"time": moment})
        assert refused.status_code == 422
        assert refused.json()["error"].startswith("body.time: "), refused.text
    assert "2031-01-02T03:04:05Z" in client.patch("token", json={"time": "soon"}).json()["error"]


def test_time_passes_at_the_rate_that_is_set(desk: Made) -> None:
    token = desk(rate=1)
    client = api(token)
    changed(client, rate=100)
    passed = threading.Event()
    begin = token.emulator.elapsed
    assert any(passed.wait(0.01) or token.emulator.elapsed > begin + 60 for _ in range(6000))
    still = changed(client, rate=0)["elapsed"]
    assert token.emulator.elapsed == still


def test_an_empty_cell_leaves_the_token_dark(desk: Made) -> None:
    client = api(desk())
    assert changed(client, battery_mv=0)["battery_mv"] == 0
    assert not client.post("press", json={"keys": ["red"]}).json()["powered"]
    changed(client, battery_mv=3900)
    assert client.post("press", json={"keys": ["red"]}).json()["powered"]


def test_the_cable_carries_the_link_and_the_headset_the_voice(desk: Made) -> None:
    token = desk("kodeoplaeser")
    client = api(token)
    assert not client.get("token").json()["plugged"]
    state = changed(client, plugged=True, headset=True)
    assert state["plugged"]
    assert state["headset"]
    assert state["powered"]
    session = open_session(token.emulator.port, KEY, lambda number: False)
    assert session.hello.state == "in_use"
    assert not changed(client, plugged=False)["plugged"]
    begin = client.get("token").json()["elapsed"]
    client.post("press", json={"keys": ["red"]})
    client.post("advance", json={"seconds": 3})
    heard = token.emulator.audio(begin)
    assert max(heard.headphones) > 1000
    assert not any(heard.speaker)


def test_power_is_cut_now_and_at_a_flash_operation(desk: Made) -> None:
    client = api(desk("kodeoplaeser"))
    assert client.post("press", json={"keys": ["red"]}).json()["powered"]
    assert not client.post("power/cut").json()["powered"]
    client.post("press", json={"keys": ["red"]})
    client.post("advance", json={"seconds": 5})
    before = client.post("power/cut", json={"operation": 1, "mode": "torn"}).json()
    assert before["powered"]
    client.post("press", json={"keys": ["red", "3"]})  # a louder voice, which is kept
    after = client.post("advance", json={"seconds": 60}).json()
    assert after["flash_operations"] == before["flash_operations"] + 1
    client.post("press", json={"keys": ["red"]})
    assert digits(shown(client)) == code_at(client.get("token").json()["clock"])


def test_a_reset_on_the_cable_starts_it_anew(desk: Made) -> None:
    client = api(desk())
    changed(client, plugged=True)
    client.post("advance", json={"seconds": 1})
    assert client.post("reset").json()["powered"]
    changed(client, plugged=False)
    client.post("advance", json={"seconds": 60})
    assert not client.post("reset").json()["powered"]


def test_a_snapshot_undoes_what_came_after_it(desk: Made) -> None:
    token = desk("kodeoplaeser")
    client = api(token)
    kept = client.post("snapshots", json={"name": "Danish"}).json()
    assert kept["name"] == "Danish"
    assert client.post("snapshots").json()["name"] == "2", "an empty body is enough"
    client.post("press", json={"keys": ["red"]})
    client.post("advance", json={"seconds": 5})
    client.post("press", json={"keys": ["red", "9"]})  # the next language
    client.post("advance", json={"seconds": 100})

    def first_words() -> str:
        begin = client.post("press", json={"keys": ["red"]}).json()["elapsed"]
        client.post("advance", json={"seconds": 100})
        span = {"start": begin, "end": begin + 12}
        return str(client.get("speech", params=span).json()["language"])

    assert first_words() == "en"
    assert not client.post(f"snapshots/{kept['number']}/restore").json()["powered"]
    assert first_words() == "da"
    for number in range(20):
        client.post("snapshots", json={"name": f"{number}"})
    listed = client.get("snapshots").json()
    assert [entry["name"] for entry in listed] == [f"{number}" for number in range(20)]
    assert client.post(f"snapshots/{kept['number']}/restore").status_code == 404
    assert client.delete(f"snapshots/{listed[0]['number']}").status_code == 204
    assert client.delete(f"snapshots/{listed[0]['number']}").status_code == 404
    assert len(client.get("snapshots").json()) == 19


def test_a_state_is_saved_as_a_file_and_loaded_by_another_token(desk: Made, tmp_path: Path) -> None:
    client = api(desk())
    saved = client.get("state")
    assert saved.headers["content-type"] == "application/zip"
    assert saved.headers["content-disposition"] == "attachment; filename=kodeviser-pico.zip"
    assert saved.headers["cache-control"] == "no-store"
    client.post("press", json={"keys": ["red"]})
    code = digits(shown(client))
    changed(client, battery_mv=3000, plugged=True, time=AT + 86_400)
    image = build_image("kodeviser", "pico")
    with Emulator("kodeviser", "pico", tmp_path / "blank", image=image) as emulator:
        emulator.rate = 0
        with DeskToken(emulator, {}) as blank:
            other = api(blank)
            assert other.post("press", json={"keys": ["red"]}).json()["powered"]
            for token in (client, other):
                state = token.put("state", content=saved.content, headers=ZIP).json()
                assert not state["powered"]
                assert not state["plugged"]
                assert state["battery_mv"] == 3900
                assert state["time"] == pytest.approx(AT)
                assert state["clock"] == pytest.approx(AT, abs=2)
                token.post("press", json={"keys": ["red"]})
                assert digits(shown(token)) == code
                assert token.get("scenario").text.count("button down") == 1, "recorded anew"
            (before,) = other.get("snapshots").json()
            other.post(f"snapshots/{before['number']}/restore")
            other.post("press", json={"keys": ["red"]})
            assert shown(other)[0] == "Ikke sat op", "it can be undone"


ZIP = {"Content-Type": "application/zip"}


@pytest.mark.parametrize(
    ("asked", "said"),
    [("da", "tilstand"), ("en-GB, da;q=0.5", "state"), ("fr, da", "tilstand"), (None, "state")],
)
def test_a_refusal_is_in_the_language_that_is_asked_for(
    desk: Made, asked: str | None, said: str
) -> None:
    headers = ZIP | ({"Accept-Language": asked} if asked else {})
    answer = api(desk("kodeviser")).put("state", content=b"none", headers=headers)
    assert (answer.status_code, answer.json()["id"]) == (422, "desk-no-state")
    assert said in answer.json()["error"]


def test_a_file_that_is_no_state_of_this_kind_of_token_is_refused_in_words(desk: Made) -> None:
    token = desk("kodeoplaeser")
    client = api(token)
    good = token.emulator.snapshot()
    state = json.loads(good.state)
    of_another = good._replace(state=json.dumps(state | {"product": "kodeviser"}))
    of_then = good._replace(state=json.dumps(state | {"version": 1}))
    empty = good._replace(state=json.dumps(state | {"battery_mv": -5}))
    fast = state | {"clock": state["clock"] | {"drift": 10**30}}
    client.post("press", json={"keys": ["red"]})
    for file, status, identifier, words in (
        (b"PK\x03\x04", 422, "desk-no-state", "no token's state"),
        (of_another.archive(), 409, "desk-state-other", "kodeviser for the board pico2"),
        (of_then.archive(), 422, "desk-state-version", "version 1"),
        (empty.archive(), 422, "desk-state-value", "battery_mv"),
        (good._replace(state=json.dumps(fast)).archive(), 422, "desk-state-value", "clock.drift"),
        (b"", 422, "desk-no-state", "no token's state"),
    ):
        answer = client.put("state", content=file, headers=ZIP)
        assert (answer.status_code, answer.json()["id"]) == (status, identifier), answer.text
        assert words in answer.json()["error"]
        assert answer.json()["hint"]
    assert client.get("token").json()["powered"]
    assert client.get("snapshots").json() == []


def _damaged(flash: bytes, seed: int) -> bytes:
    """Give a token's flash with a few of its blocks lost, exchanged or changed bit by bit."""
    random, damaged = Random(seed), bytearray(flash)
    blocks = [at for at in range(0, len(flash), BLOCK) if flash[at : at + BLOCK].strip(b"\xff")]
    for at in random.sample(blocks, 6):
        other = random.choice(blocks)
        bits = bytearray(flash[at : at + BLOCK])
        bits[random.randrange(BLOCK)] ^= 1 << random.randrange(8)
        damaged[at : at + BLOCK] = random.choice(
            (b"\xff" * BLOCK, bytes(BLOCK), flash[other : other + BLOCK], bits)
        )
    return bytes(damaged)


def test_a_state_with_a_damaged_flash_is_answered_at_once_and_can_be_undone(desk: Made) -> None:
    """It starts or it does not, as such a board would; the API goes on whatever it does."""
    token = desk("kodeoplaeser")
    client = api(token)
    good = token.emulator.snapshot()
    flashes = [
        b"\xff" * len(good.flash),
        bytes(len(good.flash)),
        Random(1).randbytes(len(good.flash)),
        good.flash[: len(good.flash) // 2].ljust(len(good.flash), b"\xff"),
        *(_damaged(good.flash, seed) for seed in range(6)),
    ]
    began = monotonic()
    for flash in flashes:
        state = good._replace(flash=flash).archive()
        assert client.put("state", content=state, headers=ZIP).status_code == 200
        for path, body in (("press", {"keys": ["red"]}), ("advance", {"seconds": 5})):
            answer = client.post(path, json=body)
            assert answer.status_code == 200 or answer.json()["id"] == "emulator-failed", answer
        assert client.get("screen").status_code == 200
    assert monotonic() - began < REAL_LIMIT
    assert client.put("state", content=good.archive(), headers=ZIP).status_code == 200
    client.post("press", json={"keys": ["red"]})
    assert digits(shown(client)) == code_at(client.get("token").json()["clock"])


def test_what_was_done_is_a_scenario(desk: Made) -> None:
    client = api(desk("kodeoplaeser"))
    client.post("press", json={"keys": ["red", "#"]})
    client.post("advance", json={"seconds": 2})
    changed(client, battery_mv=3400, drift_ppm=1.5, temperature=-3, time=AT, headset=True)
    client.post("reset")
    client.post("power/cut", json={"operation": 3, "mode": "after"})
    lines = client.get("scenario").text.splitlines()
    assert lines[0].startswith("set time 2030-01-01T01:00:")
    done = [line for line in lines[1:] if not line.startswith("wait ")]
    assert done == [
        "button down",
        'key "#" down',
        'key "#" up',
        "button up",
        "headset in",
        "battery 3400 mV",
        "drift 1.500000 ppm",
        "temperature -3.000000 C",
        "set time 2030-01-01T01:00:01Z",
        "reset",
        "cut power at operation 3 after",
    ]
    assert sum(int(line.split()[1]) for line in lines if line.startswith("wait ")) >= 2_000_000


def test_a_trace_is_begun_read_and_stopped(desk: Made) -> None:
    token = desk()
    client = api(token)
    for method, path in (("GET", "trace"), ("POST", "trace/stop"), ("GET", "trace.vcd")):
        answer = client.request(method, path)
        assert (answer.status_code, answer.json()["id"]) == (404, "desk-no-trace")
    assert client.post("trace/start").json() == {"running": True, "events": 0, "dropped": 0}
    client.post("press", json={"keys": ["red"]})
    meanwhile = client.get("trace").json()
    assert meanwhile["running"]
    assert meanwhile["events"] > 10
    again = client.post("trace/start")
    assert (again.status_code, again.json()["id"]) == (409, "desk-traced-already")
    assert client.get("trace").json() == meanwhile, "what was recorded is still there"
    assert client.post("trace/stop").json() == meanwhile | {"running": False}
    client.post("press", json={"keys": ["red"]})
    text = client.get("trace.txt")
    assert text.headers["content-type"].startswith("text/plain")
    assert "0x3C display (ssd1306): write" in text.text
    assert len(text.text.splitlines()) == 1 + meanwhile["events"]
    assert "$enddefinitions" in client.get("trace.vcd").text
    assert client.post("trace/start").json()["events"] == 0


def test_a_token_that_is_traced_into_a_file_is_not_traced_again(desk: Made) -> None:
    token = desk()
    client = api(token)
    with token.emulator.trace():
        answer = client.post("trace/start")
        assert (answer.status_code, answer.json()["id"]) == (409, "desk-traced-already")
    assert client.post("trace/start").json()["running"]


def test_each_change_is_told_before_its_action_is_answered(
    desk: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk()
    client = api(token)
    told: list[tuple[str, Any]] = []
    monkeypatch.setattr(token.broadcast, "publish", lambda *event: told.append(event))
    client.post("press", json={"keys": ["red"]})
    screens = [data for kind, data in told if kind == "screen"]
    states = [data for kind, data in told if kind == "state"]
    assert states[-1]["powered"]
    pixels = np.unpackbits(np.frombuffer(base64.b64decode(screens[-1]["pixels"]), np.uint8))
    assert pixels.tobytes() == token.emulator.screen().data
    assert (screens[-1]["width"], screens[-1]["height"]) == (128, 64)


def test_a_firmware_that_fails_is_told_and_the_next_press_starts_it_again(
    desk: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk()
    client = api(token)
    client.post("press", json={"keys": ["red"]})

    def dies(limit: float) -> None:
        raise VmDiedError("MicroPython ended by itself.")

    monkeypatch.setattr(token.emulator.mcu.vm, "next_record", dies)
    answer = client.post("press", json={"keys": ["red"]})
    assert answer.status_code == 503
    assert answer.json()["id"] == "emulator-failed"
    assert not client.get("token").json()["powered"]
    assert "ended by itself" in client.get("log").json()[-1]["message"]
    assert client.post("press", json={"keys": ["red"]}).json()["powered"]
    assert digits(shown(client)) == code_at(client.get("token").json()["clock"])


def test_a_reader_that_fails_is_told_once_and_makes_no_500(
    desk: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk()
    client = api(token)

    def fails(detector: object) -> None:
        raise OverflowError("too long")

    monkeypatch.setattr(VibrationDetector, "update", fails)
    for _ in range(2):
        answer = client.get("captions")
        assert (answer.status_code, answer.json()["id"]) == (503, "desk-unread")
    told = [line for line in client.get("log").json() if line["level"] == "CRITICAL"]
    assert len(told) == 1
    assert "too long" in told[0]["message"]
    assert client.post("press", json={"keys": ["red"]}).json()["powered"]


def test_what_was_said_is_a_caption_at_its_time_as_soon_as_it_has_passed(desk: Made) -> None:
    client = api(desk("kodeoplaeser"))
    pressed = []
    for keys in (["red"], ["red", "8"]):
        pressed.append(client.get("token").json()["time"])
        client.post("press", json={"keys": keys})
        client.post("advance", json={"seconds": 20})
    said = client.get("captions").json()
    texts = [caption["text"] for caption in said]
    assert "Koden er" in texts[0]
    assert [text.partition(" ")[0] for text in texts[1:]] == ["Serienummer"] * 2
    for caption, moment in zip(said[:2], pressed, strict=True):
        assert moment < caption["time"] < moment + 3


def test_a_recording_played_again_gives_the_same_pixels(desk: Made) -> None:
    token = desk()
    client = api(token)
    assert client.post("scenario/play").json()["id"] == "desk-nothing-recorded"
    client.post("press", json={"keys": ["red"]})
    assert not client.post("scenario/record").json()["powered"]
    client.post("advance", json={"seconds": 2})
    client.post("press", json={"keys": ["red"]})
    client.post("advance", json={"seconds": 3})
    code = digits(shown(client))
    recorded = client.get("scenario").text
    client.post("advance", json={"seconds": 600})
    assert shown(client) == []
    state = client.post("scenario/play", json={"text": recorded}).json()
    assert state["powered"]
    assert digits(shown(client)) == code, "at the same time"
    assert client.post("scenario/record").json()["recording"]
    client.post("press", json={"keys": ["red"]})
    client.post("advance", json={"seconds": 1})
    pixels = client.get("screen.bin").content
    stopped = client.post("scenario/stop").json()
    assert (stopped["recording"], stopped["recorded"]) == (False, True)
    recorded = client.get("scenario").text
    client.post("press", json={"keys": ["red"]})
    assert client.get("scenario").text == recorded, "what came after it is not in it"
    for _ in range(2):  # from the state in which it began, not from the present one
        assert client.post("scenario/play").json()["powered"]
        assert client.get("screen.bin").content == pixels
    assert client.get("scenario").text == recorded


def test_a_recording_ends_with_what_it_cannot_lead_to(desk: Made) -> None:
    client = api(desk())
    number = client.post("snapshots").json()["number"]
    for ends in (f"snapshots/{number}/restore", "scenario/play"):
        client.post("scenario/record")
        client.post("press", json={"keys": ["red"]})
        client.post(ends)
        state = client.get("token").json()
        assert (state["recording"], state["recorded"]) == (False, True), ends
        assert client.get("scenario").text.count("button down") == 1


def test_a_scenario_that_cannot_be_played_says_why(desk: Made) -> None:
    client = api(desk())
    for text, status, what in (
        ("jump", 422, "desk-no-step"),
        ("screenshot /tmp/stolen.png", 422, "desk-step-files"),
        ("Record  start x.wav", 422, "desk-step-files"),
        ("expect code from x", 422, "desk-step-files"),
        ("wait 1 h\nkey 5", 422, "desk-no-step"),
        ('expect text "nothing of the kind"', 409, "desk-scenario-failed"),
    ):
        answer = client.post("scenario/play", json={"text": text})
        assert (answer.status_code, answer.json()["id"]) == (status, what), text
        assert "Picture" not in answer.json()["error"]


def test_a_scenario_is_refused_in_the_language_of_the_page_reason_and_all(desk: Made) -> None:
    token = desk()
    client = api(token)
    client.patch("token", json={"time": "2099-12-31T23:00:00Z"})
    before = token.emulator.elapsed
    for text, told in (
        (
            "wait -3 s",
            "Scenariet har en linje, der ikke kan spilles: linje 1: wait -3 s\n"
            "  Tiden går ikke baglæns.",
        ),
        (
            "wait 1 h\nkey 5",
            "Scenariet har en linje, der ikke kan spilles: linje 2: key 5\n"
            "  Dette produkt har intet tastatur.",
        ),
        (
            "wait 2 h",
            "Scenariet har en linje, der ikke kan spilles: linje 1: wait 2 h\n"
            "  Det slutter efter 2100-01-01T00:00:00Z, det seneste mulige tidspunkt.",
        ),
        (
            'expect text "x"',
            'Scenariet gik ikke, som det siger: linje 1: expect text "x"\n'
            "  Teksten 'x' er der ikke.\n  Skærmen er mørk eller viser ingen tekst.",
        ),
    ):
        answer = client.post(
            "scenario/play", json={"text": text}, headers={"Accept-Language": "da"}
        )
        assert answer.json()["error"] == told
    assert token.emulator.elapsed == before, "nothing was played"
    answer = client.post("advance", json={"seconds": 600})
    assert answer.status_code == 200
    client.patch("token", json={"time": "2099-12-31T23:59:00Z"})
    answer = client.post("advance", json={"seconds": 61}, headers={"Accept-Language": "da"})
    assert (answer.status_code, answer.json()["id"]) == (409, "desk-time-ends")
    assert answer.json()["error"] == "Tiden kan ikke gå længere end til 2100-01-01T00:00:00Z."


def played_beside(client: TestClient, **scenario: str) -> threading.Thread:
    """Begin to play a scenario's text, or what was recorded, at the rate of real time in a
    thread."""
    playing = threading.Thread(
        target=client.post, args=("scenario/play",), kwargs={"json": {"rate": 1, **scenario}}
    )
    playing.start()
    return playing


def test_what_is_played_can_be_watched_and_stopped(desk: Made) -> None:
    token = desk()
    client = api(token)
    begin = token.emulator.elapsed
    playing = played_beside(client, text="press\nwait 1 h")
    passed = threading.Event()
    assert any(passed.wait(0.01) or client.get("screen").json()["on"] for _ in range(6000))
    assert client.post("scenario/play", json={"text": "press"}).json()["id"] == "desk-playing"
    client.post("scenario/stop")
    playing.join()
    assert token.emulator.elapsed < begin + 3000
    assert token.emulator.rate == 0


def test_what_is_played_keeps_its_time_to_itself_and_says_its_rate(desk: Made) -> None:
    token = desk()
    client = api(token)
    client.post("scenario/record")
    client.post("press", json={"keys": ["red"]})
    client.post("advance", json={"seconds": 500})
    client.post("scenario/stop")
    playing = played_beside(client)
    passed = threading.Event()
    assert any(passed.wait(0.01) or client.get("screen").json()["on"] for _ in range(6000))
    state = client.get("token").json()
    assert (state["playing"], state["rate"]) == (True, 1)
    assert client.post("scenario/play").json()["id"] == "desk-playing"
    assert client.post("scenario/record").json()["id"] == "desk-playing"
    assert client.get("screen").json()["on"], "neither has begun anything anew"
    assert changed(client, rate=0)["rate"] == 0
    paused = token.emulator.elapsed
    assert changed(client, rate=100)["rate"] == 100
    playing.join()
    assert token.emulator.elapsed > paused
    state = client.get("token").json()
    assert (state["playing"], state["rate"]) == (False, 100), "as it was asked for meanwhile"


def test_a_snapshot_that_is_restored_ends_what_is_played(desk: Made) -> None:
    token = desk()
    client = api(token)
    number = client.post("snapshots").json()["number"]
    playing = played_beside(client, text="wait 1 h\npress")
    passed = threading.Event()
    assert any(passed.wait(0.01) or client.get("token").json()["playing"] for _ in range(6000))
    assert not client.post(f"snapshots/{number}/restore").json()["powered"]
    playing.join()
    assert not client.get("token").json()["powered"], "the press of another token's scenario"


def test_a_scenario_expects_speech_here_too(desk: Made) -> None:
    client = api(desk("kodeoplaeser"))
    said = 'press\nexpect speech "{}"'
    failed = client.post("scenario/play", json={"text": said.format("nothing of the kind")})
    assert failed.json()["id"] == "desk-scenario-failed"
    names = failed.json()["error"].partition("What is said is: ")[2].splitlines()[0]
    assert len(names.split()) > 3
    client.post("advance", json={"seconds": 40})  # until it is off
    answer = client.post("scenario/play", json={"text": said.format(names.split()[0])})
    assert answer.status_code == 200, answer.text


def test_a_hand_that_trembles_strikes_each_key_twice(desk: Made) -> None:
    token = desk("kodeoplaeser")
    client = api(token)
    assert changed(client, trembles=True)["trembles"]
    client.post("press", json={"keys": ["red"], "ms": 100})
    struck = [line for line in token.recorder.text().splitlines() if "button" in line]
    assert struck == ["button down", "button up"] * 2
    changed(client, trembles=False)
    client.post("press", json={"keys": ["red"]})
    assert token.recorder.text().count("button up") == 3


def test_a_trace_is_filtered_by_channel_and_length(desk: Made) -> None:
    client = api(desk())
    client.post("trace/start")
    client.post("press", json={"keys": ["red"]})
    client.post("trace/stop")
    every = client.get("trace.txt").text.splitlines()
    pins = client.get("trace.txt", params={"channel": "gpio"}).text.splitlines()
    assert pins == [every[0], *(line for line in every[1:] if " gpio" in line)]
    assert len(pins) > 4
    last = client.get("trace.txt", params={"channel": "gpio", "last": 2}).text.splitlines()
    assert last == [pins[0], *pins[-2:]]
    for channel in ("link", "i2c0", "button"):
        assert client.get("trace.txt", params={"channel": channel}).status_code == 200
    absent = client.get("trace.txt", params={"channel": "i2s"})
    assert (absent.status_code, absent.json()["id"]) == (422, "desk-no-channel")
    assert "gpio15_button" in absent.json()["error"]
