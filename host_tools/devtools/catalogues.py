"""Compile the catalogues of messages: every `kodebrik.po` to the `kodebrik.mo` beside it, which the
programs read."""

import io
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from host_tools.messages.catalogue import DOMAIN, LOCALE

_IDENTIFIER = re.compile(r'^msgid "(.+)"$', re.MULTILINE)
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


def main() -> None:
    """Compile all languages, and name the files that changed."""
    for source in sources():
        compiled = compile_po(source)
        target = source.with_suffix(".mo")
        if not target.exists() or target.read_bytes() != compiled:
            target.write_bytes(compiled)
            print(f"Wrote {target.relative_to(LOCALE)}")


def sources() -> list[Path]:
    """List the catalogues as people write them."""
    return sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def compile_po(source: Path) -> bytes:
    """Give the bytes of the compiled catalogue; PoFileError for a bad source, ValueError for one
    that has a message twice."""
    found = Counter(_IDENTIFIER.findall(source.read_text(encoding="utf-8")))
    if twice := [identifier for identifier, count in found.items() if count > 1]:
        raise ValueError(f"{source} has these messages twice: {', '.join(twice)}")
    with source.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    catalogue.creation_date = catalogue.revision_date = _UNDATED  # the same bytes at any time
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


if __name__ == "__main__":
    main()
