"""Signing in to the web site without a browser."""

import re

from fastapi.testclient import TestClient

HTML = {"Accept": "text/html"}


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page
    return found[1]


def signed_in(client: TestClient, key: str) -> str:
    """Sign in to the administration; give the token of its forms."""
    form = csrf(client.get("/admin/login").text)
    assert (
        client.post("/admin/login", data={"csrf": form, "key": key}).headers["location"] == "/admin"
    )
    return csrf(client.get("/admin", headers=HTML).text)


def begin_sign_in(client: TestClient, user_id: str) -> str:
    """Give a user-ID to the sign-in demo; give the token of the form that asks for the code."""
    form = csrf(client.get("/sign-in").text)
    answer = client.post("/sign-in", data={"csrf": form, "user_id": user_id})
    assert answer.headers["location"] == "/sign-in/approve"
    return csrf(client.get("/sign-in/approve").text)
