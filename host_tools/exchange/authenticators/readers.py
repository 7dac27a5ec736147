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

# Name, recognises, read and needs; the first that recognises a file reads it. andOTP's encrypted
# backup has no mark and comes last, with files of no known format.
READERS = (
    (proprietary.NAME, proprietary.recognises, proprietary.read),
    ("otpauth", uris.recognises_other_kind, uris.refuse_other_kind),
    (google_migration.NAME, google_migration.recognises, google_migration.read),
    (aegis.NAME, aegis.recognises, aegis.read, aegis.needs),
    (twofas.NAME, twofas.recognises, twofas.read, twofas.needs),
    (ente.NAME, ente.recognises, ente.read, ente.needs),
    (bitwarden.NAME, bitwarden.recognises, bitwarden.read, bitwarden.needs),
    (freeotp_plus.NAME, freeotp_plus.recognises, freeotp_plus.read),
    (raivo.NAME, raivo.recognises, raivo.read),
    (keepassxc.NAME, keepassxc.recognises, keepassxc.read),
    (andotp.NAME, andotp.recognises, andotp.read, andotp.needs),
    (andotp.NAME, andotp.recognises_binary, andotp.read_binary),
)
