"""What is frozen into a MicroPython: the files for its build, and the mark in what was built."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.version import VERSION
from host_tools.image import frozen
from host_tools.image.frozen import FrozenFirmware
from host_tools.image.image import FIRMWARE, build_freezing, build_package

OURS = frozen.of("kodeoplaeser", "pico2", True, ("en", "da"))


def values(text: bytes) -> dict[str, object]:
    found = {}
    exec(text, found)  # our own
    return {name: value for name, value in found.items() if name.isupper()}


def test_the_tokens_build_py_has_what_the_source_trees_has_and_a_mark():
    own = values((FIRMWARE / "build.py").read_bytes())
    made = values(frozen.build_py(OURS))
    assert set(made) == {*own, "MARK"}
    assert (made["PRODUCT"], made["BOARD"]) == ("kodeoplaeser", "pico2")
    assert made["DEVELOPMENT"] is False
    assert made["LANGUAGES"] == ("en", "da")


def test_the_mark_is_found_in_the_middle_of_a_program():
    mark = values(frozen.build_py(OURS))["MARK"].encode()
    assert frozen.found(b"\1" * 300 + mark + b"\0more") == OURS
    assert OURS.version == VERSION


@given(
    st.builds(
        FrozenFirmware,
        st.from_regex(r"[0-9]+\.[0-9]+\.[0-9]+(-[a-z]+\.[0-9]+)?", fullmatch=True),
        st.sampled_from(["kodeviser", "kodeoplaeser"]),
        st.sampled_from(["pico", "esp32_s3"]),
        st.sampled_from(["development", "production"]),
        st.lists(st.from_regex(r"[a-z]{2}", fullmatch=True), min_size=1).map(tuple),
    ),
    st.binary(max_size=40),
)
def test_what_was_marked_is_found_again(firmware: FrozenFirmware, before: bytes):
    mark = values(frozen.build_py(firmware))["MARK"].encode()
    assert frozen.found(before + mark + b"\0") == firmware


@pytest.mark.parametrize("binary", [b"", b"kodebrik firmware 0.1.0: kodeviser pico", bytes(900)])
def test_what_has_no_whole_mark_has_none(binary: bytes):
    assert frozen.found(binary) is None
    assert not frozen.without_mark(binary)
    assert frozen.without_mark(binary + b"\0firmware/hardware.py\0")


def test_a_folder_for_micropythons_build_names_our_manifest_and_the_token(tmp_path):
    made = build_freezing("kodeviser", "pico", tmp_path, True, ["en"])
    assert set(made) == {"manifest.py", "firmware/build.py"}
    call = ast.parse(made["manifest.py"]).body[0].value
    assert ast.literal_eval(call.args[0]) == str(FIRMWARE / "manifest.py")
    given = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    assert given == {"build": str(tmp_path), "product": "kodeviser"}
    assert values(made["firmware/build.py"])["LANGUAGES"] == ("en",)


def test_files_and_frozen_say_the_same_of_the_token():
    mark = values(frozen.build_py(frozen.of("kodeviser", "pico", False, ("da", "en"))))["MARK"]
    assert mark.encode() in build_package("kodeviser", "pico")["build.mpy"]
