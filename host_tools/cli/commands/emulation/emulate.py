"""kodebrik emulate: run an emulated token, in the terminal, for a program at its serial port, or
through a scenario."""

import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from host_tools import whole_files
from host_tools.cli.commands.emulation.image import Board, Production
from host_tools.cli.options.update_key import PublicUpdateKey, public_key
from host_tools.cli.options.web_page import (
    OpenPage,
    WebPort,
    asked_to_stop,
    check_page,
    listen_for_page,
)
from host_tools.cli.output import Json, Plain, emit, is_drawable, localized, say, step, warn
from host_tools.desktop import scenario_errors, trace_file
from host_tools.desktop.bootsel import await_file_system
from host_tools.desktop.token_folder import (
    TokenFolder,
    check_endpoints,
    default_folder,
    emulated,
    link_unavailable,
)
from host_tools.errors import ExitCode, KodebrikError
from host_tools.image.image import load_product
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from emulator.scenario.runner import Listener
    from emulator.session import Emulator
    from host_tools.desktop.captions import Captions


class VoiceSource(StrEnum):
    """Which voice is played: the token's own, or the operating system's."""

    TOKEN = "token"  # noqa: S105 - the device
    SYSTEM = "system"


class Pace(StrEnum):
    """The microcontroller whose processor's time is charged."""

    RP2040 = "rp2040"
    RP2350 = "rp2350"
    ESP32_S3 = "esp32s3"


def emulate(
    products: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PRODUCT]...",
            help="The product. Default: kodeviser. Several, with --web: tokens side by side.",
        ),
    ] = None,
    board: Board = "pico",
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=(
                "Folder that keeps the token, of several the folder with theirs. Default: one for "
                "each product and board; --script: a new one."
            ),
        ),
    ] = None,
    production: Production = False,
    headless: Annotated[
        bool,
        typer.Option(
            "--headless",
            help="No keys: serve the link until Ctrl-C, and print the screen's text as it changes.",
        ),
    ] = False,
    link: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Make this symbolic link to the token's serial port."),
    ] = None,
    rfc2217: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", help="Offer the link at rfc2217://127.0.0.1:PORT too; 0: any port."
        ),
    ] = None,
    usb_drive: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=(
                "Begin in BOOTSEL mode: this new folder is the board's drive, and a UF2 file "
                "that is copied there is what runs."
            ),
        ),
    ] = None,
    web: Annotated[
        bool,
        typer.Option("--web", help="Show the token on a page in the browser, with an HTTP API."),
    ] = False,
    web_port: WebPort = 0,
    open_page: OpenPage = False,
    script: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Play a scenario (docs/emulator.md) instead, and end with it."
        ),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what is done in the terminal to this new scenario."
        ),
    ] = None,
    update_key: PublicUpdateKey = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=(
                "Write what buses, pins, sound and link carry to this new file at the end: as text "
                "(.txt), or for GTKWave and PulseView (.vcd)."
            ),
        ),
    ] = None,
    voice: Annotated[
        VoiceSource | None,
        typer.Option(
            help=(
                "Hear the token's voice, or the operating system's say the same. Default: the "
                "token's, in a terminal."
            )
        ),
    ] = None,
    pace: Annotated[
        Pace | None,
        typer.Option(
            help="Let computing take as long as on this microcontroller. Default: no time."
        ),
    ] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Of a checkout: build the firmware again whenever a file of it has changed. The "
            "token keeps what it has stored.",
        ),
    ] = False,
    plain: Plain = False,
    as_json: Json = False,
) -> None:
    """Run an emulated token."""
    check_page(web, web_port, open_page)
    product, *others = products or ["kodeviser"]
    if others:
        alone = _given(
            headless, link, record, rfc2217, script, trace, update_key, usb_drive, voice, watch
        )
        if alone or not web:
            raise KodebrikError("emulate-several", ExitCode.USAGE)
        folders = _folders([product, *others], board, state, production)
        _serve_several(folders, web_port, open_page, pace, as_json)
        return
    if trace is not None:
        trace_file.check(trace)
    if script is not None:
        if _given(headless, link, record, rfc2217, update_key, usb_drive, voice, watch, web):
            raise KodebrikError("emulate-script-alone", ExitCode.USAGE)
        _play(product, board, state, production, script, trace, pace, as_json)
        return
    _check_together(web, headless, record, voice)
    _check_keyed(usb_drive, update_key)
    _check_voice(product, voice)
    folder = TokenFolder(
        state or default_folder(product, board), product, board, production, public_key(update_key)
    )
    check_endpoints(folder.path, link, rfc2217)
    write = say if as_json else _write
    with ExitStack() as stack:
        listener = stack.enter_context(listen_for_page(web_port)) if web else None
        stop = stack.enter_context(asked_to_stop())
        flashed = None
        if usb_drive is not None:
            told = partial(say, Message("emulate.usb-drive", value=usb_drive))
            flashed = await_file_system(folder, usb_drive, stop, told, say)
            if flashed is None:
                return
        emulator = stack.enter_context(emulated(folder, step, warn, flashed=flashed, pace=pace))
        if trace is not None:
            stack.enter_context(trace_file.traced(emulator, trace))
        if watch:
            from host_tools.desktop.rebuilding import (  # noqa: PLC0415 - slow to load
                rebuilding,
                sources_of,
            )

            stack.enter_context(rebuilding(emulator, board, sources_of(folder), say))
        if listener is not None:
            links = _offer_to_all(emulator, link, rfc2217)
            _serve_desk([(emulator, links)], listener, stop, open_page, as_json)
            return
        links = _offer(emulator, link, rfc2217)
        _announce(emulator, links, as_json)
        if headless:
            _watch(emulator, product, stop, voice, write)
        else:
            _play_by_hand(emulator, product, stop, record, voice, write, _lines(links))


