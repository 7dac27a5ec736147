"""The catalogue of messages: whole in every language, and used as it is written."""

import re
import string
import time
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

import host_tools
from emulator.scenario.reasons import SENTENCES
from firmware.protocol import messages, sentences
from host_tools.desk.bank import STEPS as STEP_OF_PAGE
from host_tools.devtools import catalogues
from host_tools.errors import KodebrikError, TokenError, token_error_identifier
from host_tools.factory.events import Step
from host_tools.flashing.board_port import Found
from host_tools.image.image import load_product
from host_tools.link import ports
from host_tools.messages import catalogue, validation_errors
from host_tools.messages.catalogue import HINT, LANGUAGES, Message
from host_tools.provisioning import inventory_records
from host_tools.qa.report import comparison
from host_tools.qa.report.report import Ended
from host_tools.recorder import page as recorder_page
from host_tools.validator import formatting
from host_tools.validator.app_records import AppKeyKind, AppReason, ApprovalState
from host_tools.validator.records import APP, NoticeKind, Product, Role, Status
from host_tools.validator.rule.verdict import Reason
from host_tools.validator.site import pages
from tests.host_tools.messages import calls

MOMENT = 1_893_456_000.0  # 2030-01-01
COMPUTED = {token_error_identifier(number) for number in sentences.ERRORS}


