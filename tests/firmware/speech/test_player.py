"""The player sends clips and pauses exactly to the sample, ahead of playback, and knows what is
being played."""

import pytest

from tests.support.runtime import MicroPython, Runtime

PLAYER = "tests.firmware.speech.vm_player"
LEAD = [0, 160]  # 10 ms


def test_clips_and_pauses_follow_one_another_to_the_sample(runtime: Runtime):
    told, _ = runtime.call(PLAYER, "runs", [("1", 100), ("2", 33), ("1", 1)], 1000)
    assert told[:-1] == [LEAD, [1, 1000], [0, 1600], [2, 1000], [0, 528], [1, 1000]]
    assert told[-1][1] >= 16, "and silence to the end of the piece"


def test_what_is_said_after_the_first_thing_begins_with_an_audible_pause(runtime: Runtime):
    told, _ = runtime.call(PLAYER, "runs", [("1", 0)], 1000, [("2", 0)])
    assert told[:2] == [LEAD, [1, 1000]]
    assert told[2] == [0, 440 + 640], "silence to the end of the piece, and 40 ms"
    assert told[3] == [2, 1000]


def test_clips_of_all_lengths_are_whole(runtime: Runtime):
    for length in (1, 639, 640, 799, 800, 801, 5000):
        told, _ = runtime.call(PLAYER, "runs", [("1", 0), ("2", 20)], length)
        assert told[:3] == [LEAD, [1, length], [2, length]]


def test_a_clip_that_the_pack_does_not_have_is_left_out(runtime: Runtime):
    told, voice = runtime.call(PLAYER, "runs", [("1", 100), ("none", 100), ("2", 100)], 500)
    assert told[:-1] == [LEAD, [1, 500], [0, 1600], [2, 500]]
    assert voice is True


def test_a_flash_that_cannot_be_read_ends_the_voice(runtime: Runtime):
    told, voice = runtime.call(PLAYER, "runs", [("1", 100), ("bad", 100), ("2", 100)], 500)
    assert [value for value, _ in told] == [0, 1, 0]
    assert voice is False


def test_clips_of_other_packs_take_their_turn(runtime: Runtime):
    script = [("1", 100), (("names", "7"), 10), (("names", "8"), 0), ("2", 100)]
    told, voice = runtime.call(PLAYER, "runs", script, 500)
    assert told[:-1] == [LEAD, [1, 500], [0, 1600], [7, 30], [0, 160], [8, 30], [2, 500]]
    assert voice is True


@pytest.mark.parametrize("clip", [("gone", "7"), ("names", "none"), ("names", "bad")])
def test_another_pack_that_cannot_be_read_is_left_out(runtime: Runtime, clip: tuple[str, str]):
    told, voice = runtime.call(PLAYER, "runs", [("1", 0), (clip, 0), ("2", 100)], 500)
    assert told[:3] == [LEAD, [1, 500], [2, 500]]
    assert voice is True


def test_the_loop_runs_what_follows_the_speech_even_when_it_ends_at_once(runtime: Runtime):
    """Settings are saved then; the call that shows a view has too little stack left (8 KB on an
    RP2040)."""
    assert runtime.call(PLAYER, "voice_lost") == (0, 1)


def test_the_index_is_of_the_clip_heard_not_of_the_one_sent(runtime: Runtime):
    """Three clips of 62.5 ms fit into the ring; each counts as heard from its first sample on."""
    script = [(str(n), 0) for n in range(9)]
    times = [0, 9, 10, 72, 73, 134, 136, 300, 572, 700]
    assert runtime.call(PLAYER, "places", script, 1000, times) == [-1, -1, 0, 0, 1, 1, 2, 4, 8, 8]


def test_a_clip_given_by_a_function_is_chosen_as_late_as_the_ring_allows(runtime: Runtime):
    (sent,) = runtime.call(PLAYER, "asked", [("1", 100)] * 5, 3000)
    assert sent >= 160 + 5 * 4600 - 1600


@pytest.mark.parametrize("runtime", [MicroPython], ids=["micropython"], indirect=True)
def test_nothing_is_allocated_within_a_clip(runtime: Runtime):
    assert runtime.call(PLAYER, "feeds_without_allocating") is True