def _watch(
    emulator: "Emulator",
    product: str,
    stop: threading.Event,
    voice: VoiceSource | None,
    write: Callable[[str], None],
) -> None:
    """Print what the token shows until `stop`, and say what it says if a voice was chosen."""
    from host_tools.desktop import terminal as views  # noqa: PLC0415 - needs the emulator

    if voice is None:
        views.watch(emulator, stop, views.PlainView(emulator, None, write))
        return
    with _captions(emulator, product, voice, aloud=True) as captions:
        views.watch(emulator, stop, views.PlainView(emulator, captions, write))


def _play_by_hand(
    emulator: "Emulator",
    product: str,
    stop: threading.Event,
    record: Path | None,
    voice: VoiceSource | None,
    write: Callable[[str], None],
    links: list[str],
) -> None:
    """Let the token be used in the terminal until `stop`; `links` are lines that say where its
    link is."""
    from host_tools.desktop import terminal as views  # noqa: PLC0415 - needs the emulator

    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    with _captions(emulator, product, voice, aloud=terminal or voice is not None) as captions:
        if terminal and is_drawable():
            view = views.DrawnView(emulator, captions, localized, links)
            views.play(emulator, stop, record, view)
        else:
            views.explain_keys(emulator, write)
            views.play(emulator, stop, record, views.PlainView(emulator, captions, write))


def _given(*options: object) -> bool:
    """Say whether any of the options was given."""
    return any(option is not None and option is not False for option in options)


def _check_together(
    web: bool, headless: bool, record: Path | None, voice: VoiceSource | None
) -> None:
    """Check that what was asked for goes together, and that a recording can be written."""
    if web and (headless or record or voice):
        raise KodebrikError("emulate-web-alone", ExitCode.USAGE)
    if record is not None:
        if headless or record.exists():
            raise KodebrikError("emulate-recording-needs-terminal", ExitCode.USAGE)
        whole_files.check_new(record)


def _check_keyed(usb_drive: Path | None, update_key: Path | None) -> None:
    """Check that only one thing says which updates the token takes."""
    if usb_drive is not None and update_key is not None:
        raise KodebrikError("emulate-drive-update-key", ExitCode.USAGE)


