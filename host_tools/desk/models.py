"""What the API takes and gives, as OpenAPI describes it. Times are seconds: `elapsed`, `start` and
`end` since the emulator started, `time` and `clock` since 1970."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from emulator.scenario.runner import EARLIEST, LATEST
from emulator.surroundings import (
    BATTERY_MV,
    DRIFT_PPM,
    FLASH_OPERATIONS,
    KEY_S,
    TEMPERATURE_C,
    UNIX_TIME,
)
from host_tools.messages.catalogue import Message

Key = Literal["red", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]


def _between(limits: tuple[int, int]) -> Any:
    least, most = limits
    return Field(ge=least, le=most)


def _unix(given: object) -> object:
    """Give the Unix time of a text in ISO 8601; what is no text as it is. ValueError for a text
    that is no time, and for a time that is not within UNIX_TIME, which dates say better."""
    if isinstance(given, str):
        try:
            moment = datetime.fromisoformat(given)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise ValueError(Message("desk-moment"))
        given = moment.timestamp()
    if isinstance(given, (int, float)) and not UNIX_TIME[0] <= given <= UNIX_TIME[1]:
        raise ValueError(Message("desk-moment-outside", earliest=EARLIEST, latest=LATEST))
    return given


Moment = Annotated[
    float,
    _between(UNIX_TIME),
    BeforeValidator(_unix, json_schema_input_type=float | AwareDatetime),
]
Elapsed = Annotated[float, Field(description="Virtual seconds since the emulator started.")]
Unix = Annotated[float, Field(description="Seconds since 1970-01-01 00:00 UTC.")]


class Given(BaseModel):
    """What a request says: nothing but the fields below."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


class Press(Given):
    """Keys that go down in this order, `ms` later up in reverse; `red` is the token's button."""

    keys: Annotated[list[Key], Field(min_length=1, max_length=13)]
    ms: Annotated[int, Field(ge=1, le=60_000, description="Milliseconds of virtual time.")] = 120


class OneKey(Given):
    """A key that goes down, or up."""

    key: Key


class Change(Given):
    """What is to be different around the token; what is left out stays as it is."""

    plugged: bool | None = Field(None, description="The USB cable is in: power, and the link.")
    headset: bool | None = Field(None, description="The headset's plug is in its jack.")
    battery_mv: Annotated[int, _between(BATTERY_MV)] | None = Field(
        None,
        description="Voltage of the cell, millivolts; below its cut-off the token is dark.",
    )
    drift_ppm: Annotated[float, _between(DRIFT_PPM)] | None = Field(
        None, description="Error of the clock's crystal, parts per million; positive: fast."
    )
    temperature: Annotated[float, _between(TEMPERATURE_C)] | None = Field(
        None, description="Degrees Celsius."
    )
    rate: Annotated[float, Field(ge=0, le=100)] | None = Field(
        None, description="Virtual seconds in a real one; 0: time stands still."
    )
    trembles: bool | None = Field(
        None, description="The hand trembles: it strikes each key again, 330 ms later."
    )
    time: Moment | None = Field(
        None,
        description="The true time jumps, the token's clock with it: Unix seconds, or ISO 8601 "
        "with a time zone.",
    )
    clock: Moment | None = Field(
        None, description="The token's clock alone is set: Unix seconds, or ISO 8601."
    )


class Advance(Given):
    """Seconds that pass at once, without waiting for them; ten minutes at most."""

    seconds: Annotated[float, Field(ge=0, le=KEY_S, description="Of virtual time.")]


class Cut(Given):
    """A power cut now, or at the n-th flash operation from here on (1: the next)."""

    operation: Annotated[int, _between(FLASH_OPERATIONS)] | None = None
    mode: Literal["before", "torn", "after"] = "before"


class Name(Given):
    """What a snapshot is called; left out, by its number."""

    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None


class Scenario(Given):
    """A scenario to be played; left out: what was recorded. Steps that name files are refused."""

    text: Annotated[str, Field(max_length=1_000_000)] | None = None
    rate: Annotated[
        float, Field(ge=0, le=100, description="Virtual seconds in a real one; 0: at once.")
    ] = 0


class TokenState(BaseModel):
    """The token and what is around it; null for a part that it does not have."""

    powered: bool
    prompt: bool = Field(description="The firmware has ended: the link leads to its prompt.")
    plugged: bool
    headset: bool | None
    keys_down: list[str]
    battery_mv: int | None = Field(description="Voltage of the cell, millivolts.")
    drift_ppm: float | None = Field(description="Error of the clock's crystal, ppm.")
    temperature: float | None = Field(description="Degrees Celsius.")
    rate: float = Field(description="Virtual seconds in a real one; 0: time stands still.")
    trembles: bool = Field(description="The hand that presses the keys trembles.")
    tracing: bool = Field(description="A trace records.")
    traced: bool = Field(description="There is a trace, which records or was stopped.")
    recording: bool = Field(description="A scenario is recorded.")
    recorded: bool = Field(description="A scenario was recorded, and can be played.")
    playing: bool = Field(description="A scenario is played; `rate` is its.")
    links: dict[str, str] = Field(description="Addresses of the serial port while it is plugged.")
    flash_operations: int = Field(description="Erases and page programs so far.")
    operations_to_cut: int | None = Field(
        description="Power is cut at this operation from here on (1: the next); null: at none."
    )
    elapsed: Elapsed
    time: Unix
    clock: float | None = Field(description="What the token's clock shows, Unix seconds.")


class Product(BaseModel):
    """What the token is."""

    product: str
    title: str
    board: str
    parts: list[str]
    keys: list[str]


class ScreenText(BaseModel):
    """The display: its size in pixels, whether it shows anything, and the text in it."""

    width: int
    height: int
    on: bool
    text: list[str]


class Clip(BaseModel):
    """A clip of a voice pack, at one of the speeds; `?` at speed 0 for sound that is no whole
    clip."""

    clip: str
    text: str
    speed: int = Field(description="1 (slow) to 5.")
    start: Elapsed
    end: Elapsed


class Speech(BaseModel):
    """What was heard in a span."""

    start: Elapsed
    end: Elapsed
    language: str | None
    text: str
    clips: list[Clip]


class Caption(BaseModel):
    """Something that was said, or felt: `·` is a short pulse of the motor, `—` a long one."""

    kind: Literal["said", "felt"]
    text: str
    language: str | None
    time: Annotated[float, Field(description="When it began: seconds since 1970-01-01 00:00 UTC.")]


class LogLine(BaseModel):
    """A line of the emulator's log."""

    time: Annotated[float, Field(description="Of the computer's clock, Unix seconds.")]
    level: str
    message: str


class SnapshotEntry(BaseModel):
    """A snapshot of what the token keeps without power."""

    number: int
    name: str
    time: Unix


class TraceState(BaseModel):
    """A trace: whether it records, how many events it holds, and how many earlier ones it has
    dropped."""

    running: bool
    events: int
    dropped: int
