"""Updates of the firmware in tests: packages with another version, and with faults, and tokens that
take them."""

from collections.abc import Mapping
from functools import cache

from firmware.protocol import messages
from host_tools.flashing import update_package
from host_tools.flashing.update_package import UpdatePackage
from host_tools.image import image as images
from host_tools.image.dependencies import FIRMWARE
from host_tools.provisioning.update_key_file import UpdateKey
from host_tools.secret import Secret

SIGNER = UpdateKey(Secret(b"s" * 32))
NEXT = "9.0.0"
BOTH = ("da", "en")  # languages


def package(
    version: str = NEXT,
    product: str = "kodeviser",
    production: bool = True,
    sources: Mapping[str, str] | None = None,
    languages: tuple[str, ...] = BOTH,
) -> bytes:
    """Give the package of a token on a Pico, with that version, and with other modules in place of
    its own: path without suffix -> source."""
    others = {"version": f'VERSION = "{version}"\n', **(sources or {})}
    return _package(product, production, tuple(sorted(others.items())), languages)


@cache
def _package(
    product: str,
    production: bool,
    others: tuple[tuple[str, str], ...],
    languages: tuple[str, ...],
) -> bytes:
    texts = images.package_sources(product, "pico", production, languages)
    for name, source in others:
        assert FIRMWARE / f"{name}.py" in texts
        texts[FIRMWARE / f"{name}.py"] = source.encode()
    files = images.compile_package(texts, product, "pico", production)
    return images.pack_package(files, production)


def update(
    version: str = NEXT,
    product: str = "kodeviser",
    production: bool = True,
    sources: Mapping[str, str] | None = None,
    key: UpdateKey = SIGNER,
    minimum: str = "0.0.0",
    bytecode: int | None = None,
    languages: tuple[str, ...] = BOTH,
) -> UpdatePackage:
    """Give the update with such a package."""
    return update_package.assemble(
        key.sign_manifest,
        package(version, product, production, sources, languages),
        product=product,
        board="pico",
        build=messages.PRODUCTION if production else messages.DEVELOPMENT,
        languages=list(languages),
        version=version,
        minimum=minimum,
        bytecode=update_package.bytecode(_modules(product, production, languages))
        if bytecode is None
        else bytecode,
    )


def image(
    product: str = "kodeviser", production: bool = True, languages: tuple[str, ...] = BOTH
) -> bytes:
    """Give the file system of a new token on a Pico that takes updates by SIGNER."""
    tree = images.build_tree(product, "pico", production, languages)
    tree["update.key"] = SIGNER.public
    return images.pack(tree, images.load_board("pico")["filesystem"])


@cache
def _modules(product: str, production: bool, languages: tuple[str, ...]) -> dict[str, bytes]:
    return images.build_package(product, "pico", production, languages)
