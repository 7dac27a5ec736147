"""kodebrik clock on a token whose clock has lost the time or drifts."""

import pytest

from firmware.protocol import messages
from host_tools.errors import TOKEN_ERRORS, ExitCode


def test_the_clock_is_set_checked_and_trimmed_on_a_second_visit(provisioned, token, call):
    token.services.clock.ppm = 4
    code, result = call("clock", "set")
    assert code == 0
    assert abs(result["offset_ms"]) < 50
    code, result = call("clock", "trim")
    assert code == ExitCode.TOO_EARLY
    assert "Come back in" in result["hint"]
    assert token.vault.clock["aging"] == 0
    token.services._world.sleep(5 * 86_400)
    code, result = call("clock", "check")
    assert result["drift_ppm"] == pytest.approx(4, abs=0.5)
    code, result = call("clock", "trim")
    assert code == 0
    assert result["aging"] == pytest.approx(40, abs=3)
    assert result["set_at"] > token.services._world.time - 60, "set anew"


def test_a_clock_that_lost_the_time_is_said_so(provisioned, token, call):
    token.services.clock.lose()
    assert call("clock", "check")[0] == TOKEN_ERRORS + messages.CLOCK_LOST
    assert call("clock", "set")[0] == 0
