"""The link's errors for host tools: number -> (name, what is wrong, what to do).

Not imported on the token.
"""

ERRORS = {
    1: (
        "bad_frame",
        "The token received a damaged frame.",
        "Try again; if it repeats, try another cable or port.",
    ),
    2: (
        "bad_message",
        "The token did not understand the message.",
        "Check that host tools and firmware are of the same version.",
    ),
    3: ("hello_first", "The token expects a hello before the handshake.", "Try again."),
    4: (
        "handshake_failed",
        "The token refused the secure session: the access key does not fit.",
        "Use the issuer key this token was provisioned with.",
    ),
    5: (
        "no_session",
        "The token has no secure session for this message.",
        "Try again; a session ends after a minute of silence.",
    ),
    6: (
        "not_claimed",
        "The token has not been claimed yet.",
        "Confirm the comparison number first.",
    ),
    7: (
        "already_claimed",
        "The token already holds an access key.",
        "Open the session with that key.",
    ),
    8: (
        "unknown_operation",
        "This firmware does not have that operation.",
        "Check the firmware's version and build with 'kodebrik info'.",
    ),
    9: (
        "bad_argument",
        "An argument is missing, of the wrong type or out of range.",
        "Check that host tools and firmware are of the same version.",
    ),
    10: (
        "secret_too_short",
        "The secret is shorter than 128 bits.",
        "Use a secret of at least 16 bytes; 20 are recommended (RFC 4226 section 4).",
    ),
    11: (
        "accounts_full",
        "The token holds 8 accounts already.",
        "Remove one with 'kodebrik accounts remove'.",
    ),
    12: (
        "unknown_account",
        "The token has no account of that name.",
        "List the names with 'kodebrik accounts list'.",
    ),
    13: (
        "no_access_key",
        "The token has no access key yet.",
        "Set the access key before any credential.",
    ),
    14: ("blocked", "The token is blocked.", "Unblock it with 'kodebrik unblock' first."),
    15: ("clock_lost", "The token's clock has lost the time.", "Set it with 'kodebrik clock set'."),
    16: (
        "clock_absent",
        "The token's clock chip does not answer.",
        "Check the wiring of the clock chip, then run 'kodebrik selftest'.",
    ),
    17: (
        "storage_damaged",
        "The token's storage is damaged.",
        "Wipe the token with 'kodebrik wipe' and provision it again.",
    ),
    18: (
        "storage_failed",
        "The token could not write its storage; nothing was changed.",
        "Try again; if it repeats, the flash is worn out.",
    ),
    19: (
        "commitment_broken",
        "The claim does not match its commitment.",
        "Somebody may be between host and token: use another computer and cable.",
    ),
    20: (
        "internal",
        "The token met an internal error and changed nothing.",
        "Try again; if it repeats, report it with the output of 'kodebrik info'.",
    ),
    21: (
        "pin_too_simple",
        "The PIN is too easy to guess.",
        "Choose 4 to 8 digits without runs, repetitions or patterns of the keypad.",
    ),
    22: (
        "no_keypad",
        "This product has no keypad to type on.",
        "Use a product with a keypad for a PIN or for challenges.",
    ),
    23: (
        "bad_suite",
        "The token cannot answer challenges of that OCRA suite.",
        "Choose one of 6 to 8 digits without session data (S); a payment needs letters and "
        "digits (QA24 or longer).",
    ),
    24: (
        "no_update_key",
        "The token takes no updates: it has no update key.",
        "Write it anew with 'kodebrik flash write' and an image that was made with --update-key.",
    ),
    25: (
        "update_forged",
        "The signature is not one by the token's update key.",
        "Sign with the key that the token's image was made with, or give the statements of "
        "'kodebrik flash keys rotate' with --key-statement.",
    ),
    26: (
        "update_unfit",
        "The update is for another product, board, build, MicroPython or set of languages.",
        "Make it with the options of 'kodebrik flash image' that the token's image was made with.",
    ),
    27: (
        "update_old",
        "The update is not newer than the token's firmware, or needs another update before it.",
        "Compare the versions with 'kodebrik info'; a version never goes down.",
    ),
    28: (
        "update_no_room",
        "The token's file system has no room for the update beside its firmware.",
        "Write it anew with 'kodebrik flash write', with fewer languages.",
    ),
    29: (
        "update_broken",
        "What the token has received is not the update that was signed.",
        "Send the update again.",
    ),
}
