"""What `/metrics` counts of app devices and approvals: by how much each act changes the figures,
and that it changes no other."""

from collections.abc import Callable

from prometheus_client.parser import text_string_to_metric_families

from host_tools.qa.tokens.app_device import AppDevice
from tests.support.validator.app import APP_PIN, Site

Figures = dict[tuple[str, str], float]


def figures(site: Site) -> Figures:
    """Give the counters of the app, by name and labels."""
    text = site.api("boss").get("/metrics").text
    return {
        (sample.name.removesuffix("_total"), ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        if family.name.startswith(("kodebrik_app", "kodebrik_approvals"))
        for sample in family.samples
        if sample.name.endswith("_total")
    }


def counted(site: Site, act: Callable[[], object]) -> Figures:
    """Give by how much an act changes the counters."""
    before = figures(site)
    act()
    after = figures(site)
    return {
        name: after[name] - before.get(name, 0.0)
        for name in after
        if after[name] != before.get(name, 0.0)
    }


def test_activations_are_counted_by_outcome(site: Site):
    device = AppDevice(site.client, "anna.holm", APP_PIN)
    wrong = counted(site, lambda: device.activate(activation_code="00000000"))
    assert wrong == {("kodebrik_app_activations", "false"): 1}
    letter = site.letter("anna.holm")
    right = counted(site, lambda: device.activate(activation_code=letter))
    assert right == {("kodebrik_app_activations", "true"): 1}


def test_sessions_are_counted_by_verdict(site: Site):
    device = site.new_device("anna.holm")
    assert counted(site, device.unlock) == {("kodebrik_app_sessions", "accepted"): 1}
    wrong = counted(site, lambda: [device.unlock("0000") for _ in range(2)])
    assert wrong == {("kodebrik_app_sessions", "wrong_pin"): 2}


def test_approvals_are_counted_by_party_and_answers_by_decision_and_verdict(site: Site):
    device = site.device("anna.holm")
    assert counted(site, site.ask) == {("kodebrik_approvals_asked", "bank"): 1}
    (shown,) = device.waiting()
    assert counted(site, lambda: device.answer(shown, "decline")) == {
        ("kodebrik_app_answers", "decline,accepted"): 1
    }
    assert counted(site, lambda: device.answer(shown, "report")) == {
        ("kodebrik_app_answers", "report,accepted"): 1
    }
    site.api("desk").delete("/v1/reports/anna.holm")
    asked = site.ask()
    (shown,) = device.waiting()
    assert counted(site, lambda: device.answer(shown, "approve", asked["digits"])) == {
        ("kodebrik_app_answers", "approve,accepted"): 1
    }
    refused = {"user_id": "anna.holm", "session": "short"}
    assert counted(site, lambda: site.bank.post("/v1/approvals", json=refused)) == {}
