"""Many emulated tokens at ports, in step with real time, which anybody may unplug."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from emulator.session import Emulator
from host_tools.image.image import build_image, load_board, pack


class FleetToken:
    """One of the tokens, and the path of its port while it is plugged in."""

    def __init__(self, emulator: Emulator, port: Path) -> None:
        self.emulator, self.port = emulator, port

    def pull(self) -> None:
        """Pull the cable out."""
        self.emulator.unplug()

    def plug(self) -> None:
        """Put the cable in."""
        self.emulator.plug()


@contextmanager
def fleet(
    folder: Path,
    count: int,
    product: str = "kodeviser",
    production: bool = False,
    bare: bool = False,
) -> Iterator[list[FleetToken]]:
    """Make `count` new tokens and serve them, each at folder/port-N; all are plugged in.
    `bare` boards have MicroPython alone."""
    image = build_image(product, "pico", production)
    if bare:
        image = pack({}, load_board("pico")["filesystem"])
    over = threading.Event()
    with ExitStack() as stack:
        tokens = []
        for number in range(count):
            began = time.monotonic()
            emulator = stack.enter_context(
                Emulator(
                    product,
                    state=folder / f"token-{number}",
                    image=image,
                    seed=1000 + number,
                    time=time.time() - 3600,  # whose clock is an hour slow
                )
            )
            emulator.follow(began)
            port = folder / f"port-{number}"
            emulator.open_pty(port)
            tokens.append(FleetToken(emulator, port))
        threads = [
            threading.Thread(target=token.emulator.serve, args=(over.is_set,)) for token in tokens
        ]
        for thread in threads:
            thread.start()
        try:
            yield tokens
        finally:
            over.set()
            for thread in threads:
                thread.join()
