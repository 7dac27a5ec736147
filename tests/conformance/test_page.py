"""Requirements, markers and docs/conformance.md agree. The tests themselves are run by `make
test`."""

from dataclasses import replace

import pytest

from tests.conformance import mutants, mutation, page, requirements
from tests.conformance.mutants import Edit, Mutant
from tests.conformance.requirements import names, proofs

ALL_PASSED = {(proof.file, proof.test): True for proof in proofs()}


def test_every_requirement_is_shown_by_a_test():
    assert page.gaps() == []


def test_every_marker_names_a_requirement():
    assert [
        (proof.test, name) for proof in proofs() for name in proof.names if name not in names()
    ] == []


def test_no_requirement_is_named_twice():
    every = [
        name
        for table in (*requirements.tested(), *requirements.untested())
        for name in table.requirements
    ]
    assert len(every) == len(set(every))


def test_the_page_is_what_requirements_and_markers_say_and_all_has_passed():
    assert page.PATH.read_text(encoding="utf-8") == page.page(ALL_PASSED), "run make conformance"


def test_a_test_that_failed_or_did_not_run_is_seen_on_the_page():
    proof = proofs()[0]
    wanting = {key: passed for key, passed in ALL_PASSED.items() if key != (proof.file, proof.test)}
    assert page.page(wanting).count(page.FAILED) == len(proof.names)
    assert page.page({**ALL_PASSED, (proof.file, proof.test): False}) == page.page(wanting)


def test_every_requirement_is_broken_by_a_mutant_and_every_test_must_fail_on_one():
    assert page.unbroken() == []
    can_fail = {proof for mutant in mutants.mutants() for proof in mutant.proofs}
    assert [proof.test for proof in proofs() if (proof.file, proof.test) not in can_fail] == []


def test_each_mutant_breaks_requirements_that_its_tests_show():
    shown = {(proof.file, proof.test): set(proof.names) for proof in proofs()}
    for mutant in mutants.mutants():
        for proof in mutant.proofs:
            assert shown[proof] & set(mutant.clauses), (mutant.breaks, proof)
        for clause in mutant.clauses:
            assert any(clause in shown[proof] for proof in mutant.proofs), (mutant.breaks, clause)


def test_each_mutant_fits_the_files_as_they_are():
    for mutant in mutants.mutants():
        texts: dict[str, str] = {}
        for edit in mutant.edits:
            before = texts.get(edit.file) or mutants.content(edit.file)
            texts[edit.file] = edit.applied_to(before)
            assert texts[edit.file] != before, mutant.breaks
        for file, text in texts.items():
            if file.endswith(".py"):
                compile(text, file, "exec")


def test_an_edit_whose_text_is_not_there_once_is_refused():
    with pytest.raises(ValueError, match="2 times"):
        Edit("a.py", "x", "y").applied_to("x x")
    with pytest.raises(ValueError, match="0 times"):
        Edit("a.py", "z", "y").applied_to("x x")


SYNTAX = Edit("firmware/otp/codes.py", "    return unix_time // period", "    return (")
HARMLESS = (Edit("firmware/otp/codes.py", "a code has 6 to 8 digits", "six to eight digits"),)
BROKEN = next(mutant for mutant in mutants.mutants() if "code: TOTP" in mutant.clauses)


@pytest.mark.slow
def test_a_mutant_is_caught_and_one_in_which_nothing_is_broken_is_not():
    """The mechanism itself, on a cheap clause; make conformance tries all mutants."""
    one = (f"{BROKEN.tests[0]}[cpython-59 SHA1]",)
    harmless = Mutant(BROKEN.clauses, "Nothing.", HARMLESS, one)
    cannot_run = Mutant(BROKEN.clauses, "It does not compile.", (SYNTAX,), one)
    with mutation.repository() as root:
        assert mutation.survivors(replace(BROKEN, tests=one), root) == []
        assert mutation.survivors(harmless, root) == list(one)
        with pytest.raises(SyntaxError):
            mutation.survivors(cannot_run, root)
        for file in (BROKEN.edits[0].file, HARMLESS[0].file, SYNTAX.file):
            assert mutants.content(file, root) == mutants.content(file), "put back"


def test_a_mutant_that_was_not_caught_is_seen_on_the_page():
    assert page.page(ALL_PASSED).count(page.NOT_CAUGHT) == 0
    text = page.page(ALL_PASSED, [BROKEN])
    assert text.count(page.NOT_CAUGHT) == len(BROKEN.clauses)
