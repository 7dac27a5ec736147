"""Refusals are read in the language of the page, also the words within their sentences."""

import pytest
from fastapi.testclient import TestClient

from host_tools.errors import KodebrikError
from host_tools.validator.operations.lifecycle import require_status
from host_tools.validator.records import Role, Status
from host_tools.validator.store.rows import TokenRow
from tests.support.validator.site import HTML, csrf, signed_in


def test_states_are_danish_too() -> None:
    token = TokenRow.__new__(TokenRow)
    token.serial, token.status = "K2", Status.STOCK
    with pytest.raises(KodebrikError) as refused:
        require_status(token, "token-cannot-be-blocked", Status.ACTIVE, Status.ASSIGNED)
    assert str(refused.value) == "The token K2 is in stock: it cannot be blocked."
    assert refused.value.hint == "Only a token that is active or assigned can be blocked."
    assert refused.value.text("da") == "Kodebrikken K2 er på lager og kan ikke spærres."
    assert refused.value.hint.text("da") == ("Det kan kun en kodebrik, der er aktiv eller tildelt.")


def test_a_refusal_is_read_in_the_language_of_the_page(
    client: TestClient, keys: dict[Role, str]
) -> None:
    form = signed_in(client, keys[Role.HELP_DESK])
    block = {"csrf": form, "serial": "K2", "action": "block"}
    danish_page = client.post("/admin/token", data=block, headers={"Accept-Language": "da"})
    assert danish_page.status_code == 422
    assert '<p lang="da">Kodebrikken K2 er på lager og kan ikke spærres.</p>' in danish_page.text
    english_page = client.post("/admin/token", data=block, headers={"Accept-Language": "en"})
    assert '<p lang="en">The token K2 is in stock: it cannot be blocked.</p>' in english_page.text


def test_an_error_page_is_danish_and_holds_no_markup(
    client: TestClient, keys: dict[Role, str]
) -> None:
    signed_in(client, keys[Role.HELP_DESK])
    headers = HTML | {"Accept-Language": "da"}
    page = client.get("/admin/token", params={"serial": "<b>K9</b>"}, headers=headers)
    assert page.status_code == 404
    assert "Der er ingen kodebrik med serienummeret &#39;&lt;b&gt;K9&lt;/b&gt;&#39;." in page.text
    assert "Rollen support må ikke gøre dette." in client.get("/admin/import", headers=headers).text


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
    assert '<p lang="da">Kodebrikken K1 findes her allerede; intet er importeret.</p>' in page
    assert csrf(page) == form
