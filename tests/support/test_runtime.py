"""The runtimes of tests/support/runtime.py: each is the one it says, and values and exceptions pass
unchanged."""

import pytest

from tests.support.runtime import RemoteError, Runtime, refuses


def test_the_runtime_is_the_one_it_says(runtime: Runtime):
    assert runtime.call("tests.support.vm.echo", "implementation") == runtime.name


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(2**70),
        b"\x00\xff'\"\\\n",
        "æ€😀\n'\"",
        [1, (2, b"3")],
        {"a": {"b": [None]}},
        bytes(range(256)) * 16,
    ],
    ids=["none", "true", "long", "bytes", "text", "list", "map", "4k"],
)
def test_values_travel_unchanged(runtime: Runtime, value: object):
    assert runtime.call("tests.support.vm.echo", "echo", value) == value


def test_an_exception_arrives_with_its_name_and_text(runtime: Runtime):
    assert refuses(runtime, "KeyError", "tests.support.vm.echo", "fail", "KeyError") == "no luck"
    assert (
        refuses(runtime, "ValueError", "tests.support.vm.echo", "fail", "UnicodeError") == "no luck"
    )


def test_a_crashed_vm_is_reported_and_replaced(runtime: Runtime):
    if runtime.name == "cpython":
        pytest.skip("a crash here would end the tests themselves")
    with pytest.raises(RuntimeError, match=r"tests.support.vm.echo.leave: exit code 3"):
        runtime.call("tests.support.vm.echo", "leave", 3)
    assert runtime.call("tests.support.vm.echo", "echo", 1) == 1


def test_raised_shows_both_parts():
    assert str(RemoteError("OSError", "5")) == "OSError: 5"
