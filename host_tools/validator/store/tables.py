"""The tables of the validator's database. Times are Unix seconds; secrets are encrypted, hashes are
keyed or of 16 and more random bytes.

Every table has a column `audit_seal`, see row_seals.py, but `audit`, whose entries are chained, and
`write_probes`.
The same tables stand in migrations/versions, and as typed rows in rows.py; tests compare them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
# An INTEGER key is SQLite's own row id. The values are those of row_ids.py.
_ID = BigInteger().with_variant(Integer, "sqlite")


def _seal() -> tuple[Column[bytes], Column[int]]:
    """Make the columns of a row's seal, and of the data key that it was made with."""
    return (
        Column("audit_seal", LargeBinary, nullable=False),
        Column("audit_key", Integer, ForeignKey("data_keys.id"), nullable=False),
    )


data_keys = Table(
    "data_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),  # by the master key
    Column("master", Text, nullable=False),  # the master key's identity
    Column("created_at", Double, nullable=False),
    Column("audit_seal", LargeBinary, nullable=False),  # made with this key itself
)

users = Table(
    "users",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("normalized_id", Text, nullable=False, unique=True),  # see user_id.normalized()
    Column("created_at", Double, nullable=False),
    Column("email", Text),
    Column("language", Text, nullable=False),
    Column("notify_on_use", Boolean, nullable=False),
    Column("pin", LargeBinary),  # keyed hash
    Column("pin_key", Integer, ForeignKey("data_keys.id")),
    *_seal(),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("serial", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    Column("owner_id", _ID, ForeignKey("users.id"), index=True),
    Column("kind", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("digits", Integer, nullable=False),
    Column("period", Integer),  # seconds
    Column("suite", Text),
    Column("product", Text),  # a value of records.Product; NULL for tokens of other makers
    Column("encrypted_secret", LargeBinary, nullable=False),
    Column("data_key", Integer, ForeignKey("data_keys.id"), nullable=False),  # that encrypts it
    Column("tolerance", Integer, nullable=False),  # steps to either side
    Column("look_ahead", Integer, nullable=False),  # counters
    # step or counter of the last accepted code; -1 before the first
    Column("last_step", BigInteger, nullable=False),
    Column("last_accepted_at", Double),
    Column("failures", Integer, nullable=False),  # in a row
    Column("locked_until", Double, nullable=False),
    Column("clock_base", Double, nullable=False),  # the fields of drift.TokenClock
    Column("clock_base_at", Double, nullable=False),
    Column("clock_uncertainty", Double, nullable=False),
    Column("clock_rate", Double, nullable=False),
    Column("clock_observations", Text, nullable=False),  # JSON
    Column("clock_ppm", Double, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("activated_at", Double),
    Column("activation_hash", LargeBinary),  # keyed
    Column("activation_key", Integer, ForeignKey("data_keys.id")),
    Column("activation_expires_at", Double),
    Column("activation_tries", Integer, nullable=False),
    # of the last entry in the token's chain; also the row's version
    Column("audit_sequence", BigInteger, nullable=False),
    Column("audit_mac", LargeBinary, nullable=False),  # of that entry
    *_seal(),
    Index(
        "one_active_token_per_user",
        "owner_id",
        unique=True,
        sqlite_where=text("status = 'active' AND kind != 'app'"),
        postgresql_where=text("status = 'active' AND kind != 'app'"),
    ),
    Index("ix_tokens_status_serial", "status", "serial"),
)

# What only tokens of kind `app` have, from their activation on. Their public key is the token's
# secret, and their counter its last step.
app_devices = Table(
    "app_devices",
    metadata,
    Column(
        "token_id",
        _ID,
        ForeignKey("tokens.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("name", Text, nullable=False),
    Column("key_kind", Text, nullable=False),  # a value of records.AppKeyKind
    Column("key_hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of the public key
    Column("credential_id", LargeBinary, unique=True),  # of a WebAuthn credential
    Column("pin", LargeBinary),  # keyed hash
    Column("pin_key", Integer, ForeignKey("data_keys.id")),
    *_seal(),
)

# Sessions of app devices, after their PIN or user verification.
app_sessions = Table(
    "app_sessions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of 32 random bytes
    Column(
        "token_id", _ID, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("ends_at", Double, nullable=False, index=True),
    *_seal(),
)

# Approvals that were asked for, see operations/app/approvals.py.
approvals = Table(
    "approvals",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),  # 16 random bytes
    # Keyed hash of the user-ID, known or not, and how many were asked of it: two that are asked at
    # the same time cannot both be within the limit.
    Column("subject", Text, nullable=False),
    Column("subject_sequence", BigInteger, nullable=False),
    Column("owner_id", _ID, ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("party", Text, nullable=False),
    Column("party_name", Text, nullable=False),
    Column("session", LargeBinary, nullable=False),  # SHA-256 of its name
    Column("nonce", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("amount", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("digits", Text, nullable=False),
    Column("created_at", Double, nullable=False, index=True),  # whole seconds
    Column("expires_at", Double, nullable=False),
    Column("extensions", Integer, nullable=False),  # left
    Column("tries", Integer, nullable=False),  # at the digits, left
    Column("state", Text, nullable=False),  # of records.ApprovalState all but "expired"
    Column("reported", Boolean, nullable=False),  # as begun by somebody else
    Column("answered_at", Double),
    Column("answered_by", Text),  # serial number
    Column("key_kind", Text),  # of that device
    Column("used", Boolean, nullable=False),
    *_seal(),
    UniqueConstraint("subject", "subject_sequence", name="approvals_subject_sequence"),
    Index(
        "one_waiting_approval_per_session",
        "party",
        "session",
        unique=True,
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

# Heads of the audit chains that belong to no other row: the server's own (chain "") and those of
# deleted tokens.
chains = Table(
    "chains",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("audit_sequence", BigInteger, nullable=False),
    Column("audit_mac", LargeBinary, nullable=False),
    *_seal(),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("chain", Text, nullable=False),  # a serial number, or "" for the server's own
    Column("sequence", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("audit_key", Integer, ForeignKey("data_keys.id"), nullable=False),
    Column("mac", LargeBinary, nullable=False),
    UniqueConstraint("chain", "sequence", name="audit_chain_sequence"),
)

challenges = Table(
    "challenges",
    metadata,
    Column("id", _ID, primary_key=True),
    Column(
        "token_id", _ID, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("challenge", Text, nullable=False),
    # what OCRA computes the response of: equal for challenges with the same response
    Column("question", LargeBinary, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("used", Boolean, nullable=False),
    Column("drawn", Boolean, nullable=False),  # at random, not chosen by whoever asked
    *_seal(),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of 32 random bytes
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
    *_seal(),
)

# Sessions of the web site, see operations/web_sessions.py: of an administrator (with an API key),
# or of a visitor who signs in with a code (with a user-ID and a challenge).
web_sessions = Table(
    "web_sessions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of 32 random bytes
    Column("api_key_id", _ID, ForeignKey("api_keys.id"), index=True),
    Column("user_id", Text),  # as it was typed
    Column("challenge", Text),
    Column("approved", Boolean, nullable=False),  # whether a code was accepted
    Column("started_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False, index=True),
    *_seal(),
)

# Checks of no known user or token in the current minute, and the head of their audit chain, see
# operations/unattributed.py. One row.
unattributed_checks = Table(
    "unattributed_checks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("window_start", Double, nullable=False),
    Column("logged", Integer, nullable=False),  # with an audit entry each
    Column("suppressed", Integer, nullable=False),  # counted only
    Column("audit_sequence", BigInteger, nullable=False),
    Column("audit_mac", LargeBinary, nullable=False),
    *_seal(),
)

notices = Table(
    "notices",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("owner_id", _ID, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("serial", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Double, nullable=False, index=True),
    *_seal(),
)

# Secrets of the OpenID provider, see operations/openid/keys.py: what subject identifiers are made
# with, and the private keys that sign ID tokens.
openid_keys = Table(
    "openid_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("encrypted_secret", LargeBinary, nullable=False),
    Column("data_key", Integer, ForeignKey("data_keys.id"), nullable=False),  # that encrypts it
    Column("created_at", Double, nullable=False),
    Column("published_until", Double),  # of a signing key that another one has followed
    *_seal(),
)


def _signed_in_by() -> tuple[Column[int], Column[int], Column[str], Column[float]]:
    """Make the columns that say who has signed in: with which token, how and when."""
    return (
        Column(
            "token_id", _ID, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        Column(
            "owner_id", _ID, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        Column("methods", Text, nullable=False),  # RFC 8176, separated by blanks
        Column("signed_in_at", Double, nullable=False),
    )


# Who has signed in at the OpenID provider, see operations/openid/sessions.py.
openid_sessions = Table(
    "openid_sessions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of 32 random bytes
    *_signed_in_by(),
    Column("ends_at", Double, nullable=False, index=True),
    *_seal(),
)

# Authorization codes and the access tokens given for them, see operations/openid/grants.py.
openid_grants = Table(
    "openid_grants",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of the code, 32 random bytes
    *_signed_in_by(),
    Column("client", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("nonce", Text),
    Column("challenge", Text, nullable=False),  # S256, RFC 7636
    Column("subject", Text, nullable=False),
    Column("acr", Text, nullable=False),
    Column("redeemed", Boolean, nullable=False),
    Column("access_hash", LargeBinary, unique=True),  # SHA-256 of the access token
    Column("ends_at", Double, nullable=False, index=True),  # of the code, then of the token
    *_seal(),
)

# What applications ask of users who are not there, see operations/openid/backchannel.py.
openid_backchannel = Table(
    "openid_backchannel",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of 32 random bytes
    Column("client", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("acr", Text, nullable=False),  # that is given with an approval
    Column("party", Text, nullable=False),  # who asks for the approval, and its reference
    Column("approval", Text, nullable=False),
    Column("interval", Double, nullable=False),  # seconds between polls, at least
    Column("next_poll_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False, index=True),
    *_seal(),
)

# Identifiers of the JWTs with which applications have authenticated: each is taken once.
openid_assertions = Table(
    "openid_assertions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256
    Column("ends_at", Double, nullable=False, index=True),
    *_seal(),
)

# Networks that try keys or codes, see operations/guesses.py.
guesses = Table(
    "guesses",
    metadata,
    Column("guesser", Text, primary_key=True),  # kind and network
    Column("free_at", Double, nullable=False, index=True),  # when all guesses are allowed again
    *_seal(),
)

# What the readiness probe writes, see operations/readiness.py. It decides nothing and has no seal.
write_probes = Table(
    "write_probes",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("filler", LargeBinary, nullable=False),  # random bytes
)

# Numbers of tokens by status, and of users; see counts.py. One row.
counts = Table(
    "counts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("stock", BigInteger, nullable=False),
    Column("assigned", BigInteger, nullable=False),
    Column("active", BigInteger, nullable=False),
    Column("blocked", BigInteger, nullable=False),
    Column("replaced", BigInteger, nullable=False),
    Column("users", BigInteger, nullable=False),
    *_seal(),
)

# The root over all rows, see audit_root.py. One row.
audit_root = Table(
    "audit_root",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),  # transactions that changed a row
    Column("rows", BigInteger, nullable=False),  # sealed rows that exist, without this one
    Column("entries", BigInteger, nullable=False),  # of the audit
    Column("nonce", LargeBinary, nullable=False),
    Column("masked_sum", LargeBinary, nullable=False),
    *_seal(),
)
