"""kodebrik demo: emulate a token, provision it over its serial port, press it and check its code.

Of a token with a voice the recorded sound is checked too.
"""

import os
import shutil
import sys
import webbrowser
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from host_tools.cli.options.web_page import (
    OpenPage,
    WebPort,
    asked_to_stop,
    check_page,
    listen_for_page,
)
from host_tools.cli.output import Json, Plain, emit, is_drawable, localized, say, step, warn
from host_tools.desktop.provisioning import ACCESS_KEY, ACCOUNT, provision
from host_tools.desktop.token_folder import (
    TokenFolder,
    check_endpoints,
    emulated,
    emulator_errors,
    not_running,
)
from host_tools.errors import ExitCode, KodebrikError
from host_tools.image.image import load_product
from host_tools.messages.catalogue import Argument, Message, listed, prefixed
from host_tools.otp import codes, secret_text
from host_tools.otp.credential import Credential

if TYPE_CHECKING:
    from emulator.session import Emulator

_SILENCE = 1.5  # seconds without a sound: longer than any pause in what is said
_MARK = "demo.txt"  # in a folder whose files the demonstration made, and may replace
_FILES = (
    "flash.bin",
    "state.json",
    "link",
    ".link.lock",
    ACCESS_KEY,
    ACCOUNT,
    "screen.png",
    "voice.wav",
    _MARK,
)
_LANGUAGE = "en"  # of the voice, as of these lines
_LONGEST_WAIT = 60.0  # seconds from the press to the code: a period that has just begun
_LOOK = 0.5  # seconds of the token's time from one reading of the screen to the next
_INTRODUCTION = "code"  # the clip before a code's digits


def demo(
    product: Annotated[
        str,
        typer.Argument(
            metavar="PRODUCT",
            help="kodeviser, or kodeoplaeser, whose voice is built the first time.",
        ),
    ] = "kodeviser",
    state: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Folder for the demonstration's token; that of an older one is replaced.",
        ),
    ] = Path("build/demo"),
    web: Annotated[
        bool,
        typer.Option(
            "--web",
            help="Play it yourself, on a page in the browser: order the token at a bank, activate "
            "it by its letter, sign in, approve a payment.",
        ),
    ] = False,
    web_port: WebPort = 0,
    open_page: OpenPage = False,
    plain: Plain = False,
    as_json: Json = False,
) -> None:
    """Emulate a token, provision it, press it, check its code, and what it says."""
    check_page(web, web_port, open_page)
    speaks = "audio" in load_product(product)["parts"]
    board = "pico2" if speaks else "pico"
    if web:
        _show(TokenFolder(state, product, board), web_port, open_page, as_json)
        return
    _clear(state)
    with emulated(TokenFolder(state, product, board), step, warn) as emulator:
        _mark(state)
        port = emulator.open_pty(state / "link")
        say(Message("demo.plugged-in", product=product, port=port))
        with emulator.serving():
            credential, serial = provision(
                emulator,
                port,
                _LANGUAGE if speaks else None,
                step,
                lambda shown, computed: say(
                    Message("demo.compared", shown=shown, computed=computed)
                ),
            )
        emulator.unplug()
        say(Message("demo.pressing"))
        moment = emulator.elapsed
        emulator.press()
        text, expected, shown = _code_on_screen(emulator, credential)
        while shown is None and emulator.elapsed - moment < _LONGEST_WAIT:
            emulator.advance(_LOOK)  # a token that speaks may wait for a fresh code
            text, expected, shown = _code_on_screen(emulator, credential)
        picture = emulator.screen().to_png(state / "screen.png")
        drawn = _drawn(emulator, text, plain=speaks or not is_drawable())
        if shown is None:
            raise _defect(
                "demo-code-differs", shown=" / ".join(text), expected=codes.grouped(expected[0])
            )
        heard = _heard(emulator, moment, state / "voice.wav") if speaks else []
    if speaks and _digits_of_code(heard) != shown.replace(" ", ""):
        raise _defect("demo-voice-differs", shown=shown, heard=" ".join(heard))
    result: dict[str, Any] = {
        "serial": serial,
        "code": shown,
        "pyotp": expected,
        "picture": str(picture),
    }
    lines = [
        *drawn,
        Message("demo.shows", code=shown),
        Message("demo.computed", code=codes.grouped(shown.replace(" ", ""))),
        Message("demo.picture", path=picture),
    ]
    if speaks:
        result |= {"said": heard, "sound": str(state / "voice.wav")}
        lines[-1:-1] = [Message("demo.says", words=_in_words(heard))]
        lines.append(Message("demo.sound", path=state / "voice.wav"))
    emit(as_json, result, [*lines, "", *_next(product, board, state)])


