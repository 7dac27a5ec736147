"""The test passport as a page: what the signed file states, in words, as a tagged PDF."""

import html
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel import numbers

from host_tools.messages.catalogue import Message, named

_STYLE = """
@page { size: A4; margin: 18mm; @bottom-right { content: counter(page); font: 12pt "PT Sans"; } }
body { font: 12pt/1.35 "PT Sans"; overflow-wrap: anywhere; }
h1 { font-size: 22pt; } h2 { font-size: 16pt; margin: 1em 0 .3em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .15em .6em .15em 0;
  border-bottom: .5pt solid #777; }
th { width: 40%; font-weight: normal; }
.signature { font-size: 9pt; }
"""


def write(stated: dict[str, Any], signature: str, key: str, language: str, path: Path) -> None:
    """Write the page of a passport with its signature and the key's fingerprint."""
    from host_tools.paper import pdf, tagged_pdf  # noqa: PLC0415 - slow to load

    pdf.render(page(stated, signature, key, language), _STYLE, path)
    tagged_pdf.finish(path, {})


def page(stated: dict[str, Any], signature: str, key: str, language: str) -> str:
    """Give the page as HTML."""

    def text(message: str) -> str:
        shown = message.text(language) if isinstance(message, Message) else message
        return html.escape(shown)

    title = text(Message("passport.title", serial=stated["serial"]))
    facts = "\n".join(
        f'<tr><th scope="row">{text(name)}</th><td>{text(value)}</td></tr>'
        for name, value in _facts(stated, language)
    )
    sound = [part for part, works in sorted(stated["parts"].items()) if works]
    tested = "\n".join(f"<li>{text(named('token-part.', part))}</li>" for part in sound)
    signed = text(Message("passport.signed", fingerprint=key))
    return f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>
<table>
{facts}
</table>
<h2>{text(Message("passport.tested"))}</h2>
<ul>
{tested}
</ul>
<h2>{text(Message("passport.signature"))}</h2>
<p>{signed}</p>
<p class="signature">{text(signature)}</p>
</body></html>
"""


def _facts(stated: dict[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """Give name and value of each row."""
    moving = f"{stated['period']} s" if stated["period"] else stated["kind"].upper()
    yield Message("passport.product"), Message("product-name." + stated["product"])
    yield Message("passport.board"), f"{stated['board']} {stated['board_id']}"
    yield Message("passport.firmware"), f"{stated['firmware']} ({stated['build']})"
    if stated["firmware_hash"]:
        yield Message("passport.firmware-file"), stated["firmware_hash"]
    codes = Message(
        "passport.codes-are", algorithm=stated["algorithm"], digits=stated["digits"], moving=moving
    )
    yield Message("passport.codes"), codes
    yield Message("passport.secret"), stated["secret"]
    yield Message("passport.access-key"), stated["access_key"]
    if stated["battery_mv"] is not None:
        yield Message("passport.battery"), f"{stated['battery_mv']} mV"
    if stated["temperature"] is not None:
        yield (
            Message("passport.temperature"),
            f"{_decimal(stated['temperature'] / 100, language)} °C",
        )
    offset, within = stated["clock_offset"] * 1000, stated["clock_uncertainty"] * 1000
    yield Message("passport.clock"), f"{offset:+.0f} ms ± {within:.0f} ms"
    yield Message("passport.code"), named("passport-code.", stated["code"].replace(" ", "-"))
    yield Message("passport.batch"), f"{stated['batch']}, {stated['number']}"
    yield Message("passport.station"), f"{stated['station']}, {stated['operator']}"
    ended = datetime.fromtimestamp(stated["ended"], UTC)
    yield Message("passport.time"), ended.strftime("%Y-%m-%d %H:%M:%S UTC")


def _decimal(value: float, language: str) -> str:
    written: str = numbers.format_decimal(value, "0.0", language)
    return written
