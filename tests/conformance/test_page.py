"""Requirements, markers and docs/conformance.md agree. The tests themselves are run by `make
test`."""

from tests.conformance import page, requirements
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
