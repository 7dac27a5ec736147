"""`/api/v1`: everything that can be done with the token, and what it shows, says and does.

An action is answered when the firmware waits again and what it drew is complete.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Body, Depends, HTTPException, Query, Request, Response
from fastapi.security import HTTPBearer
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from emulator.scenario.runner import LATEST
from emulator.sound import RATE, wav
from emulator.surroundings import UNIX_TIME
from emulator.trace import KEPT, Trace
from host_tools.desk.models import (
    Advance,
    Caption,
    Change,
    Clip,
    Cut,
    LogLine,
    Name,
    OneKey,
    Press,
    Product,
    Scenario,
    ScreenText,
    SnapshotEntry,
    Speech,
    TokenState,
    TraceState,
)
from host_tools.desk.token import DeskToken
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.validator.http.refusals import Refusal

PREFIX = "/api/v1"
_LONGEST = 600  # seconds of sound in one answer
_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "It cannot be read, or names another host."},
    401: {"model": Refusal, "description": "The secret of the page's URL is missing or wrong."},
    404: {"model": Refusal, "description": "There is no such thing."},
    409: {"model": Refusal, "description": "This token has no such part, or is traced already."},
    422: {"model": Refusal, "description": "What was given is not valid."},
    503: {"model": Refusal, "description": "The emulated token has failed."},
}


def _desk(request: Request) -> DeskToken:
    desk: DeskToken = request.app.state.desk
    return desk


Desk = Annotated[DeskToken, Depends(_desk)]
Second = Annotated[
    float,
    Query(
        ge=0, le=10**9, allow_inf_nan=False, description="Virtual seconds, in terms of `elapsed`."
    ),
]
# The middleware checks it, before a body is read; this is for OpenAPI.
_bearer = HTTPBearer(
    auto_error=False, description="The secret: what follows the # in the page's URL."
)
router = APIRouter(prefix=PREFIX, dependencies=[Depends(_bearer)], responses=_REFUSALS)


@router.get("/product")
def product(desk: Desk) -> Product:
    """What the token is, and which keys and parts it has."""
    parts = desk.emulator.board.parts
    keys = [*"123456789*0#"] if "keypad" in parts else []
    return Product(
        product=desk.product["name"],
        title=desk.product["title"],
        board=desk.emulator.board.name,
        parts=sorted(parts),
        keys=[*keys, "red"],
    )


@router.get("/token")
def token(desk: Desk) -> TokenState:
    """The token's state, and what is around it."""
    with desk.emulator.lock:
        return _state(desk)


@router.patch("/token")
def change(desk: Desk, change: Change) -> TokenState:
    """Change what is around the token: cable, headset, cell, clock, temperature, time."""
    asked = change.model_dump(exclude_none=True)
    for name, part in (("headset", "jack"), ("battery_mv", "battery")):
        if name in asked:
            desk.check_part(part)
    with desk.acting():
        for name, value in asked.items():
            _CHANGES[name](desk, value)
        return _state(desk)


@router.post("/press")
def press(desk: Desk, press: Press) -> TokenState:
    """Press keys, hold them and let go: one, or several at once."""
    _check_keys(desk, press.keys)
    with desk.acting() as emulator:
        with ExitStack() as fingers:  # which leave the keys whatever happens
            for key in dict.fromkeys(press.keys):
                fingers.callback(desk.key_up, key)
                desk.recorder.key_down(key)
            emulator.wait(press.ms / 1000)
        return _state(desk)


@router.post("/keys/down")
def key_down(desk: Desk, pressed: OneKey) -> TokenState:
    """Press a key and keep it down."""
    _check_keys(desk, [pressed.key])
    with desk.acting():
        desk.recorder.key_down(pressed.key)
        return _state(desk)


@router.post("/keys/up")
def key_up(desk: Desk, released: OneKey) -> TokenState:
    """Let a key go."""
    _check_keys(desk, [released.key])
    with desk.acting():
        desk.key_up(released.key)
        return _state(desk)


@router.post("/advance")
def advance(desk: Desk, span: Advance) -> TokenState:
    """Let time pass at once."""
    with desk.acting() as emulator:
        if emulator.now + span.seconds > UNIX_TIME[1]:
            raise KodebrikError("desk-time-ends", ExitCode.CONFLICT, latest=LATEST)
        emulator.advance(span.seconds)
        return _state(desk)


@router.post("/power/cut")
def cut_power(desk: Desk, cut: Cut | None = None) -> TokenState:
    """Take the cell away for a moment and the cable for good, now or at a flash operation."""
    with desk.acting():
        cut = cut or Cut()
        desk.recorder.cut_power(cut.operation, cut.mode)
        return _state(desk)


@router.post("/reset")
def reset(desk: Desk) -> TokenState:
    """Pull the reset line. On the cell alone the token goes off."""
    with desk.acting():
        desk.recorder.reset()
        return _state(desk)


@router.get("/screen")
def screen(desk: Desk) -> ScreenText:
    """The text on the display, read from its pixels."""
    with desk.emulator.lock:
        shown = desk.emulator.screen()
    text = desk.emulator.text_of(shown)
    return ScreenText(width=shown.width, height=shown.height, on=not shown.dark, text=text)


