"""The letter that goes with a token: what it is, how to activate it, how to take care of it, and
what to do when it is lost. It holds no secret; the activation code comes in a letter of its own.

One text for eyes, screen readers, ears and fingers: as HTML (large print, headings and lists), as a
tagged PDF, as sentences to be spoken, and as paragraphs for braille. The rules of care are those of
MitID's campaign for its users.
"""

import base64
import html
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import segno

from host_tools.messages import catalogue
from host_tools.messages.catalogue import Argument, Message

# Black on white: 18 points are large print by the Clear Print guideline; PT Sans runs small.
_STYLE = """
body { font: 20pt/1.35 "PT Sans", Verdana, Arial, sans-serif; color: #000; background: #fff;
  max-width: 34em; margin: 1em auto; padding: 0 1em; overflow-wrap: anywhere; }
h1 { font-size: 30pt; line-height: 1.2; margin: 0 0 .4em; }
h2 { font-size: 24pt; line-height: 1.25; margin: .9em 0 .3em; break-after: avoid; }
p { margin: .4em 0; } ol, ul { margin: .3em 0; } li { margin: .25em 0; break-inside: avoid; }
.serial { font-size: 34pt; font-weight: bold; letter-spacing: .04em;
  border: 2pt solid #000; padding: .15em .4em; }
img { width: 40mm; height: 40mm; }
@page { size: A4; margin: 18mm 20mm;
  @bottom-right { content: counter(page); font: 18pt "PT Sans"; } }
@media print { body { margin: 0; padding: 0; max-width: none; } }
"""


@dataclass(frozen=True)
class Handout:
    """The facts of a letter. `site` is the URL of the page where to activate, `support` how support
    is reached; both may be unknown."""

    serial: str
    product: str
    language: str
    site: str | None = None
    support: str | None = None


@dataclass(frozen=True)
class _Part:
    """A heading with the steps or rules under it, which have an order or none."""

    heading: str
    items: tuple[str, ...]
    ordered: bool = False


def as_html(letter: Handout) -> str:
    """Give the letter as an HTML page that needs nothing else."""
    title, lead = html.escape(_title(letter)), html.escape(_lead(letter))
    activate, care, lost = (_section(part) for part in _parts(letter))
    picture = "" if letter.site is None else _picture(letter, letter.site)
    serial = html.escape(_text(letter, "letter.serial"))
    return f"""<!DOCTYPE html>
<html lang="{letter.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{lead}</p>
<h2>{serial}</h2>
<p class="serial">{html.escape(_in_fours(letter.serial))}</p>
{activate}{picture}{care}{lost}</main>
</body>
</html>
"""


def write_pdf(letter: Handout, path: Path) -> None:
    """Write the letter as a tagged PDF in large print."""
    from host_tools.paper import pdf, tagged_pdf  # noqa: PLC0415 - slow to load

    pdf.render(as_html(letter), "", path)
    tagged_pdf.finish(path, {})


def sentences(letter: Handout) -> Iterator[str]:
    """Give what is to be said, in the order of the page; the serial number digit by digit."""
    yield _title(letter)
    yield _lead(letter)
    yield _text(letter, "letter.serial")
    yield from serial_sentences(letter.serial)
    for part in _parts(letter):
        yield part.heading
        for number, item in enumerate(part.items, 1):
            yield f"{number}. {item}" if part.ordered else item


def paragraphs(letter: Handout) -> Iterator[tuple[bool, str]]:
    """Give what is to be read line by line, in the order of the page, each with whether it is a
    heading."""
    yield True, _title(letter)
    yield False, _lead(letter)
    yield True, _text(letter, "letter.serial")
    yield False, _in_fours(letter.serial)
    for part in _parts(letter):
        yield True, part.heading
        for number, item in enumerate(part.items, 1):
            yield False, f"{number}. {item}" if part.ordered else item


def serial_sentences(serial: str) -> list[str]:
    """Give a serial number as three groups of digits, each digit by itself."""
    return [", ".join(serial[at : at + 4]) for at in range(0, len(serial), 4)]


def _parts(letter: Handout) -> tuple[_Part, _Part, _Part]:
    product = _product(letter)
    go = _text(letter, "letter.go")
    if letter.site is not None:
        go = _text(letter, "letter.go-to", site=letter.site.partition("://")[2])
    lost = _text(letter, "handout.lost")
    if letter.support is not None:
        unbroken = letter.support.replace(" ", "\N{NO-BREAK SPACE}")
        lost = _text(letter, "handout.lost-at", support=unbroken)
    steps = (
        _text(letter, "handout.wait"),
        _text(letter, "letter-compare." + letter.product, product=product),
        go,
        _text(letter, "letter.type"),
        _text(letter, "letter-press." + letter.product),
    )
    rules = (
        _text(letter, "handout.care-codes"),
        _text(letter, "handout.care-token", product=product),
        _text(letter, "handout.care-user-id"),
        _text(letter, "handout.care-calls"),
        _text(letter, "handout.care-read"),
    )
    return (
        _Part(_text(letter, "handout.activate"), steps, ordered=True),
        _Part(_text(letter, "handout.care"), rules),
        _Part(_text(letter, "handout.if-lost"), (lost,)),
    )


def _section(part: _Part) -> str:
    heading = f"<h2>{html.escape(part.heading)}</h2>\n"
    if len(part.items) == 1:
        return f"{heading}<p>{html.escape(part.items[0])}</p>\n"
    name = "ol" if part.ordered else "ul"
    items = "\n".join(f"<li>{html.escape(item)}</li>" for item in part.items)
    return f"{heading}<{name}>\n{items}\n</{name}>\n"


def _picture(letter: Handout, site: str) -> str:
    """Give the QR code (ISO/IEC 18004) of the activation page, with a sentence about it."""
    source = _drawn(site)
    alternative = html.escape(_text(letter, "handout.picture", site=site))
    scan = html.escape(_text(letter, "handout.scan"))
    return (
        f"<p>{scan}</p>\n"
        f'<p><img alt="{alternative}" src="data:image/svg+xml;base64,{source}"></p>\n'
    )


@cache
def _drawn(site: str) -> str:
    drawn = io.BytesIO()
    segno.make(site, error="m", micro=False).save(drawn, kind="svg", border=4, xmldecl=False)
    return base64.b64encode(drawn.getvalue()).decode()


def _title(letter: Handout) -> str:
    return _text(letter, "handout.title", product=_product(letter))


def _lead(letter: Handout) -> str:
    return _text(letter, "handout.lead", product=_product(letter))


def _product(letter: Handout) -> Message:
    return Message("product-name." + letter.product)


def _text(letter: Handout, identifier: str, /, **arguments: Argument) -> str:
    return catalogue.text(letter.language, identifier, **arguments)


def _in_fours(serial: str) -> str:
    return " ".join(serial[at : at + 4] for at in range(0, len(serial), 4))