def _write(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(localized(line), flush=True)


def _check_voice(product: str, voice: VoiceSource | None) -> None:
    """Check that a product has a voice where one was chosen, and the system too where its was."""
    data = load_product(product)
    if voice is not None and "audio" not in data["parts"]:
        raise KodebrikError("emulate-silent-product", ExitCode.USAGE, product=data["title"])
    if voice is VoiceSource.SYSTEM:
        from host_tools.voice.synthesis import pyttsx3  # noqa: PLC0415 - an extra

        pyttsx3.engine()


@contextmanager
def _captions(
    emulator: "Emulator", product: str, voice: VoiceSource | None, aloud: bool
) -> "Iterator[Captions | None]":
    """Give the captions of a token that speaks, with its sound; None for one that does not."""
    data = load_product(product)
    if "audio" not in data["parts"]:
        yield None
        return
    from host_tools.desktop.captions import Captions  # noqa: PLC0415 - an extra
    from host_tools.voice.synthesis import pyttsx3  # noqa: PLC0415 - an extra

    say_it = pyttsx3.say if voice is VoiceSource.SYSTEM else None
    captions = Captions(emulator, data["image_languages"], say_it, aloud)
    try:
        yield captions
    finally:
        captions.close()


def _offer(emulator: "Emulator", link: Path | None, rfc2217: int | None) -> dict[str, str]:
    """Offer the token's link, and give its addresses by kind."""
    try:
        links = {"link": emulator.open_pty(link)}
        if rfc2217 is not None:
            links["rfc2217"] = emulator.open_rfc2217(rfc2217)
    except OSError as error:
        raise link_unavailable(error) from None
    return links


def _offer_to_all(
    emulator: "Emulator", link: Path | None = None, rfc2217: int | None = None
) -> dict[str, str]:
    """Offer the token's link over the network too, and give its addresses. Without `link` there is
    one in the token's folder: the terminal behind it is another one after each plugging in."""
    return _offer(emulator, link or emulator.directory / "port", rfc2217 or 0)


def _serve_desk(
    tokens: list[tuple["Emulator", dict[str, str]]],
    listener: socket.socket,
    stop: threading.Event,
    open_page: bool,
    as_json: bool,
) -> None:
    """Serve the page and the APIs of tokens, each with the addresses of its link, until `stop`."""
    from host_tools.desk.server import serve  # noqa: PLC0415 - an extra

    def ready(url: str) -> None:
        web = {"web": url}
        told = [_told(emulator, links) for emulator, links in tokens]
        result = told[0] | web if len(told) == 1 else web | {"tokens": told}
        emit(as_json, result, [line for one in [*told, web] for line in _lines(one)])
        sys.stdout.flush()
        if open_page:
            webbrowser.open(url)

    serve(tokens, listener, stop, ready)


def _folders(
    products: list[str], board: str, state: Path | None, production: bool
) -> list[TokenFolder]:
    """Give the folders of several tokens: in `state`, or where each product's is without it. The
    second of a product has a 2 behind its name."""
    folders = []
    for place, product in enumerate(products):
        count = products[:place].count(product) + 1
        path = state / product if state else default_folder(product, board)
        path = path if count == 1 else path.with_name(f"{path.name}-{count}")
        folders.append(TokenFolder(path, product, board, production))
    return folders


def _serve_several(
    folders: list[TokenFolder], port: int, open_page: bool, pace: Pace | None, as_json: bool
) -> None:
    """Serve the page and the APIs of several tokens until Ctrl-C."""
    with ExitStack() as stack:
        listener = stack.enter_context(listen_for_page(port))
        stop = stack.enter_context(asked_to_stop())
        tokens = []
        for folder in folders:
            emulator = stack.enter_context(emulated(folder, step, warn, pace=pace))
            tokens.append((emulator, _offer_to_all(emulator)))
        _serve_desk(tokens, listener, stop, open_page, as_json)


def _lines(addresses: dict[str, str]) -> list[str]:
    return [Message("emulate." + name, value=value) for name, value in addresses.items()]


def _told(emulator: "Emulator", links: dict[str, str]) -> dict[str, str]:
    return {"state": str(emulator.directory), **links}


def _announce(emulator: "Emulator", links: dict[str, str], as_json: bool) -> None:
    result = _told(emulator, links)
    emit(as_json, result, _lines(result))
    sys.stdout.flush()


def _play(
    product: str,
    board: str,
    state: Path | None,
    production: bool,
    script: Path,
    trace: Path | None,
    pace: Pace | None,
    as_json: bool,
) -> None:
    from emulator.scenario.runner import ScenarioError, StepError, check  # noqa: PLC0415 - an extra
    from emulator.scenario.scenario import parse, play_file  # noqa: PLC0415 - an extra

    try:
        steps = parse(script.read_text(encoding="utf-8"))
        check(steps, load_product(product)["parts"])
    except StepError as error:
        raise KodebrikError(
            "scenario-no-step", ExitCode.BAD_INPUT, script=script, what=scenario_errors.told(error)
        ) from None
    except (OSError, UnicodeDecodeError):
        raise KodebrikError("scenario-unreadable", ExitCode.FILE, path=script) from None
    with ExitStack() as stack:
        # A new token of the same seed and time each run: the same pixels, the same results.
        folder = state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kodebrik-")))
        emulator = stack.enter_context(
            emulated(
                TokenFolder(folder, product, board, production),
                step,
                warn,
                seed=0,
                now=_SCENARIO_TIME,
                goes_on=True,
                pace=pace,
            )
        )
        if trace is not None:
            stack.enter_context(trace_file.traced(emulator, trace))
        try:
            play_file(emulator, script, listener=_listener(product))
        except StepError as error:
            raise KodebrikError(
                "scenario-step-failed",
                ExitCode.BAD_INPUT,
                script=script,
                what=scenario_errors.told(error),
            ) from None
        except ScenarioError as error:
            raise KodebrikError(
                "scenario-failed",
                ExitCode.SCENARIO,
                script=script,
                what=scenario_errors.told(error),
            ) from None
    emit(
        as_json,
        {"script": str(script), "steps": len(steps)},
        [Message("scenario-met", script=script, steps=len(steps))],
    )


def _listener(product: str) -> "Listener | None":
    """Give the recogniser of what a token says; None for a product without a voice."""
    data = load_product(product)
    if "audio" not in data["parts"]:
        return None
    from host_tools.voice.recognition.clips import listener  # noqa: PLC0415 - an extra

    return listener(data["image_languages"])


_SCENARIO_TIME = 1_767_225_600.0  # 2026-01-01
