"""Prometheus metrics, and the function through which every check is counted and timed.

With several workers, an environment variable names the folder in which they exchange their figures.
"""

import os
import time

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from host_tools.validator.http.authentication import MAY_AUDIT, RequireRole
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.rule.verdict import CheckRequest, Reason, Verdict
from host_tools.validator.service import Validator

router = APIRouter(tags=["operation"], route_class=StrictRoute)

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client looks for it when it is imported
if SHARED in os.environ:
    # Workers are processes of their own, not forks: to ask for the number at every count would cost
    # three system calls a check.
    _NUMBER = os.getpid()
    values.ValueClass = values.MultiProcessValue(lambda: _NUMBER)  # type: ignore[no-untyped-call]
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
CHECKS = Counter("kodebrik_checks", "Codes checked, by verdict.", ["reason"])
CHECK_SECONDS = Histogram(
    "kodebrik_check_seconds", "Time of a check, with its commit.", buckets=_SECONDS
)
ASKED = Counter("kodebrik_approvals_asked", "Approvals asked for, by relying party.", ["party"])
ANSWERS = Counter(
    "kodebrik_app_answers",
    "Answers of app devices, by decision and verdict.",
    ["decision", "reason"],
)
APP_SESSIONS = Counter(
    "kodebrik_app_sessions", "Sessions that app devices asked for, by verdict.", ["reason"]
)
ACTIVATIONS = Counter(
    "kodebrik_app_activations", "Activations of app devices, by outcome.", ["accepted"]
)
_BY_REASON = {
    reason: CHECKS.labels(reason.value) for reason in Reason
}  # all are there from the start, at 0


async def timed_check(validator: Validator, request: CheckRequest) -> Verdict:
    """Check a code; count its verdict and measure its duration."""
    began = time.perf_counter()
    verdict = await validator.check(request)
    CHECK_SECONDS.observe(time.perf_counter() - began)
    _BY_REASON[verdict.reason].inc()
    return verdict


@router.get(
    "/metrics",
    responses=responses(),
    dependencies=[Depends(RequireRole(MAY_AUDIT))],
    response_class=Response,
)
def metrics(request: Request) -> Response:
    """Give the figures in Prometheus' text format; its `authorization` setting sends the API
    key."""
    if SHARED in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry = REGISTRY
    validator: Validator = request.app.state.validator
    counted = CollectorRegistry()
    counted.register(_Stored(validator))
    return Response(
        generate_latest(registry) + generate_latest(counted), media_type=CONTENT_TYPE_LATEST
    )


class _Stored:
    """Figures that come from the database, read once for each scrape; they are the same in every
    worker."""

    def __init__(self, validator: Validator) -> None:
        self._validator = validator

    def collect(self) -> list[GaugeMetricFamily]:
        figures = self._validator.statistics()
        tokens = GaugeMetricFamily("kodebrik_tokens", "Tokens, by status.", labels=["status"])
        for status, number in figures.tokens.items():
            tokens.add_metric([status], number)
        users = GaugeMetricFamily("kodebrik_users", "Users.", value=figures.users)
        waiting = GaugeMetricFamily(
            "kodebrik_notices_waiting", "Notices to send.", value=figures.notices_waiting
        )
        return [tokens, users, waiting]
