"""The I2S transmitter with amplifier and jack, and the sound that is heard."""

import wave
from array import array
from pathlib import Path

import pytest

from emulator.board import Board
from emulator.chips.amplifier import TURN_ON_US
from emulator.clock import SimulationClock
from emulator.mcu.i2s import I2sOut
from emulator.shims.records import IN, IRQ_FALLING, IRQ_RISING, OUT, PULL_UP
from emulator.sound import Sound
from firmware.boards.pico import BOARD

AMPLIFIER, JACK = 12, 13
RATE = 16_000
RAMP = array("h", range(1, 1001))


class SoundBoard:
    """A board with an I2S transmitter."""

    def __init__(self) -> None:
        self.clock = SimulationClock()
        self.board = Board(BOARD, "kodeoplaeser", self.clock, 0)
        self.board.connect("i2s", 0, sck=10, ws=11, sd=9)
        self.board.pins.configure(AMPLIFIER, OUT, 0, 0)
        self.taken: list[int] = []
        self.out = I2sOut(self.clock, lambda: self.taken.append(self.clock.now))
        self.sound = Sound(self.board)

    def start(self, width: int = 2, channels: int = 1, ring: int = 1280) -> None:
        self.out.start(self.board.i2s_sink(0), width, channels, RATE, ring)

    def wait(self, microseconds: int) -> None:
        self.clock.run_to(self.clock.now + microseconds)

    def bus(self, seconds: float) -> list[int]:
        return list(self.board.parts["audio"].between(0, round(seconds * 1_000_000), RATE))


@pytest.fixture
def board() -> SoundBoard:
    return SoundBoard()


def test_samples_are_on_the_wires_after_the_two_dma_buffers_each_at_its_time(
    board: SoundBoard,
) -> None:
    board.start()
    board.out.write(RAMP.tobytes(), True)
    board.wait(100_000)
    bus = board.bus(0.1)
    # 64 frames of silence, then the ramp; its last part is less than the DMA takes at once and is
    # not sent.
    assert bus[:64] == [0] * 64
    whole = (len(bus) - 64) // 32 * 32
    sent = (2 * len(RAMP) - 128) // 64 * 32 + 32
    assert bus[64 : 64 + sent] == list(RAMP[:sent])
    assert not any(bus[64 + sent :])
    assert whole > sent


def test_the_program_is_called_when_its_buffer_has_been_moved_over(board: SoundBoard) -> None:
    board.start()
    board.out.write(bytes(640), True)
    board.wait(100_000)
    assert board.taken == [4_000]  # 512 bytes at the first interrupt, 128 at the second, 2 ms apart


def test_a_full_ring_makes_the_program_wait_as_long_as_it_takes_to_send(board: SoundBoard) -> None:
    board.start(ring=1280)
    for _ in range(20):
        board.out.write(bytes(640), True)
        before = len(board.taken)
        while len(board.taken) == before:
            board.wait(1_000)
    gaps = [after - before for before, after in zip(board.taken[5:], board.taken[6:], strict=False)]
    assert sum(gaps) / len(gaps) == pytest.approx(20_000, rel=0.05)


def test_an_underrun_is_silence_and_what_follows_is_whole(board: SoundBoard) -> None:
    board.start()
    board.out.write(RAMP[:320].tobytes(), True)
    board.wait(100_000)
    board.out.write(RAMP[320:640].tobytes(), True)
    board.wait(100_000)
    heard = [sample for sample in board.bus(0.2) if sample]
    assert heard == list(RAMP[: len(heard)])
    assert len(heard) >= 600


def test_in_asyncio_mode_a_write_takes_what_the_ring_has_room_for(board: SoundBoard) -> None:
    board.start(ring=1281)
    assert board.out.put(RAMP.tobytes()) == 1280
    assert board.out.filled() == 1280
    assert board.out.put(RAMP[640:].tobytes()) == 0
    board.wait(20_000)
    assert board.out.put(RAMP[640:].tobytes()) == 640
    board.wait(80_000)
    assert board.bus(0.1)[64 : 64 + 928] == list(RAMP[:928]), (
        "the DMA takes no less than 64 samples"
    )
    assert not any(board.bus(0.1)[64 + 928 :])


def test_after_an_hour_of_silence_sound_comes_at_its_time_and_the_silence_was_not_kept(
    board: SoundBoard,
) -> None:
    board.start()
    board.out.put(RAMP[:320].tobytes())
    board.wait(3_600_000_000)
    board.sound.heard(3599, 3600)
    board.out.put(RAMP[320:640].tobytes())
    board.wait(100_000)
    bus = list(board.board.parts["audio"].between(3_600_000_000, 3_600_100_000, RATE))
    assert bus[64 : 64 + 320] == list(RAMP[288:608]), "32 samples had stayed behind"
    assert not any(bus[:64])
    assert sum(len(stretch.samples) for stretch in board.board.parts["audio"].stretches) < 1000


