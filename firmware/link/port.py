"""The byte stream to the host: USB serial on a board, a pipe in the emulator. Frames in, answers
out."""

from firmware.protocol.frames import Decoder, encode

if False:
    from firmware.interfaces import InputStream, OutputStream  # type: ignore[unreachable]

_CTRL_C = b"\x03"


class Port:
    """One end of the link over two binary streams."""

    def __init__(
        self, stdin_buffer: "InputStream", stdout_buffer: "OutputStream", development: bool
    ):
        """Frames come from `stdin_buffer`; on a development build Ctrl-C between them does too."""
        self._input = stdin_buffer
        self._output = stdout_buffer
        self._development = development
        self._decoder = Decoder()

    @property
    def idle(self) -> bool:
        """Whether no frame has begun."""
        return self._decoder.idle

    def receive(self) -> list | None:
        """Read one byte, which the caller knows to be there: the payloads it completes (None for a
        damaged frame).

        None instead of a list at the end of the stream; KeyboardInterrupt for a Ctrl-C. A board's
        stdin has no read of "what is there": asking for more than one byte would wait for all.
        """
        byte = self._input.read(1)
        if not byte:
            return None
        if self._development and byte == _CTRL_C and self._decoder.idle:
            raise KeyboardInterrupt
        return self._decoder.feed(byte)

    def send(self, payload: bytes) -> None:
        """Write a payload's frame."""
        self._output.write(encode(payload))
