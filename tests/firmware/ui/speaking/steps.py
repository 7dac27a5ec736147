"""Steps of a user at the keypad of a kodeoplæser whose parts only remember, and what it says."""

from tests.support.runtime import Runtime

INTERACTION = "tests.firmware.ui.speaking.vm_interaction"


def play(runtime: Runtime, *steps: str, **options: object) -> list[tuple[list[str], str | None]]:
    """What each step made the token say, and what stood on the display after it."""
    return runtime.call(INTERACTION, "play", list(steps), options)


def said(told: list[tuple[list[str], str | None]]) -> list[str]:
    return [clip for clips, _ in told for clip in clips]


def again(runtime: Runtime, *steps: str) -> list[str]:
    """What more steps of the last play made the token say."""
    return [clip for step in steps for clip in runtime.call(INTERACTION, "again", step)[0]]


def enter(runtime: Runtime, number: str, end: str = "#") -> list[str]:
    """Type a number and end it; what was said then."""
    again(runtime, *number)
    return again(runtime, end, "until quiet")
