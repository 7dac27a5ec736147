"""The page of an import, as it is streamed: valid HTML at its end, and at every moment before."""

from collections.abc import Iterator

import html5lib
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from host_tools.validator.records import Role
from host_tools.validator.service import Validator
from host_tools.validator.site import pages
from tests.support.validator.site import signed_in

EARLY_END = {"expected-closing-tag-but-got-eof", "eof-in-table", "eof-in-tag-name"}
CSV = "serial number,secret key\n"


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pieces of the page, as they leave the template."""
    pieces: list[str] = []
    generate = pages._templates.template_class.generate

    def recorded(*arguments: object, **values: object) -> Iterator[str]:
        for piece in generate(*arguments, **values):
            pieces.append(piece)
            yield piece

    monkeypatch.setattr(pages._templates.template_class, "generate", recorded)
    return pieces


def sent(client: TestClient, key: str, lines: str, name: str = "tokens.csv") -> str:
    form = signed_in(client, key)
    file = {"file": (name, CSV + lines)}
    answer = client.post("/admin/import", data={"csrf": form}, files=file)
    assert answer.status_code == 200
    return str(answer.text)


def errors(document: str) -> set[str]:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    parser.parse(document)
    return {code for _, code, _ in parser.errors}


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ("V1,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n", "good"),
        ("K1,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n", "bad"),
        ("<b>,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n", "good"),
    ],
)
def test_the_page_is_valid_html_at_every_moment(
    client: TestClient, keys: dict[Role, str], streamed: list[str], lines: str, outcome: str
) -> None:
    document = sent(client, keys[Role.ADMINISTRATOR], lines, "<i>x</i>.csv")
    assert "".join(streamed) == document
    assert errors(document) == set()
    root = html5lib.parse(document, namespaceHTMLElements=False)
    assert root.find(f".//div[@class='message {outcome}']") is not None
    lists = root.findall(".//ol[@class='log']")
    assert len(lists) == 1
    assert {child.tag for child in lists[0]} == {"li"}
    so_far = ""
    for piece in streamed:
        so_far += piece
        if so_far.rpartition("<")[2].count(">") and "<body>" in so_far:  # not inside a tag
            assert errors(so_far) <= EARLY_END, so_far[-200:]


def test_lines_of_progress_are_sent_while_the_import_runs(
    app: FastAPI,
    client: TestClient,
    keys: dict[Role, str],
    streamed: list[str],
    validator: Validator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    imported = validator.import_tokens

    def watched(*arguments: object, **values: object) -> int:
        seen.append("".join(streamed))
        return imported(*arguments, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(validator, "import_tokens", watched)
    sent(client, keys[Role.ADMINISTRATOR], "V1,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n")
    assert "<h1>" in seen[0], "the page had begun before the tokens were stored"
    assert "</ol>" not in seen[0]


def test_a_file_that_is_uploaded_never_touches_the_disk(
    client: TestClient, keys: dict[Role, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than Starlette's own limit of 1 MB, after which it writes a temporary file."""

    def rolled(*_: object) -> None:
        raise AssertionError("a file with secrets was written to the disk")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", rolled)
    page = sent(client, keys[Role.ADMINISTRATOR], "# " + "x" * 3_000_000 + "\n")
    assert 'class="message' in page