def _read(language: str) -> Catalog:
    with (catalogue.LOCALE / language / "LC_MESSAGES" / "kodebrik.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def _texts(language: str) -> dict[str, tuple[str, ...]]:
    """The texts by identifier, one for each plural form."""
    return {
        message.id[0] if message.pluralizable else message.id: (
            tuple(message.string) if message.pluralizable else (message.string,)
        )
        for message in _read(language)
        if message.id
    }


TEXTS = {language: _texts(language) for language in LANGUAGES}


@cache
def named() -> list[calls.Call]:
    """Every call of the host tools that names messages."""
    return list(calls.calls())


STATES = {
    messages.BLANK,
    messages.IN_USE,
    messages.BLOCKED,
    messages.WIPED,
    messages.DAMAGED,
}
PRODUCTS = [load_product(name) for name in ("kodeviser", "kodeoplaeser")]
SETTINGS = {name for product in PRODUCTS for name in product["settings"]}
TESTED_PARTS = {
    part for product in PRODUCTS for part in product["parts"] if part not in ("latch", "usb")
}

DESK = Path(host_tools.__file__).parent / "desk"
DESK_PAGE = "".join(path.read_text("utf-8") for path in (DESK / "templates").iterdir())
STEPS = set(STEP_OF_PAGE.values())

# Computed identifiers: a literal prefix and the members of an enumeration.
OUTCOMES = {comparison.FAILED, comparison.PASSED, comparison.SKIPPED, comparison.ABSENT}
FAMILIES = {
    "api-key-role.": set(Role),
    "batch-step.": set(Step),
    "challenge-entry.": set(messages.ENTRIES),
    "desk-page.": {
        *re.findall(r'\b(?:t|named)\("([\w-]+)"\)', DESK_PAGE),
        *(f"step-{step}" for step in STEPS - {"done"}),
        *(f"do-{step}" for step in STEPS),
        "key-hash",
        "key-red",
        "key-star",
    },
    "emulate.": {"state", "link", "rfc2217", "web"},
    "flash-found.": set(Found),
    "info-build.": {messages.DEVELOPMENT, messages.PRODUCTION},
    "info-form.": {messages.FILES, messages.FROZEN},
    "info-key.": {messages.KEY_NONE, messages.KEY_TRANSPORT, messages.KEY_ISSUER},
    "info-state.": STATES,
    "info-storage.": {"ok", "damaged"},
    "input.": validation_errors.WANTED,
    "input-fault.": validation_errors.FAULTS,
    "inventory-state.": set(inventory_records.STATES),
    "letter-compare.": {*Product, "general"},
    "letter-press.": {*Product, "general"},
    "notice.": set(NoticeKind),
    "passport-code.": {"link", "reader", "typed", "not-checked"},
    "product-name.": {*Product, APP, "general"},
    "qa-change.": OUTCOMES,
    "qa-ended.": set(Ended),
    "qa-outcome.": OUTCOMES,
    "qa-reason.": {*Reason, *AppReason, *ApprovalState},
    "recorder-page.": set(recorder_page.WORDS),
    "scenario-reason.": set(SENTENCES),
    "setting.": SETTINGS,
    "token-done.": {"blocked", "unblocked", "nothing-to-wipe", "wiped"},
    "token-error.": {identifier.removeprefix("token-error.") for identifier in COMPUTED},
    "token-part.": TESTED_PARTS | {"display", "flash", "random", "storage"},
    "token-state.": STATES,
    "token-status.": set(Status),
    "usb-device.": {
        *ports._MICROPYTHON.values(),
        *ports._PERHAPS.values(),
        *ports._BOOTSEL.values(),
    },
    "page.key_": set(AppKeyKind),
    "page.reason_": {*Reason, *AppReason},
    "page.way_": {"activation_code", "code"},
    "page.role_": set(Role),
    "page.status_": set(Status),
}


def _family(prefix: str) -> set[str]:
    return {prefix + member for member in FAMILIES[prefix]}


def _begins(prefix: str) -> bool:
    return any(identifier.startswith(prefix) for identifier in TEXTS["en"])


def _templates() -> list[tuple[str, str]]:
    loader = pages._templates.loader
    assert loader is not None
    return [
        (name, loader.get_source(pages._templates, name)[0]) for name in loader.list_templates()
    ]


def _named_by_pages() -> set[str]:
    """The site's texts whose keys stand in its sources, or begin or end as keys that it computes:
    `done_` and an action, an action and `_hint`."""
    words = {word for _, source in _templates() for word in re.findall(r'"(\w+)"', source)}
    words |= calls.literals()
    keys = {identifier.removeprefix("page.") for identifier in TEXTS["en"] if _is_page(identifier)}
    return {
        "page." + key
        for key in keys
        if key in words
        or key.removesuffix("_hint") in words
        or key.startswith(("audit_", "detail_"))
        or (key.startswith("done_") and key.removeprefix("done_") in words)
    }


def _is_page(identifier: str) -> bool:
    return identifier.startswith("page.")


def _holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _arguments(identifier: str) -> set[str]:
    """What the English texts of a message, and of its hint, are filled with."""
    texts = (*TEXTS["en"][identifier], *TEXTS["en"].get(identifier + HINT, ()))
    return set().union(*map(_holes, texts))


def test_every_message_has_its_text_in_every_language():
    for language, texts in TEXTS.items():
        assert set(texts) == set(TEXTS["en"]), language
        for identifier, forms in texts.items():
            assert all(form.strip() == form and form for form in forms), (language, identifier)


def test_all_languages_fill_in_the_same_arguments():
    for identifier, forms in TEXTS["en"].items():
        wanted = set().union(*map(_holes, forms))
        for language, texts in TEXTS.items():
            assert set().union(*map(_holes, texts[identifier])) == wanted, (language, identifier)


def test_plural_forms_come_with_a_count():
    for language, texts in TEXTS.items():
        for identifier, forms in texts.items():
            assert len(forms) == len(TEXTS["en"][identifier]), (language, identifier)
            assert len(forms) == 1 or "count" in _holes(forms[-1]), identifier


def test_every_message_that_is_named_is_in_the_catalogue():
    for call in named():
        for identifier in call.identifiers:
            assert identifier in TEXTS["en"], f"{call.where}: {identifier}"
            assert not call.is_error or identifier + HINT in TEXTS["en"], call.where


def test_every_call_fills_in_what_its_texts_need_and_nothing_else():
    for call in named():
        if call.arguments is not None:
            wanted = set().union(*(_arguments(identifier) for identifier in call.identifiers))
            assert call.arguments == wanted, f"{call.where}: {call.identifiers}"


def test_no_message_is_unused():
    used = (calls.literals() & set(TEXTS["en"])) | COMPUTED
    errors = {name for call in named() if call.is_error for name in call.identifiers} | COMPUTED
    used |= {identifier + HINT for identifier in errors}
    used |= set().union(*(_family(prefix) for prefix in FAMILIES)) | _named_by_pages()
    assert set(TEXTS["en"]) - used == set()


@pytest.mark.parametrize("prefix", FAMILIES)
def test_every_member_of_a_family_has_its_message(prefix):
    assert _family(prefix) <= set(TEXTS["en"])


def test_every_computed_identifier_is_of_a_known_family():
    assert calls.prefixes() & {prefix for prefix in calls.prefixes() if _begins(prefix)} == {
        "page.",
        *(prefix for prefix in FAMILIES if prefix.endswith(".")),
    }


def test_every_text_that_a_page_names_is_in_the_catalogue():
    named = {key for _, source in _templates() for key in re.findall(r'\bt\("(\w+)"[,)]', source)}
    assert len(named) > 100
    assert {"page." + key for key in named} - set(TEXTS["en"]) == set()


def test_the_compiled_catalogues_are_fresh():
    for source in catalogues.sources():
        assert source.with_suffix(".mo").read_bytes() == catalogues.compile_po(source), (
            f"{source} has changed: run `make catalogues`"
        )


def test_a_message_that_stands_twice_is_refused(tmp_path: Path):
    source = tmp_path / "kodebrik.po"
    source.write_text('msgid "a"\nmsgstr "1"\n\nmsgid "b"\nmsgstr "2"\n\nmsgid "a"\nmsgstr "3"\n')
    with pytest.raises(ValueError, match=r"twice: a$"):
        catalogues.compile_po(source)


def test_loading_a_catalogue_takes_a_few_milliseconds():
    took = []
    for _ in range(5):
        catalogue.translations.cache_clear()
        began = time.process_time()
        catalogue.translations("da")
        took.append(time.process_time() - began)
    assert min(took) < 0.02


def test_the_token_s_errors_are_those_of_the_protocol():
    for number, (_, message, hint) in sentences.ERRORS.items():
        error = TokenError(number)
        assert (error.message, error.hint) == (message, hint)
        assert error.text("da") not in (message, error.identifier)


def test_the_reasons_of_scenarios_are_those_of_the_emulator():
    for name, sentence in SENTENCES.items():
        assert TEXTS["en"]["scenario-reason." + name] == (sentence,)


@pytest.mark.parametrize(
    ("count", "english", "danish"),
    [(0, "0 hours", "0 timer"), (1, "1 hour", "1 time"), (2, "2 hours", "2 timer")],
)
def test_plural_forms(count, english, danish):
    message = Message("duration-hours", count=count)
    assert (message, message.text("da")) == (english, danish)


def test_one_entry_of_the_audit_is_no_several():
    for identifier in ("audit.earlier", "audit.anchor-written"):
        one, two = (Message(identifier, count=count, path="a") for count in (1, 2))
        assert ("1 entry " in one, "2 entries " in two) == (True, True), identifier
        assert ("1 hændelse " in one.text("da"), "2 hændelser " in two.text("da")) == (True, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_have_the_signs_of_their_language(language):
    error = KodebrikError("clock-still-off", 16, seconds=1234.5)
    number = format_decimal(1234.5, "+0.0", locale=language)
    assert number in error.text(language)
    rounds = KodebrikError(
        "pskc-too-costly", 3, rounds=9_000_000, size=1, most_rounds=10_000, most_size=2
    )
    assert format_decimal(9_000_000, locale=language) in rounds.text(language)


def test_messages_within_messages_speak_the_same_language():
    place = Message("place-line", line=3)
    error = KodebrikError("csv-rounded", 3, where=place)
    assert error.message.startswith("Line 3: ")
    assert error.text("da").startswith("Linje 3: ")
    faults = catalogue.listed(
        "list-semicolon", [Message("recording-silent"), Message("recording-name")]
    )
    assert isinstance(faults, Message)
    assert faults.text("da") == "den er tavs; det er ikke et lydklips navn"


def test_braces_in_an_argument_stay_as_they_are():
    assert "{path}" in KodebrikError("file-exists", 4, path="{path}").text("da")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "da_DK.UTF-8"}, "da"),
        ({"LANG": "da"}, "da"),
        ({"LANG": "da_DK.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "da_DK"}, "da"),
        ({"LANG": "da_DK.UTF-8", "LC_ALL": ""}, "da"),
        ({"LANG": "kl_GL.UTF-8"}, "en"),
    ],
)
def test_the_environment_chooses_the_language(environment, language):
    assert catalogue.choose(environment) == language


def test_a_long_list_of_messages_is_joined_in_order():
    items = [f"item {number}" for number in range(1000)]
    joined = catalogue.listed("list-semicolon", items)
    assert joined == "; ".join(items)
    assert isinstance(joined, Message)
    assert joined.text("da") == "; ".join(items)


def test_every_list_of_languages_has_every_language():
    assert get_args(catalogue.Language) == tuple(LANGUAGES)
    assert set(LANGUAGES) == {each.name for each in catalogue.LOCALE.iterdir() if each.is_dir()}
    assert set(LANGUAGES) <= set(messages.LANGUAGES)
    for language in LANGUAGES:
        assert formatting.local_time(MOMENT, language)
        assert formatting.local_day(MOMENT, language)
        assert formatting.number(0.5, language)
