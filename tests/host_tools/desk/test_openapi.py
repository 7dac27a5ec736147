"""Schemathesis over the desk's OpenAPI: whatever is sent, no answer is a 500, and each is as
described."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.emulated.desk import SECRET, Made, application
from tests.support.limits import REAL_LIMIT

CHECKS = (
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
# Events have no end, and playing takes as long as was recorded: test_api.py asks for both.
ENDLESS = {"/api/v1/events", "/api/v1/scenario/play"}
schemathesis.serializer.alias("application/zip", "application/octet-stream")
# What counts pixels, events, snapshots or operations, as its model's text says.
COUNTS = {"width", "height", "events", "dropped", "number", "operation"}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_nothing_that_is_sent_makes_the_desk_fail(desk: Made, mode: GenerationMode) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Host": "localhost"}
    schema = schemathesis.openapi.from_asgi(
        "/api/v1/openapi.json", application(desk("kodeoplaeser")), headers=headers
    )
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:
        takes = [*operation.iter_parameters(), *operation.body]
        if operation.path in ENDLESS or (mode is GenerationMode.NEGATIVE and not takes):
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=6, suppress_health_check=list(HealthCheck), database=None)
        def all_is_well(case: schemathesis.Case) -> None:
            answer = case.call(headers=headers, timeout=10 * REAL_LIMIT)
            case.validate_response(answer, checks=CHECKS)

        all_is_well()


def test_every_number_says_its_unit_or_what_it_counts(desk: Made) -> None:
    schemas = application(desk()).openapi()["components"]["schemas"]
    for name, schema in schemas.items():
        for field, described in schema.get("properties", {}).items():
            kinds = {each.get("type") for each in (described, *described.get("anyOf", ()))}
            if {"number", "integer"} & kinds and field not in COUNTS:
                assert described.get("description"), f"{name}.{field}"
