"""What all web pages share: templates, and the language that a browser asks for."""

from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from host_tools.messages.catalogue import LANGUAGES


def templates(package: str) -> Environment:
    """Give the templates of a package: what is filled in is escaped, and a name that nobody has
    given is an error."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asked_language(headers: Mapping[str, str]) -> str | None:
    """Give the first language of the header Accept-Language that there is a catalogue of. Names of
    `headers` are in small letters, or found in any."""
    for part in headers.get("accept-language", "").lower().split(","):
        asked = part.partition(";")[0].strip()[:2]
        if asked in LANGUAGES:
            return asked
    return None
