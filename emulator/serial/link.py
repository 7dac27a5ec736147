"""The serial link of the token: bytes under way between the VM and whoever holds the other end of
the cable."""

from collections.abc import Callable


class UnpluggedError(OSError):
    """The cable is not in."""

    def __init__(self) -> None:
        """The one message for it."""
        super().__init__("The token is unplugged.")


class Link:
    """Bytes to and from the VM. Without a cable nothing arrives and what the VM says is lost."""

    def __init__(self) -> None:
        """Unplugged."""
        self.plugged = False
        self.on_output: Callable[[bytes], None] | None = (
            None  # takes the token's bytes instead of `received`
        )
        self.received = bytearray()  # from the token, for the in-process port
        self._waiting = bytearray()  # for the token

    @property
    def waiting(self) -> bytes:
        """Bytes for the token that it has not been given yet."""
        return bytes(self._waiting)

    def put(self, data: bytes) -> None:
        """The host writes. UnpluggedError when there is no cable."""
        if not self.plugged:
            raise UnpluggedError
        self._waiting += data

    def put_back(self, data: bytes) -> None:
        """Bytes that the VM was given and has not read."""
        self._waiting[:0] = data

    def take(self, count: int) -> None:
        """The VM has been given `count` bytes."""
        del self._waiting[:count]

    def send(self, data: bytes) -> None:
        """The VM has written."""
        if data and self.plugged:
            if self.on_output is not None:
                self.on_output(data)
            else:
                self.received += data

    def set_plugged(self, plugged: bool) -> None:
        """The cable goes in or out; bytes under way are lost."""
        self.plugged = plugged
        self.received.clear()
        self._waiting.clear()


class Port:
    """The other end of the cable inside this process, in step with virtual time; fits the host
    tools as a transport."""

    def __init__(self, link: Link, run_until: Callable[[Callable[[], bool], float], bool]) -> None:
        """`run_until(condition, seconds)` moves the emulator on."""
        self._link, self._run_until = link, run_until

    def read(self, timeout: float) -> bytes:
        """The bytes the token has sent, waiting for them at most `timeout` virtual seconds; b""
        when none came."""
        if not self._link.plugged:
            raise UnpluggedError
        self._run_until(lambda: bool(self._link.received) or not self._link.plugged, timeout)
        if not self._link.plugged:
            raise UnpluggedError
        data = bytes(self._link.received)
        self._link.received.clear()
        return data

    def write(self, data: bytes) -> None:
        """Send bytes to the token; it gets them as time moves on."""
        self._link.put(data)

    def close(self) -> None:
        """Nothing to give back; the cable stays in."""
