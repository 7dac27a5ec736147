"""The byte stream to the host: USB serial on a board, a pipe in the emulator.

Reads and writes frames.
"""

from firmware.protocol.frames import Decoder, encode

if False:
    from collections.abc import Callable, Iterable  # type: ignore[unreachable]

    from firmware.interfaces import InputStream, OutputStream

_CTRL_C = 3
_MOST = 256  # bytes taken at a time, so that the program's loop gets its turn


class Port:
    """The token's end of the link, over two binary streams."""

    def __init__(
        self,
        stdin_buffer: "InputStream",
        stdout_buffer: "OutputStream",
        waiting: "Callable[[int], Iterable]",
        development: bool,
    ):
        """Take the streams; `waiting` is ipoll() of the first. On a development build Ctrl-C
        between its frames interrupts."""
        self._input = stdin_buffer
        self._output = stdout_buffer
        self._waiting = waiting
        self._development = development
        self._byte = bytearray(1)
        self._piece = bytearray(_MOST)
        self._decoder = Decoder()

    @property
    def idle(self) -> bool:
        """Return True while no frame has begun."""
        return self._decoder.idle

    def receive(self) -> list | None:
        """Read the bytes that are there, up to the end of a frame; one must be there. Return the
        payloads that they complete, None among them for a damaged frame.

        Returns None instead of a list at the end of the stream; KeyboardInterrupt for a Ctrl-C. A
        board's stdin cannot read "what is available": asking for more bytes would wait for all of
        them.
        """
        piece = self._piece
        one = self._byte
        count = 0
        while count < _MOST:
            if not self._input.readinto(one):
                if not count:
                    return None
                break
            byte = one[0]
            if byte == _CTRL_C and self._development and self._decoder.idle:
                raise KeyboardInterrupt
            piece[count] = byte
            count += 1
            if not byte or not any(self._waiting(0)):
                break
        return self._decoder.feed(piece[:count])

    def send(self, payload: bytes) -> None:
        """Write the frame of a payload."""
        self._output.write(encode(payload))