def test_a_stop_acts_at_once_and_drops_queued_samples(board: SoundBoard) -> None:
    board.start()
    board.out.write(RAMP.tobytes(), True)
    board.wait(10_000)
    board.out.stop()
    board.wait(50_000)
    bus = board.bus(0.06)
    assert max(bus) == 160 - 64
    assert not any(bus[160:])
    board.start()
    board.out.write(RAMP.tobytes(), True)
    board.wait(20_000)
    assert board.bus(0.08)[960 + 64] == 1


def test_stereo_and_32_bits(board: SoundBoard) -> None:
    board.start(channels=2)
    board.out.write(
        array("h", [n if side == 0 else -1 for n in RAMP[:100] for side in (0, 1)]).tobytes(), True
    )
    board.wait(20_000)
    assert board.bus(0.02)[64:128] == list(RAMP[:64])
    board = SoundBoard()
    board.start(width=4)
    board.out.write(array("i", [n << 16 for n in RAMP[:100]]).tobytes(), True)
    board.wait(20_000)
    assert board.bus(0.02)[32:80] == list(RAMP[:48])


def test_sound_on_other_pins_is_not_heard_but_the_program_is_called(board: SoundBoard) -> None:
    board.board.connect("i2s", 0, sck=20, ws=21, sd=22)
    board.start()
    board.out.write(RAMP[:320].tobytes(), True)
    board.wait(100_000)
    assert board.taken == [4_000]
    assert not any(board.bus(0.1))


def test_the_loudspeaker_plays_while_its_amplifier_is_on(board: SoundBoard) -> None:
    board.start()
    board.out.write((RAMP * 2).tobytes(), True)
    board.wait(10_000)
    board.board.pins.write(AMPLIFIER, 1)
    board.wait(30_000)
    board.board.pins.write(AMPLIFIER, 0)
    board.wait(30_000)
    heard = board.sound.heard(0, 0.07)
    bus = board.bus(0.07)
    first, last = (10_000 + TURN_ON_US) * 16 // 1000, 40_000 * 16 // 1000
    assert list(heard.speaker) == [0] * first + bus[first:last] + [0] * (len(bus) - last)
    assert not any(heard.headphones)
    assert heard.onset(0) == pytest.approx(0.0175, abs=1e-4)
    assert heard.offset(0) == pytest.approx(0.04, abs=1e-4)


def test_an_amplifier_disabled_within_its_turn_on_time_plays_nothing(
    board: SoundBoard,
) -> None:
    board.start()
    board.out.write(RAMP.tobytes(), True)
    board.board.pins.write(AMPLIFIER, 1)
    board.wait(TURN_ON_US - 1)
    board.board.pins.write(AMPLIFIER, 0)
    board.wait(50_000)
    assert not any(board.sound.heard(0, 0.05).speaker)


def test_headphones_play_while_the_plug_is_in(board: SoundBoard) -> None:
    board.start()
    board.out.write(RAMP.tobytes(), True)
    board.wait(10_000)
    board.board.parts["jack"].plug()
    board.wait(10_000)
    board.board.parts["jack"].unplug()
    board.wait(10_000)
    heard, bus = board.sound.heard(0, 0.03), board.bus(0.03)
    assert list(heard.headphones) == [0] * 160 + bus[160:320] + [0] * 160
    assert not any(heard.speaker)
    assert heard.samples == heard.headphones


def test_the_jacks_switch_bounces_and_is_low_without_a_plug(board: SoundBoard) -> None:
    pins, edges = board.board.pins, []
    pins.configure(JACK, IN, PULL_UP, 255)
    pins.interrupt(JACK, IRQ_FALLING | IRQ_RISING)
    pins.on_edge = lambda pin, flags: edges.append(flags)
    for move, level in (("plug", 1), ("unplug", 0)):
        edges.clear()
        getattr(board.board.parts["jack"], move)()
        board.wait(10_000)
        assert pins.level(JACK) == level
        assert len(edges) > 1


def test_a_recording_is_a_wav_file_of_what_was_heard(board: SoundBoard, tmp_path: Path) -> None:
    board.board.parts["jack"].plug()
    board.start()
    board.out.write(RAMP.tobytes(), True)
    board.wait(10_000)
    board.sound.record(tmp_path / "heard.wav")
    board.wait(30_000)
    with pytest.raises(ValueError, match="running"):
        board.sound.record(tmp_path / "another.wav")
    board.wait(10_000)
    with wave.open(str(board.sound.stop_recording())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert array("h", file.readframes(10_000)) == array("h", board.bus(0.05)[160:])
    with pytest.raises(ValueError, match="No recording"):
        board.sound.stop_recording()


def test_old_sound_is_dropped_and_future_sound_is_silence(
    board: SoundBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.chips.i2s.KEPT_S", 1)
    for _ in range(4):
        board.start(ring=40_001)
        board.out.put((RAMP[:960] * 10).tobytes())
        board.wait(600_000)
    assert len(board.board.parts["audio"].stretches) == 3
    assert len(board.sound.heard(2.3, 5.3).speaker) == 3 * RATE
