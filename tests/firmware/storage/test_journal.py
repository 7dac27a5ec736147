"""The two-slot journal: what load() returns after saves, cuts at every operation, failures and
damage."""

from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from firmware.storage import journal as module
from firmware.storage.journal import Journal, StorageError
from tests.support.fake_files import FakeFiles, PowerCutError

OLD, NEW = b"the old body " * 3, b"the new one " * 5
SLOTS = ("/data/vault.0", "/data/vault.1")


@pytest.fixture(params=[True, False], ids=["copy_on_write", "in_place"])
def files(request, monkeypatch):
    """Return in-memory files for the journal module."""
    return use(FakeFiles(request.param), monkeypatch.setattr)


def use(files: FakeFiles, set_attribute=setattr) -> FakeFiles:
    """Make the journal module use `files`."""
    if set_attribute is setattr:
        module.open, module.os = files.open, files
    else:
        set_attribute(module, "open", files.open, raising=False)
        set_attribute(module, "os", files)
    return files


def load() -> bytes | None:
    """Return what a newly started token loads."""
    return Journal("/data", "vault").load()


def save(body: bytes, forget: bool = False) -> None:
    """Save once, as a newly started token."""
    Journal("/data", "vault").save(body, forget)


def cuts(files: FakeFiles, action):
    """Run `action` from the same start once per operation and mode, cut power there, and yield
    after each cut."""
    start, directories = dict(files.content), set(files.directories)
    for mode in ("before", "torn", "after"):
        operation = 0
        while True:
            files.content, files.directories = dict(start), set(directories)
            files.arm(operation, mode)
            try:
                action()
            except PowerCutError:
                files.disarm()
                yield operation, mode
                operation += 1
            else:
                files.disarm()
                assert operation >= 3, "the action must write at least one file"
                break


def test_nothing_saved_is_blank_and_not_damaged(files):
    journal = Journal("/data", "vault")
    assert journal.load() is None
    assert not journal.damaged


def test_a_root_directory_needs_no_making(files):
    Journal("/", "vault").save(OLD)
    assert Journal("/", "vault").load() == OLD
    assert set(files.content) == {"/vault.0", "/vault.1"}


def test_each_save_replaces_the_last_and_leaves_its_file_alone(files):
    for number in range(6):
        before = dict(files.content)
        save(bytes([number]) * 40)
        assert load() == bytes([number]) * 40
        if before:
            assert sum(files.content[path] == before[path] for path in SLOTS) == 1


def test_first_save_cut_at_every_operation_leaves_blank_or_new(files):
    for _ in cuts(files, lambda: save(NEW)):
        journal = Journal("/data", "vault")
        assert journal.load() in (None, NEW)
        assert not journal.damaged
        save(b"later")
        assert load() == b"later"
        assert set(files.content) == set(SLOTS)


@pytest.mark.parametrize("forget", [False, True])
def test_a_save_cut_at_every_operation_leaves_old_or_new(files, forget):
    save(OLD)
    seen = set()
    for _ in cuts(files, lambda: save(NEW, forget)):
        found = load()
        seen.add(found)
        assert found in (OLD, NEW)
        save(b"later")
        assert load() == b"later"
    assert seen == {OLD, NEW}


def test_a_cut_while_forgetting_is_finished_by_the_next_load(files):
    save(OLD)
    for _ in cuts(files, lambda: save(NEW, forget=True)):
        if load() == NEW:
            assert not any(OLD in content for content in files.content.values())


def test_finishing_to_forget_survives_cuts_of_its_own(files):
    save(OLD)
    files.arm(3, "before")
    with pytest.raises(PowerCutError):
        save(NEW, forget=True)
    files.disarm()
    for _ in cuts(files, load):
        assert load() == NEW
        assert not any(OLD in content for content in files.content.values())


def test_finishing_to_forget_on_a_flash_that_fails_still_gives_the_new_body(files):
    save(OLD)
    files.arm(3, "before")
    with pytest.raises(PowerCutError):
        save(NEW, forget=True)
    files.arm(0, "before", OSError)
    assert load() == NEW


def test_forgetting_takes_the_old_body_out_of_both_files(files):
    save(OLD)
    save(OLD)
    save(NEW, forget=True)
    assert not any(OLD in content for content in files.content.values())
    assert all(NEW in content for content in files.content.values())


@pytest.mark.parametrize("operation", [0, 1, 2])
@pytest.mark.parametrize("mode", ["before", "torn", "after"])
def test_a_flash_that_refuses_to_write_raises_and_the_old_body_counts(files, operation, mode):
    save(OLD)
    files.arm(operation, mode, OSError)
    with pytest.raises(StorageError):
        save(NEW)
    files.disarm()
    # A flash may report an error for a write that came to its end: then the new body is whole and
    # counts.
    assert load() == OLD or operation == 2 or mode == "after"
    save(b"later")
    assert load() == b"later"


