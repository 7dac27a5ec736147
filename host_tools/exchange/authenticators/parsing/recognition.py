"""Recognises exports by their content, cheaply and without reading them in full: damaged ones are
recognised too, and their reader then says where they are damaged.

A name in quotes before a colon is a name: within a text of JSON its quotes would be escaped.
"""

import re

from host_tools.exchange import text_encoding

_LINES = "\t\n\v\f\r"
_ROOT = re.compile(r"<([\w.-]+:)?([\w.-]+)")
_BEFORE_ROOT = re.compile(r"\s*(<\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*>)", re.DOTALL)


def has_json_names(content: bytes, *names: str) -> bool:
    """Say whether a file is JSON with all of these names, at any depth."""
    return is_json(content) and all(
        re.search(rb'"%s"\s*:' % re.escape(name.encode()), content) for name in names
    )


def has_json_text(content: bytes, name: str) -> bool:
    """Say whether a file is JSON that has this name with a text as its value."""
    return is_json(content) and bool(
        re.search(rb'"%s"\s*:\s*"' % re.escape(name.encode()), content)
    )


def is_json(content: bytes) -> bool:
    """Say whether a file begins as an object or list of JSON in UTF-8."""
    return content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))


def is_binary(content: bytes) -> bool:
    """Say whether a file is no text: it has control characters beside those of lines and tables."""
    return any(letter < " " and letter not in _LINES for letter in text_encoding.start(content))


def xml_root(content: bytes) -> str | None:
    """Give the name of an XML file's first element, in lower case and without its prefix; None for
    what is not XML."""
    text = text_encoding.start(content)
    if not text.startswith("<"):
        return None
    while skipped := _BEFORE_ROOT.match(text):
        text = text[skipped.end() :].lstrip()
    root = _ROOT.match(text)
    return root.group(2) if root else None


def first_line(content: bytes) -> str:
    """Give the first line of a text file in lower case, without white space before it."""
    return text_encoding.start(content).partition("\n")[0].rstrip("\r")
