"""The activation letter: serial number, activation code and instructions, in Danish or English.

As HTML (large print, headings and landmarks for screen readers, prints on one page) and as plain
text. The letter holds a secret: it is sent separately from the token, and its file is private.
"""

import html
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from typing import Literal

from host_tools.messages import catalogue
from host_tools.messages.catalogue import Argument
from host_tools.validator.errors import InvalidError
from host_tools.validator.formatting import DEFAULT_ZONE, local_date, long_date
from host_tools.validator.product_names import product_name
from host_tools.validator.records import APP, Product


@dataclass(frozen=True)
class Letter:
    """The facts of a letter. `expires_at` is Unix seconds, `site` the URL where to activate,
    `user_id` whose token it is, `zone` where its user lives."""

    serial: str
    code: str = field(repr=False)
    expires_at: float
    language: str = "da"
    user_id: str | None = None
    site: str | None = None
    product: Product | Literal["app"] | None = None
    zone: tzinfo = DEFAULT_ZONE


@dataclass(frozen=True)
class _Words:
    title: str
    what: str
    serial: str
    code: str
    user_id: str
    expires: str
    how: str
    steps: tuple[str, ...]
    lost: str
    care: str


# Black on white, 18 point: the Clear Print guideline's size for large print is 16 to 18 point.
_STYLE = """
body { font: 18pt/1.5 "Atkinson Hyperlegible", Verdana, Arial, sans-serif;
  color: #000; background: #fff;
  max-width: 34em; margin: 2em auto; padding: 0 1em; overflow-wrap: anywhere; }
h1 { font-size: 1.5em; line-height: 1.2; } h2 { font-size: 1.2em; margin-top: 1.2em; }
dl { border: 2px solid #000; padding: .8em; } dt { font-weight: bold; }
dd { margin: 0 0 .6em; font-size: 1.4em;
  letter-spacing: .05em; font-variant-numeric: tabular-nums; }
li { margin-bottom: .5em; }
@page { size: A4; margin: 2cm; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 16pt; line-height: 1.3; }
  h1, h2 { margin: 0 0 .4em; } p, ol { margin: .6em 0; }
  li { margin-bottom: .3em; break-inside: avoid; }
  dl { margin: .6em 0; padding: .4em .8em 0; break-inside: avoid; } }
"""


def as_text(letter: Letter) -> str:
    """Give the letter as plain text."""
    words = _words(letter)
    lines = [words.title, "=" * len(words.title), "", words.what, ""]
    lines += [f"{name}: {value}" for name, value in _facts(letter, words)]
    lines += ["", words.expires, "", words.how, "-" * len(words.how)]
    lines += [f"{number}. {step}" for number, step in enumerate(words.steps, 1)]
    return "\n".join([*lines, "", words.lost, "", words.care, ""])


def as_html(letter: Letter) -> str:
    """Give the letter as an HTML page that needs nothing else."""
    return f"""<!DOCTYPE html>
<html lang="{letter.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(_words(letter).title)}</title>
<style>{_STYLE}</style>
</head>
<body>
{as_element(letter)}
</body>
</html>
"""


def as_element(letter: Letter) -> str:
    """Give the letter as the element `main` of an HTML page."""
    words = _words(letter)
    facts = "\n".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>"
        for name, value in _facts(letter, words)
    )
    steps = "\n".join(f"<li>{html.escape(step)}</li>" for step in words.steps)
    return f"""<main lang="{letter.language}">
<h1>{html.escape(words.title)}</h1>
<p>{html.escape(words.what)}</p>
<dl>
{facts}
</dl>
<p>{html.escape(words.expires)}</p>
<h2>{html.escape(words.how)}</h2>
<ol>
{steps}
</ol>
<p>{html.escape(words.lost)}</p>
<p>{html.escape(words.care)}</p>
</main>"""


def in_fours(digits: str) -> str:
    """Group a number of digits in fours for reading: 1234 5678, 1000 0000 0008. Other text is
    returned unchanged."""
    if not (digits.isascii() and digits.isdigit()):
        return digits
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def typed_serial(text: str) -> str:
    """Give the serial number that somebody has typed as a letter groups it."""
    digits = "".join(text.split())
    return digits if digits.isascii() and digits.isdigit() else text.strip()


def _words(letter: Letter) -> _Words:
    """Give the words of the letter's language, with the product's name."""
    if letter.language not in catalogue.LANGUAGES:
        raise InvalidError(
            "letter-language-unknown",
            language=letter.language,
            choices=", ".join(catalogue.LANGUAGES),
        )
    product = product_name(letter.product)
    if letter.product == APP:
        what, steps, lost = _of_app(letter)
    else:
        what = _text(letter, "letter.what", product=product)
        steps = _of_token(letter, letter.product or "general", product)
        lost = _text(letter, "letter.lost", product=product)
    return _Words(
        title=_text(letter, "letter.title", product=product),
        what=what,
        serial=_text(letter, "letter.serial"),
        code=_text(letter, "letter.code"),
        user_id=_text(letter, "letter.user-id"),
        expires=_text(letter, "letter.expires", date=_last_day(letter)),
        how=_text(letter, "letter.how"),
        steps=steps,
        lost=lost,
        care=_text(letter, "letter.care"),
    )


def _of_token(letter: Letter, kind: str, product: str) -> tuple[str, ...]:
    """Give the steps by which a code token is activated."""
    go = (
        _text(letter, "letter.go-to", site=letter.site)
        if letter.site
        else _text(letter, "letter.go")
    )
    return (
        _text(letter, "letter-compare." + kind, product=product),
        go,
        _text(letter, "letter.type"),
        _text(letter, "letter-press." + kind),
    )


def _of_app(letter: Letter) -> tuple[str, tuple[str, ...], str]:
    """Give what is said of the app alone: what the letter is for, the steps, whom to call."""
    go = (
        _text(letter, "letter-app.go-to", site=letter.site.rstrip("/"))
        if letter.site
        else _text(letter, "letter-app.go")
    )
    steps = (
        go,
        _text(letter, "letter-app.choose"),
        _text(letter, "letter-app.type"),
        _text(letter, "letter-app.name"),
    )
    return _text(letter, "letter-app.what"), steps, _text(letter, "letter-app.lost")


def _text(letter: Letter, identifier: str, /, **arguments: Argument) -> str:
    return catalogue.text(letter.language, identifier, **arguments)


def _facts(letter: Letter, words: _Words) -> list[tuple[str, str]]:
    user = [(words.user_id, letter.user_id)] if letter.user_id else []
    # The number of an app device tells its user nothing.
    serial = [] if letter.product == APP else [(words.serial, in_fours(letter.serial))]
    return [*user, *serial, (words.code, in_fours(letter.code))]


def _last_day(letter: Letter) -> str:
    """Name the last day on which the code can be used to its end."""
    last = local_date(letter.expires_at, letter.zone) - timedelta(days=1)
    return long_date(last, letter.language)
