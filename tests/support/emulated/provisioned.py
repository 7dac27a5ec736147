"""Kodeoplæsers that were provisioned once: each test gets a copy of their state."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from emulator.session import Emulator
from host_tools.otp.credential import Credential
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import START


def with_account(token: SpeakingToken, credential: Credential) -> None:
    """Provision a new token with one account and leave it off, one second into a period of 30 s."""
    token.provision(credential)
    token.emulator.unplug()
    token.emulator.set_time(START + 3600)
    token.emulator.advance(1)


class Provisioned:
    """Folders of tokens that are off, by name."""

    def __init__(self, image: bytes, folder: Path) -> None:
        """Make the tokens from `image` and keep them in `folder`."""
        self._image, self._folder = image, folder
        self._made: set[str] = set()

    @contextmanager
    def token(
        self, name: str, prepare: Callable[[SpeakingToken], object], place: Path
    ) -> Iterator[SpeakingToken]:
        """Start a copy, in the folder `place`, of the token that `prepare` has provisioned and left
        off; a name stands for one way to prepare it."""
        kept = self._folder / name
        if name not in self._made:
            with Emulator("kodeoplaeser", "pico2", kept, image=self._image, time=START) as emulator:
                prepare(SpeakingToken(emulator))
                assert not emulator.powered, "a copy of a token that is on would lose what it does"
            self._made.add(name)
        shutil.copytree(kept, place)
        with Emulator("kodeoplaeser", "pico2", place) as emulator:
            yield SpeakingToken(emulator)