@router.get("/screen.png", response_class=Response, responses={200: {"content": {"image/png": {}}}})
def screen_png(
    desk: Desk,
    scale: Annotated[
        int, Query(ge=1, le=16, description="Of a pixel, in the picture's pixels.")
    ] = 4,
) -> Response:
    """The display as a picture."""
    with desk.emulator.lock:
        shown = desk.emulator.screen()
    return Response(shown.png(scale), media_type="image/png")


_BYTES, _VCD = "application/octet-stream", "application/x-vcd"


@router.get("/screen.bin", response_class=Response, responses={200: {"content": {_BYTES: {}}}})
def screen_bytes(desk: Desk) -> Response:
    """The display's pixels, a byte each, row by row from the top left: 1 is a lit pixel of the
    kodeviser, a black one of the kodeoplæser."""
    with desk.emulator.lock:
        shown = desk.emulator.screen()
    return Response(shown.data, media_type=_BYTES)


@router.get("/speech")
def speech(desk: Desk, start: Second, end: Second) -> Speech:
    """What was said from `start` to `end`, in terms of `elapsed`: recognised from the samples."""
    samples = _samples(desk, start, end)
    heard = desk.reader.recogniser.recognise(samples)
    clips = [
        Clip(
            clip=clip.name,
            text=word,
            speed=clip.speed,
            start=start + clip.start / RATE,
            end=start + clip.end / RATE,
        )
        for clip, word in zip(heard.clips, heard.words, strict=True)
    ]
    language = heard.language if heard.known else None
    return Speech(start=start, end=end, language=language, text=heard.text, clips=clips)


@router.get("/speech.wav", response_class=Response, responses={200: {"content": {"audio/wav": {}}}})
def speech_wav(desk: Desk, start: Second, end: Second) -> Response:
    """The sound from `start` to `end`: the headset's where it sounds, else the loudspeaker's."""
    with desk.emulator.lock:
        _check_span(desk, start, end)
        heard = desk.emulator.audio(start, end)
    return Response(wav(heard.samples, heard.rate), media_type="audio/wav")


@router.get("/captions")
def captions(desk: Desk) -> list[Caption]:
    """The last things that were said, each when 0.9 s have passed since its end, and felt, after
    2.5 s; of a leap of hours those of its last ten minutes."""
    desk.reader.update()
    return [Caption(**caption) for caption in list(desk.reader.captions)]


@router.get("/log")
def log(desk: Desk) -> list[LogLine]:
    """The last lines of the emulator's log."""
    return [LogLine(**line) for line in desk.log.lines]


