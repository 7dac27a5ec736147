"""kodebrik voice: build, list, check and play voice packs, and record their clips."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from host_tools import private_files, whole_files
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.commands.emulation.record import record
from host_tools.cli.output import Json, emit, step
from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message, listed, prefixed
from host_tools.messages.system_errors import reason

if TYPE_CHECKING:
    from host_tools.voice.packfile import Clip

app = CommandGroup(help="Record clips, build voice packs, list, check and play them.")
app.command()(record)

Pack = Annotated[Path, typer.Argument(metavar="PACK", help="A voice pack, such as da.kvp.")]


@app.command()
def build(
    output: Annotated[
        Path, typer.Option(metavar="PATH", help="The pack to write, or a folder for it.")
    ] = Path(),
    language: Annotated[str, typer.Option(metavar="NAME", help="da, en or kl.")] = "da",
    choice: Annotated[
        str | None,
        typer.Option(
            "--voice",
            metavar="VOICE",
            help="higher or lower: which of the language's voices of espeak. Default: higher.",
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            metavar="ENGINE",
            help="espeak, pyttsx3 for the operating system's own voice, or a command of yours "
            "(docs/voice.md).",
        ),
    ] = "espeak",
    recordings: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="WAV files that replace clips: NAME.wav, or NAME.SPEED.wav for one speed.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Build a language's voice pack: every clip synthesised, or recorded."""
    voice = _tools()
    if choice is not None and engine != "espeak":
        raise KodebrikError("voice-choice-other-engine", ExitCode.USAGE, engine=engine)
    chosen = voice.languages.load(language, choice)
    path = output / f"{language}.kvp" if output.is_dir() else output
    private_files.check_folder(path)
    speaker = voice.synthesis.engine.engine(engine)
    with step(Message("voice.building", language=language, phrases=len(chosen.phrases))):
        kept = voice.store.pack(language, voice=choice) if engine == "espeak" else None
        content = (
            kept
            if kept and not recordings
            else voice.build.build(chosen, recordings, engine=speaker, synthesised=kept)
        )
    whole_files.write(path, content)
    lines = [
        Message(
            "voice.built",
            path=path,
            size=len(content),
            phrases=len(chosen.phrases),
            speeds=len(voice.languages.SPEEDS),
        )
    ]
    if not chosen.reviewed:
        lines.append(Message("voice.unreviewed"))
    result = {
        "output": str(path),
        "bytes": len(content),
        "phrases": len(chosen.phrases),
        "voice": speaker.voice_name(chosen.voice.name),
        "reviewed": chosen.reviewed,
    }
    emit(as_json, result, lines)


@app.command(name="list")
def list_clips(pack: Pack, as_json: Json = False) -> None:
    """List a voice pack's clips with their length at each speed, and who speaks."""
    description, clips = _load(pack)
    seconds_by_name: dict[str, dict[int, float]] = {}
    for clip in clips:
        seconds_by_name.setdefault(clip.name, {})[clip.speed] = round(
            clip.duration / description["rate"], 2
        )
    lines = [_entry(key, value) for key, value in sorted(description.items())]
    lines += [
        prefixed(
            f"{name}: ",
            listed(
                "list-comma",
                [
                    Message("voice.clip", seconds=seconds, speed=speed)
                    for speed, seconds in speeds.items()
                ],
            ),
        )
        for name, speeds in seconds_by_name.items()
    ]
    emit(as_json, {"description": description, "clips": seconds_by_name}, lines)


@app.command()
def check(pack: Pack, as_json: Json = False) -> None:
    """Check a voice pack as it will be heard: every clip there, levels within 1 LU, peaks, clicks,
    checksum."""
    voice = _tools()
    description, clips = _load(pack)
    figures = voice.check.measure(clips)
    found = voice.check.faults(
        clips, figures, set(voice.languages.load(description["language"]).phrases)
    )
    if found:
        raise KodebrikError(
            "voice-unfit", ExitCode.CHECK_FAILED, pack=pack, faults=listed("list-semicolon", found)
        )
    emit(
        as_json,
        {"clips": len(clips), **vars(figures), "reviewed": description["reviewed"]},
        [
            Message("voice.good", pack=pack, clips=len(clips), seconds=figures.seconds),
            Message(
                "voice.levels",
                softest=figures.softest,
                loudest=figures.loudest,
                peak=figures.highest_peak,
            ),
        ],
    )


@app.command()
def play(
    pack: Pack,
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Clips to play one after the other.")
    ],
    speed: Annotated[int, typer.Option(min=1, max=5, help="From 1, slow, to 5.")] = 3,
    wav: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a WAV file instead.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Play clips of a voice pack."""
    voice = _tools()
    samples = voice.playback.joined(_load(pack)[1], names, speed)
    if wav:
        voice.playback.write_wav(wav, samples)
    else:
        voice.playback.play(samples)
    emit(
        as_json,
        {"clips": names, "speed": speed, "wav": None if wav is None else str(wav)},
        [Message("voice.written", path=wav)] if wav else [],
    )


def _entry(key: str, value: Any) -> str:
    """Give one entry of a pack's description in words; one that is unknown as it stands there."""
    if key == "reviewed":
        return Message("voice.reviewed" if value else "voice.not-reviewed")
    if key == "recorded":
        names = ", ".join(value) or Message("voice.recorded-none")
        return Message("voice.recorded", names=names)
    return f"{key}: {value}"


def read_pack(path: Path) -> tuple[bytes, str]:
    """Give the bytes of a voice pack file and its language; KodebrikError for a damaged file."""
    content = _read(path)
    return content, _tools().packfile.load(content)[0]["language"]


def _load(path: Path) -> "tuple[dict[str, Any], list[Clip]]":
    loaded: tuple[dict[str, Any], list[Clip]] = _tools().packfile.load(_read(path))
    return loaded


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KodebrikError(
            "voice-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None


def _tools() -> Any:
    """Import host_tools.voice with its modules when a command needs it: its libraries are an extra
    and slow to load."""
    with from_extra("not-installed-voice"):
        from host_tools import voice  # noqa: PLC0415
        from host_tools.voice import (  # noqa: PLC0415
            build,  # noqa: F401
            check,  # noqa: F401
            languages,  # noqa: F401
            packfile,  # noqa: F401
            playback,  # noqa: F401
            store,  # noqa: F401
        )
        from host_tools.voice.synthesis import engine  # noqa: F401, PLC0415
    return voice
