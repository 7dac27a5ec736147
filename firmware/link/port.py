"""The byte stream to the host: USB serial on a board, a pipe in the emulator.

Reads and writes frames.
"""

from firmware.protocol.frames import Decoder, encode

if False:
    from firmware.interfaces import InputStream, OutputStream  # type: ignore[unreachable]

_CTRL_C = b"\x03"


class Port:
    """The token's end of the link, over two binary streams."""

    def __init__(
        self, stdin_buffer: "InputStream", stdout_buffer: "OutputStream", development: bool
    ):
        """Take the streams; on a development build Ctrl-C between frames of `stdin_buffer`
        interrupts."""
        self._input = stdin_buffer
        self._output = stdout_buffer
        self._development = development
        self._decoder = Decoder()

    @property
    def idle(self) -> bool:
        """Return True while no frame has begun."""
        return self._decoder.idle

    def receive(self) -> list | None:
        """Read one byte, which must be available; return the payloads that it completes, None among
        them for a damaged frame.

        Returns None instead of a list at the end of the stream; KeyboardInterrupt for a Ctrl-C. A
        board's stdin cannot read "what is available": asking for more bytes would wait for all of
        them.
        """
        byte = self._input.read(1)
        if not byte:
            return None
        if self._development and byte == _CTRL_C and self._decoder.idle:
            raise KeyboardInterrupt
        return self._decoder.feed(byte)

    def send(self, payload: bytes) -> None:
        """Write the frame of a payload."""
        self._output.write(encode(payload))