def _show(folder: TokenFolder, port: int, open_page: bool, as_json: bool) -> None:
    """Serve the token beside a bank until Ctrl-C."""
    with listen_for_page(port) as listener, asked_to_stop() as stop:
        from host_tools.desk.server import serve_beside_a_bank  # noqa: PLC0415 - an extra

        _clear(folder.path)
        with emulated(folder, step, warn) as emulator:
            _mark(folder.path)
            link = folder.path / "link"
            emulator.open_pty(link)
            emulator.unplug()

            def ready(url: str) -> None:
                emit(as_json, {"web": url}, [Message("demo.web", url=url)])
                sys.stdout.flush()
                if open_page:
                    webbrowser.open(url)

            serve_beside_a_bank(emulator, {"link": str(link)}, listener, stop, ready)


def _mark(state: Path) -> None:
    """Write into the folder who made its files."""
    (state / _MARK).write_text(localized(Message("demo.mark")) + "\n", encoding="utf-8")


def _drawn(emulator: "Emulator", text: list[str], plain: bool) -> list[str]:
    """Give the screen as a picture, or as one line of its text where that has no room."""
    with emulator_errors():
        from emulator.views.terminal import render  # noqa: PLC0415 - an extra
        from host_tools.desktop.terminal import screen_line  # noqa: PLC0415 - needs the emulator

        if plain:
            return [screen_line(text)]
        picture = render(emulator.screen(), shutil.get_terminal_size().columns)
        return [screen_line(text)] if picture is None else picture


def _next(product: str, board: str, state: Path) -> list[str]:
    """Give the commands with which the user can go on with this token."""
    command, link = _command(), state / "link"
    info = f"{command} info --port {link} --access-key-file {state / ACCESS_KEY}"
    return [
        Message("demo.next"),
        f"  {command} emulate {product} --board {board} --state {state} --link {link}",
        prefixed(f"  {info}    ", Message("demo.other-terminal")),
        f"  {command} code --otpauth-file {state / ACCOUNT}",
    ]


def _heard(emulator: "Emulator", since: float, path: Path) -> list[str]:
    """Advance until the token is silent, write its sound since `since` (seconds) to `path`, and
    give the names of the clips in it."""
    import numpy as np  # noqa: PLC0415 - an extra

    from host_tools.voice import packfile, playback, store  # noqa: PLC0415 - an extra
    from host_tools.voice.recognition.clips import Recogniser  # noqa: PLC0415 - an extra

    emulator.advance(_SILENCE)
    while emulator.audio(emulator.elapsed - _SILENCE).onset() is not None:
        emulator.advance(_SILENCE)
    samples = emulator.audio(since).samples
    playback.write_wav(path, np.array(samples, np.int16))
    return Recogniser(packfile.load(store.pack(_LANGUAGE))[1]).names(samples)


def _in_words(heard: list[str]) -> str:
    from host_tools.voice import languages  # noqa: PLC0415 - an extra
    from host_tools.voice.recognition.wording import in_words  # noqa: PLC0415 - as above

    phrases = languages.load(_LANGUAGE).phrases.items()
    named = {name: text for name, text in phrases if not name.isdigit()}  # digits as digits
    return listed("list-space", in_words(heard, named, _LANGUAGE))


def _defect(identifier: str, **arguments: Argument) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.CHECK_FAILED, **arguments)


def _command() -> str:
    """Give the name by which the user can call this program here."""
    return "kodebrik" if shutil.which("kodebrik") else os.path.relpath(sys.argv[0])


def _clear(state: Path) -> None:
    """Empty the folder of an older demonstration, which no emulator may run; KodebrikError when it
    holds anything else, be it a token that was not a demonstration's."""
    if state.exists() and not state.is_dir():
        raise KodebrikError("emulated-no-folder", ExitCode.FILE, path=state)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with not_running(state):
        files = list(state.iterdir())
        names = {path.name for path in files}
        if files and not {_MARK} <= names <= set(_FILES):
            raise KodebrikError("demo-folder-occupied", ExitCode.FILE, folder=state)
        check_endpoints(state, state / "link", None)
        for path in sorted(files, key=lambda path: path.name == _MARK):  # it goes last
            path.unlink()


def _code_on_screen(
    emulator: "Emulator", credential: Credential
) -> tuple[list[str], list[str], str | None]:
    """Give the lines of the screen, the codes of this moment, and the line that is one of them,
    None when there is none."""
    lines = emulator.screen_text()
    expected = _by_pyotp(credential, int(emulator.now) - 1, int(emulator.now))
    shown = next((line for line in lines if line.replace(" ", "") in expected), None)
    return lines, expected, shown


def _digits_of_code(heard: list[str]) -> str:
    """Give the digits that follow the introduction of a code, "" when there is none."""
    after = heard[heard.index(_INTRODUCTION) + 1 :] if _INTRODUCTION in heard else []
    return "".join(takewhile(str.isdigit, after))


def _by_pyotp(credential: Credential, *times: int) -> list[str]:
    with emulator_errors():
        import pyotp  # noqa: PLC0415 - an extra

        totp = pyotp.TOTP(secret_text.encode_base32(credential.secret))
        return list(dict.fromkeys(str(totp.at(moment)) for moment in times))
