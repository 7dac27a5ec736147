"""Refusals on Danish pages are in Danish: the validator's own texts are held against the table of
translations."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from fastapi.testclient import TestClient

from host_tools import validator
from host_tools.validator.records import Role
from host_tools.validator.site.danish import REFUSALS, danish
from tests.support.validator.site import HTML, csrf, signed_in

FOLDER = Path(validator.__file__).parent
# Refused to programs alone, or at the command line before anything is served.
ELSEWHERE = {
    *("challenges", "settings_file", "processes", "server", "master_key", "pkcs11", "locate"),
    *("data_keys", "database", "migrate", "audit_verification", "group_commit", "service"),
    *("errors", "letters", "imports", "checks"),
}
REFUSE = {"InvalidError", "ConflictError", "NotFoundError", "_bad"}


def template(node: ast.expr) -> str:
    """Give the text of a (formatted) string with {} for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    assert isinstance(node, ast.Constant), ast.dump(node)
    return str(node.value)


def refusals() -> Iterator[tuple[str, str]]:
    """Give every text that the validator refuses with, and its module."""
    for path in sorted(FOLDER.rglob("*.py")):
        if path.stem in ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in REFUSE
                and not isinstance(node.args[0], ast.Name)  # given by its caller, which is found
            ):
                yield from ((path.stem, template(argument)) for argument in node.args)


def test_every_refusal_that_a_page_can_show_has_its_danish() -> None:
    found = set(refusals())
    assert len(found) > 40
    assert {text for _, text in found} - REFUSALS.keys() == set()


@pytest.mark.parametrize("english", REFUSALS)
def test_what_varies_is_carried_over(english: str) -> None:
    names = [f"<{number} or {number}>" for number in range(english.count("{}"))]
    if not english.startswith(("The token {} is {}:", "Only a token")):  # told below
        assert danish(english.format(*names)) == REFUSALS[english].format(*names)
    assert sum(field is not None for _, field, _, _ in Formatter().parse(REFUSALS[english])) == len(
        names
    )


def test_states_and_deeds_are_danish_too() -> None:
    assert (
        danish("The token K2 is stock: it cannot be blocked.")
        == "Kodebrikken K2 er på lager: Den kan ikke spærres."
    )
    assert (
        danish("Only a token that is active or assigned can be.")
        == "Det kan kun en kodebrik, der er aktiv eller tildelt."
    )
    assert danish("Something new.") is None


def test_a_refusal_is_read_in_the_language_of_the_page(
    client: TestClient, keys: dict[Role, str]
) -> None:
    form = signed_in(client, keys[Role.HELP_DESK])
    block = {"csrf": form, "serial": "K2", "action": "block"}
    danish_page = client.post("/admin/token", data=block, headers={"Accept-Language": "da"})
    assert danish_page.status_code == 422
    assert '<p lang="da">Kodebrikken K2 er på lager: Den kan ikke spærres.</p>' in danish_page.text
    english_page = client.post("/admin/token", data=block, headers={"Accept-Language": "en"})
    assert '<p lang="en">The token K2 is stock: it cannot be blocked.</p>' in english_page.text


def test_an_error_page_is_danish_and_holds_no_markup(
    client: TestClient, keys: dict[Role, str]
) -> None:
    signed_in(client, keys[Role.HELP_DESK])
    headers = HTML | {"Accept-Language": "da"}
    page = client.get("/admin/token", params={"serial": "<b>K9</b>"}, headers=headers)
    assert page.status_code == 404
    assert "Der er ingen kodebrik med serienummeret &#39;&lt;b&gt;K9&lt;/b&gt;&#39;." in page.text
    assert (
        "Rollen help_desk må ikke gøre dette." in client.get("/admin/import", headers=headers).text
    )


def test_a_file_that_holds_a_known_token_is_refused_in_danish(
    client: TestClient, keys: dict[Role, str]
) -> None:
    form = signed_in(client, keys[Role.ADMINISTRATOR])
    file = {
        "file": ("tokens.csv", "serial number,secret key\nK1,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n")
    }
    page = client.post(
        "/admin/import", data={"csrf": form}, files=file, headers={"Accept-Language": "da"}
    ).text
    assert '<p lang="da">Kodebrikken K1 er her allerede; intet blev importeret.</p>' in page
    assert csrf(page) == form
