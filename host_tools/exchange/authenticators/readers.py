"""The readers of authenticators' exports, as rows of the table of formats."""

from host_tools.exchange.authenticators import (
    aegis,
    andotp,
    bitwarden,
    ente,
    freeotp_plus,
    google_migration,
    keepassxc,
    proprietary,
    raivo,
    twofas,
)
from host_tools.exchange.authenticators.parsing import uris

# Name, recognises and read; the first that recognises a file reads it. andOTP's encrypted
# backup has no mark and comes last, with files of no known format.
READERS = (
    (proprietary.NAME, proprietary.recognises, proprietary.read),
    ("otpauth", uris.recognises_other_kind, uris.refuse_other_kind),
    (google_migration.NAME, google_migration.recognises, google_migration.read),
    (aegis.NAME, aegis.recognises, aegis.read),
    (twofas.NAME, twofas.recognises, twofas.read),
    (ente.NAME, ente.recognises, ente.read),
    (bitwarden.NAME, bitwarden.recognises, bitwarden.read),
    (freeotp_plus.NAME, freeotp_plus.recognises, freeotp_plus.read),
    (raivo.NAME, raivo.recognises, raivo.read),
    (keepassxc.NAME, keepassxc.recognises, keepassxc.read),
    (andotp.NAME, andotp.recognises, andotp.read),
    (andotp.NAME, andotp.recognises_binary, andotp.read_binary),
)
