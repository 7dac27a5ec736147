"""The generated parts of the docs are not stale, and the CDDL in docs/protocol.md fits the
messages' table."""

import re

from firmware.protocol import messages
from host_tools.devtools import reference_docs


def test_generated_sections_are_what_the_code_says():
    assert reference_docs.main(check=True) == 0, "run make docs"


def test_every_operation_with_arguments_or_result_stands_in_the_cddl():
    text = (reference_docs.ROOT / "docs/protocol.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^([a-z_]+)-(?:args|result) =", text, re.MULTILINE))
    assert named <= set(messages.OPERATIONS.values())
    bare = {"block", "unblock", "wipe", "pin_clear", "update_finish"}
    assert set(messages.OPERATIONS.values()) - named == bare
