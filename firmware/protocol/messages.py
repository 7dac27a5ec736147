"""The link's constants: frame kinds, operations, states, limits and errors, for token and host.

docs/protocol.md is generated from this module. Sizes are bytes, times Unix seconds (UTC),
temperatures hundredths of a degree Celsius, voltages millivolts. Plain data, as it also runs on
MicroPython.
"""

PROTOCOL_VERSION = 1
# The Noise prologue is this and the body of the token's last hello.
PROLOGUE = b"kodebrik/1"

# What an update key signs is one of these and a manifest, or a new update key.
UPDATE_LABEL = b"kodebrik update 1\x00"
UPDATE_KEY_LABEL = b"kodebrik update key 1\x00"

# Fields of an update's manifest: a CBOR map. `minimum` is the oldest version that it may follow,
# `bytecode` what MicroPython must run: mpy-cross's version, and that of its machine code times 256.
UPDATE_FIELDS = (
    "product",
    "board",
    "build",
    "languages",
    "version",
    "minimum",
    "bytecode",
    "size",
    "sha256",
)

# Frame kinds: the first byte of a frame's payload.
HELLO = 1  # host: empty body. token: CBOR map, see HELLO_FIELDS
HANDSHAKE = 2  # host: pattern byte + Noise message 1. token: Noise message 2
TRANSPORT = 3  # Noise transport message around a CBOR request or response
ERROR = 4  # token only, unauthenticated: CBOR map {"error": number}

PATTERN_NN = 0
PATTERN_NNPSK0 = 1

HELLO_FIELDS = (
    "product",
    "board",
    "serial",
    "version",
    "protocol",
    "build",
    "form",
    "state",
    "key",
)

# State of a token ("state" in hello).
BLANK = "blank"
IN_USE = "in_use"
BLOCKED = "blocked"
WIPED = "wiped"
DAMAGED = "damaged"

# Which access key the token holds ("key" in hello).
KEY_NONE = "none"
KEY_TRANSPORT = "transport"
KEY_ISSUER = "issuer"

DEVELOPMENT = "development"
PRODUCTION = "production"
FILES = "files"  # the firmware lies in the file system
FROZEN = "frozen"  # it is part of MicroPython

# Limits, enforced on both sides.
MAX_PAYLOAD = 2048  # frame payload before COBS, without the CRC
ACCESS_KEY_SIZE = 32
REQUEST_ID_SIZE = 8
NONCE_SIZE = 16
FINGERPRINT_SIZE = 8
MAX_ACCOUNTS = 8
MAX_NAME = 32  # UTF-8 bytes of an account's name
# A spoken name is a voice pack of one clip of 2 s at most; it comes in parts.
MAX_SPOKEN_NAME = 20480
NAME_PART = 1024
MIN_SECRET = 16  # RFC 4226 section 4, R6: at least 128 bits
MAX_SECRET = 64
ALGORITHMS = ("SHA1", "SHA256", "SHA512")
DIGITS = (6, 7, 8)
PERIODS = (30, 60)
MAX_SUITE = 64  # characters of an OCRA suite
# What the user types as a challenge: one number, or an amount and the payee's account.
ENTRIES = ("number", "payment")
MAX_CHALLENGE = 24  # digits of a typed number
MAX_AMOUNT = 8
MAX_PAYEE = 15  # with the amount and its length before it: 24
LANGUAGES = ("da", "en", "kl")
SESSION_SILENCE = 60  # seconds without a request that end a session
SELFTEST_PULSES = 3  # of a vibration motor, for whoever holds the token
MIN_PIN = 4  # digits
MAX_PIN = 8
PIN_TRIES = 10  # wrong PINs in a row until the token blocks
UPDATE_KEY_SIZE = 32
SIGNATURE_SIZE = 64
MAX_UPDATE_PART = 1792  # bytes of a package in one request
MIN_TIME = 946684800  # 2000-01-01, the first second a DS3231 can hold
MAX_TIME = 7258118399  # 2199-12-31 23:59:59, the last

# Operations inside an authenticated session: number -> name. READ_CODE exists on development
# builds only, those of an update where the firmware lies in the file system.
OPERATIONS = {
    1: "info",
    2: "claim",
    3: "key_set",
    4: "credential_put",
    5: "credential_list",
    6: "credential_remove",
    7: "clock_read",
    8: "clock_set",
    9: "clock_trim",
    10: "settings_read",
    11: "settings_write",
    12: "block",
    13: "unblock",
    14: "wipe",
    15: "selftest",
    16: "read_code",
    17: "pin_set",
    18: "pin_clear",
    19: "name_write",
    20: "name_keep",
    21: "update_begin",
    22: "update_write",
    23: "update_finish",
    24: "update_key",
}
(
    INFO,
    CLAIM,
    KEY_SET,
    CREDENTIAL_PUT,
    CREDENTIAL_LIST,
    CREDENTIAL_REMOVE,
    CLOCK_READ,
    CLOCK_SET,
    CLOCK_TRIM,
    SETTINGS_READ,
    SETTINGS_WRITE,
    BLOCK,
    UNBLOCK,
    WIPE,
    SELFTEST,
    READ_CODE,
    PIN_SET,
    PIN_CLEAR,
    NAME_WRITE,
    NAME_KEEP,
    UPDATE_BEGIN,
    UPDATE_WRITE,
    UPDATE_FINISH,
    UPDATE_KEY,
) = range(1, 25)

# Errors. firmware.protocol.sentences has their names and messages.
OK = 0
(
    BAD_FRAME,
    BAD_MESSAGE,
    HELLO_FIRST,
    HANDSHAKE_FAILED,
    NO_SESSION,
    NOT_CLAIMED,
    ALREADY_CLAIMED,
    UNKNOWN_OPERATION,
    BAD_ARGUMENT,
    SECRET_TOO_SHORT,
    ACCOUNTS_FULL,
    UNKNOWN_ACCOUNT,
    NO_ACCESS_KEY,
    TOKEN_BLOCKED,
    CLOCK_LOST,
    CLOCK_ABSENT,
    STORAGE_DAMAGED,
    STORAGE_FAILED,
    COMMITMENT_BROKEN,
    INTERNAL,
    PIN_TOO_SIMPLE,
    NO_KEYPAD,
    BAD_SUITE,
    NO_UPDATE_KEY,
    UPDATE_FORGED,
    UPDATE_UNFIT,
    UPDATE_OLD,
    UPDATE_NO_ROOM,
    UPDATE_BROKEN,
) = range(1, 30)
