"""Parses the XML of an untrusted PSKC file (RFC 6030): bounded, without a DTD, in its namespace.

The result is a tree for python-pskc; this module checks the document, not its keys.
"""

import re
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from host_tools.errors import KodebrikError
from host_tools.exchange import text_encoding
from host_tools.exchange.key_package import bad
from host_tools.exchange.pskc import schema
from host_tools.exchange.token_file import MAX_SIZE
from host_tools.messages.catalogue import Message

_MAX_TAGS = 1_500_000  # "<" characters; a key has about 60, and each element costs memory
PSKC = "urn:ietf:params:xml:ns:keyprov:pskc"
_NAMESPACES = (
    PSKC,
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.w3.org/2001/04/xmlenc#",
    "http://www.w3.org/2009/xmlenc11#",
    "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#",
)
_MOST_SHOWN = 40  # characters of a name
_PACKAGE = re.compile(rb"<(?:\w+:)?keypackage[\s>]", re.IGNORECASE)
# RFC 6030 figure 7 writes these children of PBKDF2-params without a namespace.
_WITHOUT_NAMESPACE = ("Salt", "Specified", "IterationCount", "KeyLength", "PRF")
# privacyIDEA (3.14 and before) exports PSKC through an HTML parser that makes all names lower case.
_CASE = {name.lower(): name for name in schema.NAMES}


def parse(content: bytes) -> Element:
    """Give the KeyContainer element of a PSKC document, all tags without namespaces; KodebrikError
    for any other document."""
    if len(content) > MAX_SIZE:
        raise bad("xml-too-large", megabytes=MAX_SIZE // 2**20)
    if content.count(b"<") > _MAX_TAGS:
        raise bad("xml-too-many-elements")
    encoding = None
    if text_encoding.is_utf16(content):
        content, encoding = text_encoding.decode(content).encode(), "utf-8"
    parser = XMLParser(target=_Builder(), encoding=encoding)  # noqa: S314 - bounded, and refuses a DTD, without which there are no entities
    try:
        parser.feed(content)
        root: Element = parser.close()
    except ParseError as error:
        raise _damaged(content, error) from None
    except (LookupError, ValueError):
        raise bad("xml-encoding") from None
    namespace, name = _split(root.tag)
    if namespace == PSKC and name == "keycontainer":
        _restore_case(root)
    elif name != "KeyContainer":
        raise bad("xml-not-pskc", element=name[:_MOST_SHOWN])
    _strip_namespaces(root)
    return root


class _Builder(TreeBuilder):
    """A tree builder that refuses a document type declaration."""

    def doctype(self, name: str, public: str, system: str) -> None:
        raise bad("xml-document-type")


def _damaged(content: bytes, error: ParseError) -> KodebrikError:
    """Make the error for XML that does not parse, with the line and the key of the fault."""
    line, _ = error.position
    keys = len(_PACKAGE.findall(b"\n".join(content.split(b"\n")[:line])))
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


def _strip_namespaces(root: Element) -> None:
    """Remove the namespaces of PSKC and of what it uses from the tags; elements of other
    vocabularies keep theirs."""
    _strip_pskc(root, Message("place-file"))
    stack = [(root, 0)]
    while stack:
        element, key = stack.pop()
        packages = 0
        for child in element:
            namespace, name = _split(child.tag)
            packages += name == "KeyPackage"
            within = key or (packages if name == "KeyPackage" else 0)
            if namespace in _NAMESPACES or (not namespace and name in _WITHOUT_NAMESPACE):
                child.tag = name
                if name != "Extensions":
                    stack.append((child, within))
            elif name in schema.ELEMENTS:
                _strip_pskc(
                    child, Message("place-key", number=within) if within else Message("place-file")
                )


def _strip_pskc(element: Element, where: str) -> None:
    namespace, name = _split(element.tag)
    if namespace != PSKC:
        shown = namespace if re.fullmatch(r"\S{0,80}", namespace) else "…"
        raise bad("xml-namespace", where=where, element=name, namespace=shown, expected=PSKC)
    element.tag = name
