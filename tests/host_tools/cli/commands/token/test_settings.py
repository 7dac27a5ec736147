"""kodebrik settings on a token behind a serial port."""

from host_tools.errors import ExitCode


def test_settings_are_shown_and_changed(provisioned, call):
    first = {"flip": False, "language": "da", "brightness": 3, "time_outs": 1}
    assert call("settings") == (0, first)
    assert (
        call("settings", "--flip", "--language", "en", "--brightness", "5")[1]["language"] == "en"
    )
    assert call("settings", "--time-outs", "10")[1]["time_outs"] == 10
    changed = {"flip": True, "language": "en", "brightness": 5, "time_outs": 10}
    assert call("settings") == (0, changed)
    assert call("settings", "--time-outs", "11")[0] == ExitCode.USAGE
    assert call("settings", "--no-flip")[1]["flip"] is False
    assert call("settings", "--language", "xx")[0] == ExitCode.USAGE
    assert call("settings", "--brightness", "9")[0] == ExitCode.USAGE


def test_a_setting_that_the_product_has_not_is_named(provisioned, call):
    code, result = call("settings", "--volume", "3", "--flip")
    assert code == ExitCode.USAGE
    assert "no setting for: volume" in result["error"]
    assert call("settings")[1]["flip"] is False, "and nothing was changed"


def test_a_language_that_the_image_does_not_carry_is_named(provisioned, call):
    code, result = call("settings", "--language", "kl")
    assert code == ExitCode.USAGE
    assert "does not carry the language kl" in result["error"]
    assert call("settings")[1]["language"] == "da"