def test_a_write_that_reads_back_differently_raises_and_the_old_body_counts(files):
    save(OLD)
    for path in SLOTS:
        files.flipped = path
        try:
            save(OLD)
        except StorageError:
            assert load() == OLD
            return
    pytest.fail("one of the two slots must have been written")


def test_both_slots_broken_is_damage_and_a_save_repairs_it(files):
    save(OLD)
    for path in SLOTS:
        files.content[path] = files.content[path][:-1]
    journal = Journal("/data", "vault")
    assert journal.load() is None
    assert journal.damaged
    for _ in cuts(files, lambda: save(NEW)):
        journal = Journal("/data", "vault")
        assert journal.load() == NEW or journal.damaged
    save(NEW)
    assert load() == NEW


@pytest.mark.parametrize("position", [0, 3, 4, 8, 12, 16, 20, 30, -1])
def test_any_flipped_bit_breaks_its_slot_and_the_other_counts(files, position):
    save(OLD)
    save(NEW)
    newest = next(path for path in SLOTS if NEW in files.content[path])
    record = bytearray(files.content[newest])
    record[position] ^= 0x10
    files.content[newest] = bytes(record)
    assert load() == OLD


@pytest.mark.parametrize("cut", [0, 1, 19, 20, 40])
def test_a_shortened_or_lengthened_slot_is_broken(files, cut):
    save(OLD)
    save(NEW)
    newest = next(path for path in SLOTS if NEW in files.content[path])
    whole = files.content[newest]
    files.content[newest] = whole[:cut]
    assert load() == OLD
    files.content[newest] = whole + b"\0"
    assert load() == OLD


def test_one_slot_lost_leaves_the_other(files):
    save(OLD)
    save(NEW)
    oldest = next(path for path in SLOTS if OLD in files.content[path])
    del files.content[oldest]
    assert load() == NEW
    save(OLD)
    assert load() == OLD


def test_a_journal_in_real_files(tmp_path):
    journal = Journal(str(tmp_path / "new"), "vault")
    assert journal.load() is None
    for body in (OLD, NEW, b""):
        journal.save(body)
        assert Journal(str(tmp_path / "new"), "vault").load() == body


class JournalLockstep(RuleBasedStateMachine):
    """The journal in lockstep with a model of one variable, under any sequence of saves, cuts and
    failures."""

    bodies = st.binary(max_size=60)

    def __init__(self):
        """Keep the module's own functions for teardown."""
        super().__init__()
        self.real_os = module.os
        self.expected: bytes | None = None

    def teardown(self):
        """Restore the module's own functions."""
        module.os = self.real_os
        vars(module).pop("open", None)

    @initialize(copy_on_write=st.booleans())
    def start(self, copy_on_write):
        """Choose the kind of file system."""
        self.files = use(FakeFiles(copy_on_write))

    @rule(body=bodies, forget=st.booleans())
    def save(self, body, forget):
        """Save without a fault."""
        save(body, forget)
        self.expected = body

    @rule(
        body=bodies,
        forget=st.booleans(),
        at=st.integers(0, 8),
        mode=st.sampled_from(("before", "torn", "after")),
    )
    def cut(self, body, forget, at, mode):
        """Cut power during a save: the old or the new body remains, and the model takes the one
        found."""
        self.files.arm(at, mode)
        try:
            save(body, forget)
            allowed = (body,)
        except PowerCutError:
            allowed = (self.expected, body)
        self.files.disarm()
        found = load()
        assert found in allowed
        self.expected = found

    @rule(body=bodies, at=st.integers(0, 3), mode=st.sampled_from(("before", "torn", "after")))
    def fail(self, body, at, mode):
        """Save on a flash that reports an error: the old or the new body remains."""
        self.files.arm(at, mode, OSError)
        try:
            save(body)
            allowed = (body,)
        except StorageError:
            allowed = (self.expected, body)
        self.files.disarm()
        found = load()
        assert found in allowed
        self.expected = found

    @rule(at=st.integers(0, 3), mode=st.sampled_from(("before", "torn", "after")))
    def cut_while_loading(self, at, mode):
        """Cut power during a load, which writes only to finish an interrupted save; the body stays
        the same."""
        self.files.arm(at, mode)
        with suppress(PowerCutError):
            assert load() == self.expected
        self.files.disarm()

    @invariant()
    def load_gives_what_the_model_has(self):
        """Compare with the model after every step."""
        journal = Journal("/data", "vault")
        assert journal.load() == self.expected
        assert not journal.damaged


TestJournalLockstep = pytest.mark.slow(JournalLockstep.TestCase)
TestJournalLockstep.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
