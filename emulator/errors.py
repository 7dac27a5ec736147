"""Errors of the emulator; each message says what to do.

They are English only. The emulator is a developer's tool below the catalogue of messages: it
imports nothing of the host tools, and what it reports are tracebacks and bus traffic in the terms
of the source. The commands put its text behind a sentence of the catalogue (`emulator-failed`),
whose hint says in the user's language what to do. Why a scenario fails has names
(`emulator/scenario/reasons.py`), with a sentence for each in the catalogue.
"""

from pathlib import Path

from emulator.shims.records import I2S_EVENT, TIMER_EVENT


class EmulatorError(Exception):
    """Base class: the emulator cannot continue."""


class VmNotFoundError(EmulatorError):
    """There is no usable MicroPython VM on this computer."""


class TokenInUseError(EmulatorError):
    """Another emulator runs the token in `directory`."""

    def __init__(self, directory: Path) -> None:
        """Say so."""
        super().__init__(
            f"Another emulator runs the token in {directory}: end that one, or use another folder."
        )
        self.directory = directory


class OtherTokenError(EmulatorError):
    """The token in `directory` is of another product or board than the emulator is to run."""

    def __init__(self, directory: Path, product: str, board: str) -> None:
        """`product` and `board` are the names of what is there."""
        super().__init__(
            f"The token in {directory} is a {product} for {board}: name these, or another folder."
        )
        self.directory, self.product, self.board = directory, product, board


class DamagedTokenError(EmulatorError):
    """A file of the token is missing, damaged or of another version."""

    def __init__(self, path: Path) -> None:
        """`path` is the file."""
        super().__init__(
            f"{path} is missing, damaged or of another version: start with an empty folder."
        )
        self.path = path


class OtherVersionError(EmulatorError, ValueError):
    """A token's state is of another version than this emulator's."""

    def __init__(self, version: int) -> None:
        """`version` is the state's."""
        super().__init__(f"The token's state is of version {version}: use that emulator.")
        self.version = version


class StateValueError(EmulatorError, ValueError):
    """A value of a token's state is missing, or none that a token has."""

    def __init__(self, name: str) -> None:
        """`name` is the value's, such as "clock.drift"."""
        super().__init__(f"The state's {name} is missing, or none that a token has.")
        self.name = name


class NoSnapshotError(EmulatorError):
    """A file is no snapshot of a token, or is damaged."""


class OtherSnapshotError(EmulatorError):
    """A snapshot is of another product or board than the token, or of another firmware in its
    MicroPython."""

    def __init__(self, product: str, board: str) -> None:
        """`product` and `board` are the names of what it is of."""
        super().__init__(
            f"The snapshot is of a {product} for {board}, and may have a frozen firmware of its "
            "own: unpack it in an empty folder, and emulate the token there."
        )
        self.product, self.board = product, board


class VmStuckError(EmulatorError):
    """The firmware computes without ever waiting."""


class VmDiedError(EmulatorError):
    """The VM process ended unexpectedly."""


class TracedAlreadyError(EmulatorError):
    """Another trace records this token."""

    def __init__(self) -> None:
        """Make the error with its message."""
        super().__init__("The token is traced already: stop that trace first.")


class FirmwareCrashError(EmulatorError):
    """main.py ended with an exception; the message includes the traceback."""


class PinFunctionError(EmulatorError):
    """The firmware set up a bus on pins that cannot be its lines."""


class FlashRuleError(EmulatorError):
    """The firmware programmed flash that was not erased, or out of range."""


class FlashReenteredError(EmulatorError):
    """An interrupt handler used the flash during a file operation of the program."""

    def __init__(self, source: int) -> None:
        """`source` is the interrupt's, as numbered in emulator/shims/records.py."""
        kinds = (("I2S", I2S_EVENT), ("timer", TIMER_EVENT), ("pin", 0))
        kind, first = next((kind, first) for kind, first in kinds if source >= first)
        super().__init__(
            f"The handler of {kind} {source - first} used the flash in the middle of a file "
            "operation of the program: "
            "on a board that destroys files. Let handlers set flags only."
        )


class FlashFailureError(EmulatorError):
    """The flash was made to fail (Flash.failing, Flash.fail): the firmware gets EIO."""