@router.get("/scenario", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def scenario(desk: Desk) -> Response:
    """What was recorded, or is, for `kodebrik emulate --script`; where nothing was, what was done
    since the start, the last snapshot or state that was restored or scenario that was played."""
    return Response(desk.scenario(), media_type="text/plain")


@router.post("/scenario/record")
def record(desk: Desk) -> TokenState:
    """Begin to record a scenario, with the token off and unplugged; the one before is forgotten."""
    desk.record()
    with desk.emulator.lock:
        return _state(desk)


@router.post("/scenario/play")
def play(desk: Desk, scenario: Scenario | None = None) -> TokenState:
    """Play a scenario from the token's present state on, or what was recorded, from the state in
    which that began. Answered when it is over. A recording that is made ends."""
    scenario = scenario or Scenario()
    desk.play(scenario.text, scenario.rate)
    with desk.emulator.lock:
        return _state(desk)


@router.post("/scenario/stop")
def stop_scenario(desk: Desk) -> TokenState:
    """End what is played, or recorded: that is kept."""
    desk.replay.stop()
    desk.stop_recording()
    with desk.emulator.lock:
        return _state(desk)


@router.get("/snapshots")
def snapshots(desk: Desk) -> list[SnapshotEntry]:
    """The snapshots, the oldest first."""
    return [SnapshotEntry(**entry) for entry in desk.snapshot_list()]


@router.post("/snapshots", status_code=201)
def take_snapshot(desk: Desk, name: Name | None = None) -> SnapshotEntry:
    """Keep what the token keeps without power: flash, clock, cell. The last 20 are kept."""
    kept = desk.take_snapshot(name.name if name else None)
    return SnapshotEntry(number=kept.number, name=kept.name, time=kept.time)


@router.post("/snapshots/{number}/restore")
def restore(desk: Desk, number: int) -> TokenState:
    """Have the token as it was, off and unplugged; its clock has counted since."""
    desk.restore(number)
    with desk.emulator.lock:
        return _state(desk)


@router.delete("/snapshots/{number}", status_code=204, response_class=Response)
def drop_snapshot(desk: Desk, number: int) -> None:
    """Forget a snapshot."""
    desk.drop_snapshot(number)


_ZIP = "application/zip"


@router.get("/state", response_class=Response, responses={200: {"content": {_ZIP: {}}}})
def state(desk: Desk) -> Response:
    """All that the token keeps without power, its secrets too, as a file: a ZIP archive of what its
    folder holds."""
    with desk.emulator.lock:
        file = desk.emulator.snapshot().archive()
    name = f"{desk.product['name']}-{desk.emulator.board.name}.zip"
    named = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(file, headers=named, media_type=_ZIP)


# An empty file is refused as any other that is none, not as a field that is missing.
@router.put("/state", openapi_extra={"requestBody": {"required": True}})
def load(
    desk: Desk,
    file: Annotated[bytes, Body(media_type=_ZIP)] = b"",
    name: Annotated[str | None, Query(min_length=1, max_length=80)] = None,
) -> TokenState:
    """Have the token that such a file holds, off and unplugged, at its time. What it was before is
    kept as a snapshot of this name, or called by its number."""
    desk.load(file, name)
    with desk.emulator.lock:
        return _state(desk)


@router.get("/trace")
def trace(desk: Desk) -> TraceState:
    """The trace that was begun last."""
    return _trace_state(desk.trace)


@router.post("/trace/start")
def start_trace(desk: Desk) -> TraceState:
    """Begin to record what buses, pins, sound and link carry. The trace before is forgotten, one
    that records is not: refused."""
    return _trace_state(desk.start_trace())


@router.post("/trace/stop")
def stop_trace(desk: Desk) -> TraceState:
    """Record no more; what was recorded stays."""
    return _trace_state(desk.stop_trace())


@router.get("/trace.txt", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def trace_text(
    desk: Desk,
    channel: Annotated[
        str, Query(max_length=40, description="Only channels with this in their name.")
    ] = "",
    last: Annotated[
        int, Query(ge=1, le=KEPT, description="Of the events, the last so many.")
    ] = KEPT,
) -> Response:
    """The trace so far as text, a line for each event."""
    channels = desk.trace.channels()
    if not any(channel in name for name in channels):
        raise HTTPException(
            422, Message("desk-no-channel", channel=channel, channels=", ".join(channels))
        )
    return Response(desk.trace.text(channel, last), media_type="text/plain")


@router.get("/trace.vcd", response_class=Response, responses={200: {"content": {_VCD: {}}}})
def trace_vcd(desk: Desk) -> Response:
    """The trace so far for GTKWave and PulseView."""
    return Response(desk.trace.vcd(), media_type=_VCD)


def _trace_state(trace: Trace) -> TraceState:
    return TraceState(running=trace.running, events=len(trace), dropped=trace.dropped)


@router.get("/events", response_class=EventSourceResponse)
async def events(request: Request, sound: bool = False) -> AsyncIterator[ServerSentEvent]:
    """What happens, as server-sent events: first how everything is now, then each change.

    `state` (as /token), `screen` (pixels, eight a byte, base64), `text` (lines on the display),
    `caption`, `log`, `snapshots`, and with `sound=true` `sound`: 16-bit samples in base64.
    """
    desk: DeskToken = request.app.state.desk
    subscription, first = await run_in_threadpool(desk.subscribe, asyncio.get_running_loop())
    try:
        for event in first:
            yield ServerSentEvent(event=event.kind, data=event.data)
        async for event in subscription.events():
            if sound or event.kind != "sound":
                yield ServerSentEvent(event=event.kind, data=event.data)
    finally:
        desk.broadcast.unsubscribe(subscription)


def _state(desk: DeskToken) -> TokenState:
    return TokenState(**desk.observer.state())


def _check_keys(desk: DeskToken, keys: list[Any]) -> None:
    if any(key != "red" for key in keys):
        desk.check_part("keypad")


def _check_span(desk: DeskToken, start: float, end: float) -> None:
    desk.check_part("audio")
    if not 0 <= end - start <= _LONGEST:
        raise HTTPException(422, Message("desk-span", seconds=_LONGEST))


def _samples(desk: DeskToken, start: float, end: float) -> Any:
    with desk.emulator.lock:
        _check_span(desk, start, end)
        return np.array(desk.emulator.audio(start, end).samples, np.int16)


def _plug(desk: DeskToken, plugged: bool) -> None:
    if plugged != desk.emulator.plugged:
        (desk.recorder.plug if plugged else desk.recorder.unplug)()


def _headset(desk: DeskToken, plugged: bool) -> None:
    if plugged != desk.emulator.board.parts["jack"].plugged:
        (desk.recorder.plug_headset if plugged else desk.recorder.unplug_headset)()


def _set_rate(desk: DeskToken, rate: float) -> None:
    if desk.replay.rate is None:
        desk.emulator.rate = rate
    else:
        desk.replay.set_rate(rate)


def _set_trembles(desk: DeskToken, trembles: bool) -> None:
    desk.observer.trembles = trembles


_CHANGES: dict[str, Any] = {
    "plugged": _plug,
    "headset": _headset,
    "battery_mv": lambda desk, value: desk.recorder.set_battery(value),
    "drift_ppm": lambda desk, value: desk.recorder.set_drift(value),
    "temperature": lambda desk, value: desk.recorder.set_temperature(value),
    "rate": _set_rate,
    "trembles": _set_trembles,
    "time": lambda desk, value: desk.recorder.set_time(value),
    "clock": lambda desk, value: desk.recorder.set_clock(value),
}
