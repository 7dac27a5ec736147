"""Speech from a command of the user's own, for voice packs.

The command gets the language and the words a minute as its last two arguments, and the text on its
standard input, UTF-8. It writes a WAV file to its standard output.
"""

import shlex
import shutil
import subprocess
from pathlib import Path

import miniaudio

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message, listed
from host_tools.voice import levels, recordings

_LIMIT = 60  # seconds for one text


class CommandEngine:
    """A synthesiser as a command line, split as a shell splits it but run without one."""

    def __init__(self, line: str) -> None:
        """KodebrikError when there is no such program."""
        try:
            self._command = shlex.split(line)
        except ValueError:
            self._command = []
        found = shutil.which(self._command[0]) if self._command else None
        if found is None:
            raise KodebrikError("voice-engine-unknown", ExitCode.USAGE, engine=line)
        self._command[0] = found

    @property
    def name(self) -> str:
        """The program's name. Its arguments may say more than a pack should."""
        return Path(self._command[0]).name

    @property
    def licence(self) -> str:
        """What is known of the terms."""
        return f"Speech synthesised with {self.name}; its own terms say what may be done with it"

    def say(self, text: str, language: str, words_a_minute: int) -> levels.Sound:
        """Synthesise a text: samples from -1 to 1 at levels.RATE. KodebrikError when the command
        fails, takes longer than a minute, or gives no usable WAV file."""
        try:
            process = subprocess.run(  # noqa: S603 - the user's own
                [*self._command, language, str(words_a_minute)],
                input=text.encode(),
                capture_output=True,
                check=False,
                timeout=_LIMIT,
            )
        except subprocess.TimeoutExpired:
            raise self._failed(text, Message("voice-command-late", seconds=_LIMIT)) from None
        except OSError as error:
            raise self._failed(text, error.strerror or str(error)) from None
        if process.returncode:
            complaint = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise self._failed(
                text, complaint or Message("voice-command-code", code=process.returncode)
            )
        try:
            samples, rate = recordings.read(process.stdout)
        except miniaudio.MiniaudioError:
            raise self._failed(text, Message("recording-not-wav")) from None
        faults = recordings.inspect(samples, rate)
        if faults:
            raise self._failed(text, listed("list-semicolon", faults))
        return levels.resample(samples, rate)

    def _failed(self, text: str, complaint: str) -> KodebrikError:
        return KodebrikError(
            "voice-command-failed",
            ExitCode.BAD_INPUT,
            command=self.name,
            text=text,
            complaint=complaint,
        )
