"""Builds the user guides: from docs/guides/*.md to an HTML page and a large-print PDF each, in
build/guides.

`python -m host_tools.devtools.user_guides` writes all of them. Each HTML page is one file, with the
structure that screen readers use (WCAG 2.2): language, landmarks, headings, contents and a skip
link. The PDF is tagged (PDF/UA-1). The PDF's font has a zero without a stroke, which is easily
taken for an 8.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from firmware.version import VERSION

SOURCES = Path(__file__).parents[2] / "docs" / "guides"
TARGET = Path("build/guides")

_WORDS = {
    "da": {
        "skip": "Spring indholdsfortegnelsen over",
        "contents": "Indhold",
        "version": "Gælder version",
    },
    "en": {"skip": "Skip the contents", "contents": "Contents", "version": "For version"},
}

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#main">{skip}</a>
<header>
<h1>{title}</h1>
</header>
<nav aria-labelledby="contents">
<h2 id="contents">{contents}</h2>
<ol>
{links}
</ol>
</nav>
<main id="main" tabindex="-1">
{body}
</main>
<footer>
<p>{version} {number}.</p>
</footer>
</body>
</html>
"""


@dataclass(frozen=True)
class Guide:
    """One guide in one language; `text` is Markdown."""

    name: str
    language: str
    text: str


def guides() -> list[Guide]:
    """Read the guides of docs/guides, named NAME.LANGUAGE.md."""
    found = []
    for path in sorted(SOURCES.glob("*.md")):
        name, _, language = path.stem.partition(".")
        found.append(Guide(name, language, path.read_text(encoding="utf-8")))
    return found


def sections(guide: Guide) -> dict[str, str]:
    """Give the titles of a guide's sections by their anchors: "s1" and so on."""
    tokens = MarkdownIt("commonmark").parse(guide.text)
    titles = [
        tokens[index + 1].content for index, token in enumerate(tokens) if _opens_section(token)
    ]
    return {f"s{number}": title for number, title in enumerate(titles, 1)}


def page(guide: Guide, style: str) -> str:
    """Render a guide as one HTML page with the CSS `style`; ValueError without title or
    sections."""
    reader = MarkdownIt("commonmark")
    tokens = reader.parse(guide.text)
    if not tokens or tokens[0].tag != "h1":
        raise ValueError(f"the guide {guide.name}.{guide.language} does not begin with its title")
    headings = [
        (index, tokens[index + 1].content)
        for index, token in enumerate(tokens)
        if _opens_section(token)
    ]
    if not headings:
        raise ValueError(f"the guide {guide.name}.{guide.language} has no sections")
    parts = [_html(reader, tokens[3 : headings[0][0]])]
    ends = [index for index, _ in headings[1:]] + [len(tokens)]
    for number, ((index, _), end) in enumerate(zip(headings, ends, strict=True), 1):
        tokens[index].attrSet("id", f"s{number}")
        parts.append(
            f'<section aria-labelledby="s{number}">\n{_html(reader, tokens[index:end])}</section>\n'
        )
    links = [
        f'<li><a href="#s{number}">{title}</a></li>'
        for number, (_, title) in enumerate(headings, 1)
    ]
    words = _WORDS[guide.language]
    return _PAGE.format(
        language=guide.language,
        title=tokens[1].content,
        style=style,
        links="\n".join(links),
        body="".join(parts).rstrip("\n"),
        number=VERSION,
        **words,
    )


def pdf(guide: Guide, path: Path) -> None:
    """Write a guide as a large-print PDF."""
    from host_tools.paper import pdf as paper  # noqa: PLC0415 - an extra
    from host_tools.paper import tagged_pdf  # noqa: PLC0415 - an extra

    paper.render(page(guide, ""), (SOURCES / "paper.css").read_text(encoding="utf-8"), path)
    tagged_pdf.finish(path, sections(guide))


def main() -> int:
    """Write every guide; give the exit code."""
    TARGET.mkdir(parents=True, exist_ok=True)
    screen = (SOURCES / "screen.css").read_text(encoding="utf-8")
    for guide in guides():
        base = TARGET / f"{guide.name}.{guide.language}"
        base.with_name(base.name + ".html").write_text(page(guide, screen), encoding="utf-8")
        pdf(guide, base.with_name(base.name + ".pdf"))
        print(f"{base}.html and {base}.pdf written")
    return 0


def _opens_section(token: Token) -> bool:
    return token.type == "heading_open" and token.tag == "h2"


def _html(reader: MarkdownIt, tokens: list[Token]) -> str:
    return str(reader.renderer.render(tokens, reader.options, {}))


if __name__ == "__main__":
    sys.exit(main())
