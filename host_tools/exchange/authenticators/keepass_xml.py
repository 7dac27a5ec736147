"""The unencrypted XML of KeePass 2 and KeePassXC: its entries, without the recycle bin and without
what an entry was before."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks
from host_tools.messages.catalogue import Message

_MAX_TAGS = 1_500_000  # "<" characters; each element costs memory


class _Builder(TreeBuilder):
    """A tree builder that refuses a document type declaration, without which there are no
    entities."""

    def doctype(self, name: str, public: str, system: str) -> None:
        raise bad("xml-document-type")


def entries(content: bytes, remarks: Remarks) -> Iterator[Element]:
    """Give the Entry elements of a file; KodebrikError for damaged XML."""
    root = _parsed(content)
    bin_uuid = root.findtext("Meta/RecycleBinUUID", "")
    groups = root.findall("Root/Group")
    while groups:
        group = groups.pop(0)
        if bin_uuid and group.findtext("UUID") == bin_uuid:
            remarks.pass_over(group.findtext("Name") or "Recycle Bin")
            continue
        yield from group.findall("Entry")
        groups[:0] = group.findall("Group")


def _parsed(content: bytes) -> Element:
    if content.count(b"<") > _MAX_TAGS:
        raise bad("xml-too-many-elements")
    parser = XMLParser(target=_Builder())  # noqa: S314 - bounded, and refuses a DTD
    try:
        parser.feed(content)
        root: Element = parser.close()
    except ParseError as error:
        place = Message("place-at-line", line=error.position[0])
        raise bad("xml-damaged", place=place) from None
    except (LookupError, ValueError):
        raise bad("xml-encoding") from None
    return root
