"""Parses the XML of an untrusted PSKC file (RFC 6030): bounded, without a DTD, in its namespace.

Memory holds one key package at a time, and what stands outside of them. The results are trees for
python-pskc; this module checks the document, not its keys.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from host_tools.errors import KodebrikError
from host_tools.exchange import text_encoding
from host_tools.exchange.key_package import bad
from host_tools.exchange.pskc import schema
from host_tools.messages.catalogue import Message

_CHUNK = 2**16  # bytes that are read at a time
_MOST_BYTES = 2**20  # of a key package, which has about 1,100, or of what is outside of them
_MOST_OUTSIDE = 2**20  # elements and letters outside of key packages
PSKC = "urn:ietf:params:xml:ns:keyprov:pskc"
_NAMESPACES = (
    PSKC,
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.w3.org/2001/04/xmlenc#",
    "http://www.w3.org/2009/xmlenc11#",
    "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#",
)
_MOST_SHOWN = 40  # characters of a name
# RFC 6030 figure 7 writes these children of PBKDF2-params without a namespace.
_WITHOUT_NAMESPACE = ("Salt", "Specified", "IterationCount", "KeyLength", "PRF")
# privacyIDEA (3.14 and before) exports PSKC through an HTML parser that makes all names lower case.
_CASE = {name.lower(): name for name in schema.NAMES}


class Document:
    """A PSKC document that is read from its beginning, key package by key package.

    Going through it gives the KeyPackage elements, all tags without namespaces; then `root` is the
    KeyContainer element without them. KodebrikError for any other document.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Read `file`, of any size."""
        self._file = file
        self.root = Element("KeyContainer")

    def __iter__(self) -> Iterator[Element]:
        """Give the KeyPackage elements one by one."""
        self._file.seek(0)
        mark, encoding = text_encoding.detect(self._file.read(_CHUNK))
        is_utf16 = encoding != "utf-8"
        self._file.seek(len(mark) if is_utf16 else 0)
        builder = _Builder()
        parser = XMLParser(target=builder, encoding=encoding if is_utf16 else None)  # noqa: S314 - bounded, and refuses a DTD, without which there are no entities
        unfinished = 0
        try:
            while chunk := self._file.read(_CHUNK):
                parser.feed(chunk)
                unfinished = 0 if builder.whole else unfinished + len(chunk)
                if unfinished > _MOST_BYTES:
                    raise bad("xml-too-large", megabytes=_MOST_BYTES // 2**20)
                yield from builder.take()
            self.root = parser.close()
        except ParseError as error:
            raise _damaged(error, builder.begun) from None
        except (LookupError, ValueError):
            raise bad("xml-encoding") from None
        if builder.lower_case:
            _restore_case(self.root)
        _strip_namespaces(self.root, 0)


class _Builder:
    """Builds the elements of a document: each key package by itself, and what is around them.

    `begun` counts the key packages, `whole` are those that were not taken yet; `lower_case` is
    whether the file is privacyIDEA's. Text between the children of the root is dropped.
    """

    def __init__(self) -> None:
        self.begun, self.whole, self.lower_case = 0, list[Element](), False
        self._outer, self._inner = TreeBuilder(), TreeBuilder()
        self._depth, self._within, self._size = 0, False, 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            self.lower_case = _is_lower_case(tag)
        elif self._depth == 2 and self._is_package(tag):  # noqa: PLR2004 - a child of the root
            self.begun += 1
            self._within, self._inner = True, TreeBuilder()
        if not self._within:
            self._outside(1 + sum(map(len, attributes.values())))
        (self._inner if self._within else self._outer).start(tag, attributes)

    def end(self, tag: str) -> None:
        (self._inner if self._within else self._outer).end(tag)
        self._depth -= 1
        if self._within and self._depth == 1:
            self._within = False
            self.whole.append(self._inner.close())

    def data(self, text: str) -> None:
        if self._within:
            self._inner.data(text)
        elif self._depth > 1:
            self._outside(len(text))
            self._outer.data(text)

    def doctype(self, name: str, public: str, system: str) -> None:
        raise bad("xml-document-type")

    def close(self) -> Element:
        return self._outer.close()

    def take(self) -> Iterator[Element]:
        """Give the key packages that are whole, and forget them."""
        whole, self.whole = self.whole, []
        first = self.begun - self._within - len(whole) + 1
        for number, package in enumerate(whole, first):
            if self.lower_case:
                _restore_case(package)
            _strip_namespaces(package, number)
            yield package

    def _is_package(self, tag: str) -> bool:
        _, name = _split(tag)
        return (_CASE.get(name, name) if self.lower_case else name) == "KeyPackage"

    def _outside(self, size: int) -> None:
        """Count the elements and letters outside of key packages: they stay in memory."""
        self._size += size
        if self._size > _MOST_OUTSIDE:
            raise bad("pskc-head-too-large")


def _is_lower_case(tag: str) -> bool:
    """Say whether a PSKC document's root is in lower case; KodebrikError for any other root."""
    namespace, name = _split(tag)
    if namespace == PSKC and name == "keycontainer":
        return True
    if name != "KeyContainer":
        raise bad("xml-not-pskc", element=name[:_MOST_SHOWN])
    return False


def _damaged(error: ParseError, keys: int) -> KodebrikError:
    """Make the error for XML that does not parse, with the line and the key of the fault."""
    line, _ = error.position
    position = (
        Message("place-in-key", number=keys, line=line)
        if keys
        else Message("place-at-line", line=line)
    )
    return bad("xml-damaged", place=position)


def _split(tag: str) -> tuple[str, str]:
    namespace, _, name = tag.rpartition("}")
    return namespace.removeprefix("{"), name


def _restore_case(root: Element) -> None:
    for element in root.iter():
        namespace, name = _split(element.tag)
        element.tag = f"{{{namespace}}}{_CASE.get(name, name)}"
        attributes = {_CASE.get(key, key): value for key, value in element.attrib.items()}
        # privacyIDEA writes the hash into an attribute "hashalgo" instead of the text.
        if "hashalgo" in attributes:
            element.text = attributes.pop("hashalgo")
        element.attrib.clear()
        element.attrib.update(attributes)


def _strip_namespaces(root: Element, package: int) -> None:
    """Remove the namespaces of PSKC and of what it uses from the tags of a key package, by its
    number, or of what is outside of them (0); elements of other vocabularies keep theirs."""
    where = Message("place-key", number=package) if package else Message("place-file")
    _strip_pskc(root, where)
    stack = [root]
    while stack:
        for child in stack.pop():
            namespace, name = _split(child.tag)
            if namespace in _NAMESPACES or (not namespace and name in _WITHOUT_NAMESPACE):
                child.tag = name
                if name != "Extensions":
                    stack.append(child)
            elif name in schema.ELEMENTS:
                _strip_pskc(child, where)


def _strip_pskc(element: Element, where: str) -> None:
    namespace, name = _split(element.tag)
    if namespace != PSKC:
        shown = namespace if re.fullmatch(r"\S{0,80}", namespace) else "…"
        raise bad("xml-namespace", where=where, element=name, namespace=shown, expected=PSKC)
    element.tag = name
