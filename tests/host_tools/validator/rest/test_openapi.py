"""Schemathesis over the OpenAPI: whatever a client with the highest rights sends, no answer is a
500.

Also: what is answered is what the description says, so that clients can be generated from it.
"""

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from host_tools.validator.records import Role
from host_tools.validator.service import Validator

CHECKS = (
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)


@pytest.fixture
def schema(app: FastAPI, keys: dict[Role, str], client: TestClient) -> schemathesis.BaseSchema:
    headers = {"Authorization": f"Bearer {keys[Role.CHECKER]}"}
    return schemathesis.openapi.from_asgi("/openapi.json", app, headers=headers)


def test_the_description_is_for_those_who_have_a_key(client: TestClient) -> None:
    assert client.get("/openapi.json").status_code == 401


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_nothing_that_is_sent_makes_the_server_fail(
    schema: schemathesis.BaseSchema, keys: dict[Role, str], mode: GenerationMode
) -> None:
    headers = {"Authorization": f"Bearer {keys[Role.ADMINISTRATOR]}"}
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 30
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not [*operation.iter_parameters(), *operation.body]:
            continue  # takes nothing that could be wrong

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=12, suppress_health_check=list(HealthCheck), database=None)
        def all_is_well(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        all_is_well()


def test_the_description_has_every_refusal(app: FastAPI, validator: Validator) -> None:
    for path, methods in app.openapi()["paths"].items():
        if path.startswith("/v1/"):
            for method, described in methods.items():
                assert {"401", "403", "413", "422", "429", "503"} <= set(described["responses"]), (
                    method,
                    path,
                )


def test_a_key_that_is_revoked_again_is_refused_as_described(
    app: FastAPI, keys: dict[Role, str], client: TestClient
) -> None:
    headers = {"Authorization": f"Bearer {keys[Role.ADMINISTRATOR]}"}
    path = f"/v1/keys/{Role.CHECKER} key"
    assert client.delete(path, headers=headers).status_code == 204
    described = app.openapi()["paths"]["/v1/keys/{name}"]["delete"]["responses"]
    answer = client.delete(path, headers=headers)
    assert answer.status_code == 409
    assert str(answer.status_code) in described
