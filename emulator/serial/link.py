"""The token's serial link: bytes in transit between the VM and the host."""

from collections.abc import Callable

BUFFERED = 4096  # bytes for the token from which on a host has to wait


class UnpluggedError(OSError):
    """The USB cable is not in."""

    def __init__(self) -> None:
        """Make the error with its message."""
        super().__init__("The token is unplugged.")


class Link:
    """Bytes to and from the VM. Without a cable, what the VM sends is lost."""

    def __init__(self) -> None:
        """Unplugged."""
        self.plugged = False
        # Takes the token's bytes; None: they are kept in `received`.
        self.on_output: Callable[[bytes], None] | None = None
        # Told what goes over the cable: whether to the token, and the bytes.
        self.on_bytes: Callable[[bool, bytes], None] | None = None
        self.received = bytearray()  # from the token, for `HostPort`
        self._waiting = bytearray()  # for the token, not yet given to the VM

    @property
    def waiting(self) -> bytes:
        """Bytes for the token that the VM has not been given yet."""
        return bytes(self._waiting)

    @property
    def full(self) -> bool:
        """Whether the token has so much to read that a USB stack would take no more bytes."""
        return len(self._waiting) >= BUFFERED

    def put(self, data: bytes) -> None:
        """Take bytes from the host. UnpluggedError when there is no cable."""
        if not self.plugged:
            raise UnpluggedError
        if self.on_bytes is not None:
            self.on_bytes(True, data)
        self._waiting += data

    def put_back(self, data: bytes) -> None:
        """Take back bytes that the VM was given and has not read."""
        self._waiting[:0] = data

    def take(self, count: int) -> None:
        """Drop `count` bytes: the VM has been given them."""
        del self._waiting[:count]

    def send(self, data: bytes) -> None:
        """Take bytes from the VM."""
        if data and self.plugged:
            if self.on_bytes is not None:
                self.on_bytes(False, data)
            if self.on_output is not None:
                self.on_output(data)
            else:
                self.received += data

    def set_plugged(self, plugged: bool) -> None:
        """Plug or unplug the cable; bytes in transit are lost."""
        self.plugged = plugged
        self.received.clear()
        self._waiting.clear()


class HostPort:
    """The host's end of the link inside this process, in virtual time: a `Transport` of the host
    tools."""

    def __init__(
        self,
        link: Link,
        run_until: Callable[[Callable[[], bool], float], bool],
        monotonic: Callable[[], float],
    ) -> None:
        """`run_until(condition, seconds)` lets virtual time pass, `monotonic()` gives its seconds.

        Time-outs of the host count by `monotonic`, so that they do not depend on how busy the
        machine is.
        """
        self._link, self._run_until, self.monotonic = link, run_until, monotonic

    def read(self, timeout: float) -> bytes:
        """Give bytes from the token, after at most `timeout` virtual seconds; b"": none came."""
        if not self._link.plugged:
            raise UnpluggedError
        self._run_until(lambda: bool(self._link.received) or not self._link.plugged, timeout)
        if not self._link.plugged:
            raise UnpluggedError
        data = bytes(self._link.received)
        self._link.received.clear()
        return data

    def write(self, data: bytes) -> None:
        """Send bytes to the token, which gets them when virtual time passes."""
        self._link.put(data)

    def close(self) -> None:
        """Do nothing: the cable stays in."""
