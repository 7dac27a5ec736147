"""Frames over a transport, and the hello that opens every link session. Times are seconds."""

from firmware.protocol import frames, messages
from host_tools.errors import KodebrikError
from host_tools.link import diagnosis, replies
from host_tools.link.transport import Transport, clock_of, silent, unplugged

_RECENT = 4096  # bytes kept for the diagnosis of what answers in a token's place
_HELLO_TRIES = 3
_HELLO_TIMEOUT = 1.5  # a token loads its link code at the first byte: about 0.7 s on an RP2040
_LEAVE_REPL = b"\x03\x02"  # Ctrl-C discards the hello from its input line, Ctrl-B leaves raw mode


class DamagedError(Exception):
    """The received bytes are not a usable frame; the request may be repeated."""


class SilenceError(DamagedError):
    """No frame arrived in time."""


class Channel:
    """Sends and receives frames over one transport."""

    def __init__(self, transport: Transport, name: str = "the port") -> None:
        """Use `transport`, which the caller closes; `name` is the port's in errors."""
        self._transport = transport
        self._monotonic = clock_of(transport)
        self._name = name
        self._decoder = frames.Decoder()
        self._arrived: list[bytes | None] = []
        self._recent = b""

    def send(self, kind: int, body: bytes = b"") -> None:
        """Send one frame; KodebrikError when the port is gone."""
        self._write(frames.encode(bytes([kind]) + body))

    def receive(self, kinds: tuple[int, ...], timeout: float) -> tuple[int, bytes]:
        """Give kind and body of the next frame of one of `kinds`; other frames are late answers and
        are ignored.

        DamagedError for a damaged frame, SilenceError after `timeout`; KodebrikError when the port
        is gone.
        """
        deadline = self._monotonic() + timeout
        while True:
            while self._arrived:
                payload = self._arrived.pop(0)
                if payload is None:
                    raise DamagedError
                if payload and payload[0] in kinds:
                    return payload[0], payload[1:]
            data = self._read(max(0.0, deadline - self._monotonic()))
            if not data:
                raise SilenceError
            self._recent = (self._recent + data)[-_RECENT:]
            self._arrived += self._decoder.feed(data)

    def hello(self) -> replies.Hello:
        """Send a hello, up to _HELLO_TRIES times, and give the token's; KodebrikError says what
        answered instead of a token."""
        self._recent = b""
        for _ in range(_HELLO_TRIES):
            self.send(messages.HELLO)
            body = self._await_hello()
            if body is not None:
                return replies.hello(body)
            other = diagnosis.recognise(self._recent)
            if other is not None:
                self._leave_repl()
                raise other
        raise self._no_hello()

    def _await_hello(self) -> bytes | None:
        """Give the body of the token's hello, ignoring damaged frames; None after
        _HELLO_TIMEOUT."""
        deadline = self._monotonic() + _HELLO_TIMEOUT
        while (left := deadline - self._monotonic()) > 0:
            try:
                return self.receive((messages.HELLO,), left)[1]
            except SilenceError:
                break
            except DamagedError:
                continue
        return None

    def _leave_repl(self) -> None:
        if diagnosis.is_repl(self._recent):
            self._write(_LEAVE_REPL)

    def _no_hello(self) -> KodebrikError:
        return replies.GarbageError() if self._recent else silent(self._name)

    def _read(self, timeout: float) -> bytes:
        try:
            return self._transport.read(timeout)
        except OSError as error:
            raise unplugged(self._name) from error

    def _write(self, data: bytes) -> None:
        try:
            self._transport.write(data)
        except TimeoutError as error:
            raise silent(self._name) from error
        except OSError as error:
            raise unplugged(self._name) from error
