"""A language's phrases, by key."""

if False:
    from firmware.interfaces import Iterator  # type: ignore[unreachable]


class Phrases:
    """Phrases as the one text in which they are written, a line each, "key: phrase"; lines with "#"
    in front are comments. A token that looked a hundred keys up as names, to make a dict of them,
    would show its first code 30 ms later, and keep 5 KB of its memory for them."""

    def __init__(self, text: str):
        """Take the text; a line feed stands at its beginning and at its end."""
        self._text = text

    def __getitem__(self, key: str) -> str:
        """Return the phrase of a key; KeyError when there is none."""
        before = "\n" + key + ": "
        start = self._text.find(before)
        if start < 0:
            raise KeyError(key)
        start += len(before)
        return self._text[start : self._text.find("\n", start)]

    def keys(self) -> "Iterator[str]":
        """Yield the keys, so that dict() takes all phrases."""
        for line in self._text.split("\n"):
            if line and line[0] != "#":
                yield line.split(": ")[0]
