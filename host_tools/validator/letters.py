"""The activation letter: serial number and activation code, with what to do, in Danish or English.

As HTML (large print, headings and landmarks for screen readers, prints on one page) and as plain
text. It holds a secret: it is sent apart from the token, and its file is private.
"""

import html
from dataclasses import dataclass, field, replace
from datetime import timedelta, tzinfo

from host_tools.validator.errors import InvalidError
from host_tools.validator.formatting import DEFAULT_ZONE, local_date, long_date
from host_tools.validator.product_names import product_name
from host_tools.validator.records import Product

LANGUAGES = ("da", "en")


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
    product: Product | None = None
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
    go: str
    go_to: str
    lost: str
    care: str


_WORDS = {
    "da": _Words(
        title="Aktivér din {product}",
        what="Med dette brev kan du tage din {product} i brug. Den sendes separat.",
        serial="Serienummer",
        code="Aktiveringskode",
        user_id="Bruger-ID",
        expires="Aktiveringskoden gælder til og med {date}.",
        how="Sådan gør du",
        steps=(
            "Kontrollér, at serienummeret i brevet er det samme som på bagsiden af din {product}.",
            "{go}",
            "Skriv dit bruger-ID, serienummeret og aktiveringskoden.",
            "Tryk på knappen, så du får en kode, og skriv koden.",
        ),
        go="Gå til den side, hvor du logger på, og vælg at aktivere.",
        go_to="Gå til {site}, og vælg at aktivere.",
        lost=(
            "Er serienummeret et andet, eller har du ikke modtaget din {product}, så ring til "
            "support."
        ),
        care=(
            "Gem brevet et sikkert sted, til du er færdig, og smid det så ud. Vis det ikke til "
            "andre."
        ),
    ),
    "en": _Words(
        title="Activate your {product}",
        what="With this letter you can start to use your {product}. It is sent separately.",
        serial="Serial number",
        code="Activation code",
        user_id="User ID",
        expires="The activation code can be used until {date}.",
        how="What to do",
        steps=(
            "Check that the serial number in this letter is the one on the back of your {product}.",
            "{go}",
            "Type your user ID, the serial number and the activation code.",
            "Press the button to get a code, and type the code.",
        ),
        go="Go to the page where you sign in, and choose to activate.",
        go_to="Go to {site} and choose to activate.",
        lost=(
            "If the serial number is another one, or you did not receive your {product}, call "
            "support."
        ),
        care=(
            "Keep this letter in a safe place until you are done, then throw it away. Show it to "
            "nobody."
        ),
    ),
}

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
    lines += ["", _expiry(letter, words), "", words.how, "-" * len(words.how)]
    lines += [f"{number}. {step}" for number, step in enumerate(words.steps, 1)]
    return "\n".join([*lines, "", words.lost, "", words.care, ""])


def as_html(letter: Letter) -> str:
    """Give the letter as an HTML page that needs nothing else."""
    words = _words(letter)
    facts = "\n".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>"
        for name, value in _facts(letter, words)
    )
    steps = "\n".join(f"<li>{html.escape(step)}</li>" for step in words.steps)
    return f"""<!DOCTYPE html>
<html lang="{letter.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(words.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{html.escape(words.title)}</h1>
<p>{html.escape(words.what)}</p>
<dl>
{facts}
</dl>
<p>{html.escape(_expiry(letter, words))}</p>
<h2>{html.escape(words.how)}</h2>
<ol>
{steps}
</ol>
<p>{html.escape(words.lost)}</p>
<p>{html.escape(words.care)}</p>
</main>
</body>
</html>
"""


def in_fours(digits: str) -> str:
    """Group a number for reading: 1234 5678, 1000 0000 0008. What is no plain number stays as it
    is."""
    if not (digits.isascii() and digits.isdigit()):
        return digits
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _words(letter: Letter) -> _Words:
    """Give the words of the letter's language, with the product's name."""
    if letter.language not in _WORDS:
        raise InvalidError(
            f"There is no letter in the language {letter.language}.",
            f"Choose one of: {', '.join(LANGUAGES)}.",
        )
    words = _WORDS[letter.language]
    product = product_name(letter.product, letter.language)
    go = words.go_to.format(site=letter.site) if letter.site else words.go
    return replace(
        words,
        title=words.title.format(product=product),
        what=words.what.format(product=product),
        steps=tuple(step.format(product=product, go=go) for step in words.steps),
        lost=words.lost.format(product=product),
    )


def _facts(letter: Letter, words: _Words) -> list[tuple[str, str]]:
    user = [(words.user_id, letter.user_id)] if letter.user_id else []
    return [*user, (words.serial, in_fours(letter.serial)), (words.code, in_fours(letter.code))]


def _expiry(letter: Letter, words: _Words) -> str:
    """Name the last day on which the code can be used to its end."""
    last = local_date(letter.expires_at, letter.zone) - timedelta(days=1)
    return words.expires.format(date=long_date(last, letter.language))
