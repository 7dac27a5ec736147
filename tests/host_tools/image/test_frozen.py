"""What is frozen into a MicroPython: the files for its build, and the mark in what was built."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.version import VERSION
from host_tools.image import flat_names, frozen
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


def calls(manifest: bytes) -> list[tuple[str, tuple, dict[str, object]]]:
    """Return the calls of a manifest, as (function, arguments, keywords)."""
    return [
        (
            statement.value.func.id,
            tuple(map(ast.literal_eval, statement.value.args)),
            {each.arg: ast.literal_eval(each.value) for each in statement.value.keywords},
        )
        for statement in ast.parse(manifest).body
    ]


def test_a_folder_for_micropythons_build_has_what_one_token_needs_in_the_order_of_our_manifest():
    made = build_freezing("kodeviser", "pico", True, ["en"])
    found = calls(made["manifest.py"])
    files = [
        f"{arguments[0]}/{file}"
        for function, arguments, given in found
        if function == "package"
        for file in given["files"]
    ]
    assert found[:2] == [("module", (name,), {"opt": 3}) for name in ("boot.py", "main.py")]
    assert found[-1] == ("freeze", ("$(PORT_DIR)/modules",), {})
    assert set(files) | {"boot.py", "main.py"} == set(made) - {"manifest.py"}
    assert len(files) == len(set(files))
    assert files.index("firmware/storage_vault.py") < files.index("firmware/link_session.py")
    assert "firmware/boards_pico.py" in files
    assert not {"firmware/boards_pico2.py", "firmware/ui_fob_texts_da.py"} & set(files)
    assert values(made["firmware/build.py"])["LANGUAGES"] == ("en",)


def test_frozen_modules_import_one_another_by_their_flat_names():
    made = build_freezing("kodeoplaeser", "pico", False, None)
    modules = {path.removesuffix(".py").replace("/", ".") for path in made}
    for path, text in made.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module == "firmware":
                assert {f"firmware.{name.name}" for name in node.names} <= modules, path
            elif isinstance(node, ast.ImportFrom) and node.module.startswith("firmware."):
                assert node.module in {*modules, "firmware.interfaces"}, path
            elif isinstance(node, ast.Import):
                ours = {one.name for one in node.names if one.name.startswith("firmware.")}
                assert ours <= modules, path


def test_a_flat_name_is_one_modules_alone():
    for product in ("kodeviser", "kodeoplaeser"):
        package = [path for path in build_package(product, "pico") if path.endswith(".mpy")]
        assert len(package) == len({path.replace("/", "_") for path in package})


@pytest.mark.parametrize(
    ("text", "flat"),
    [
        (
            "from firmware.ui.fob.code import a, b as c",
            "from firmware.ui_fob_code import a, b as c",
        ),
        ("from firmware.ui import draw", "import firmware.ui_draw as draw"),
        ("from firmware.ui import draw as d", "import firmware.ui_draw as d"),
        ("from firmware.interfaces import Any", "from firmware.interfaces import Any"),
        ("from firmware import build", "from firmware import build"),
        ("load('firmware.ui.%s.code' % x)", "load('firmware.ui_%s_code' % x)"),
        ("load('firmware.drivers.' + x)", "load('firmware.drivers_' + x)"),
        ("x = 'firmware'", "x = 'firmware'"),
        (
            "from firmware.ui.fob.code import (\n    a,\n)\nb",
            "from firmware.ui_fob_code import a\n\n\nb",
        ),
    ],
)
def test_names_of_modules_are_made_flat_where_they_stand(text: str, flat: str):
    modules = {"firmware.ui.fob.code", "firmware.ui.draw", "firmware.build"}
    assert flat_names.flattened(text.encode(), modules) == flat.encode()


def test_files_and_frozen_say_the_same_of_the_token():
    mark = values(frozen.build_py(frozen.of("kodeviser", "pico", False, ("da", "en"))))["MARK"]
    assert mark.encode() in build_package("kodeviser", "pico")["build.mpy"]
