"""Requests that say something twice are refused on every route."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from host_tools.validator.records import Role
from tests.support.validator.site import signed_in

VALUES = {
    "serial": "K1",
    "user_id": "anna.holm",
    "name": "nobody",
    "chosen": "da",
    "reference": "x",
    "device": "x",
    "transaction_id": "x",
}


def requests(app: FastAPI) -> list[tuple[str, str]]:
    """Give method and path of every route."""
    return sorted(
        (method, route.path_format.format_map(VALUES))
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    )


def test_every_route_refuses_a_name_that_stands_twice_in_the_query(
    app: FastAPI, client: TestClient
) -> None:
    every = requests(app)
    assert len(every) > 40
    for method, path in every:
        answer = client.request(method, path, params=[("a", "1"), ("a", "2")])
        assert answer.status_code == 422, (method, path)


@pytest.mark.parametrize("multipart", [False, True])
def test_every_form_of_the_site_refuses_a_field_that_stands_twice(
    app: FastAPI, client: TestClient, keys: dict[Role, str], multipart: bool
) -> None:
    csrf = signed_in(client, keys[Role.ADMINISTRATOR])
    forms = [
        path
        for method, path in requests(app)
        if method == "POST" and not path.startswith(("/v1/", "/validate/", "/app/api/"))
    ]
    assert len(forms) > 10
    for path in forms:
        sent = {"data": {"csrf": csrf, "user_id": ["anna.holm", "bo.lund"]}}
        if multipart:
            sent["files"] = {"file": ("tokens.csv", b"")}
        assert client.post(path, **sent).status_code == 422, path


def test_a_body_is_read_the_same_in_pieces_as_whole(
    client: TestClient, keys: dict[Role, str]
) -> None:
    def checked(body: bytes, size: int) -> tuple[int, object]:
        pieces = (body[start : start + size] for start in range(0, len(body), size))
        headers = {"X-API-Key": keys[Role.CHECKER], "Content-Type": "application/json"}
        answer = client.post("/v1/checks", content=pieces, headers=headers)
        return answer.status_code, answer.json()

    for body, status in (
        (b'{"user_id": "nobody", "code": "123456"}', 200),
        (b'{"user_id": "nobody", "code": "123456", "code": "123456"}', 422),
        (b'{"user_id": "nobody", "code": "123456"', 422),
        (b"", 422),
    ):
        whole = checked(body, 1000)
        assert whole[0] == status
        assert checked(body, 5) == checked(body, 20) == whole
