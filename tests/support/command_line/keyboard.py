"""Standard input that is typed by an operator."""

import io


class Keyboard(io.StringIO):
    """An operator who types what `see()` gives when a command asks."""

    def __init__(self, see):
        super().__init__()
        self._see = see

    def readline(self, *_):
        return self._see() + "\n"
