"""The writers of all formats, by name."""

from tests.support.exports.apps import (
    aegis,
    aegis_encrypted,
    andotp,
    andotp_before_0_6_3,
    andotp_encrypted,
    ente,
    ente_encrypted,
    freeotp_plus,
    raivo,
    twofas,
    twofas_encrypted,
)
from tests.support.exports.google import google
from tests.support.exports.password_managers import (
    bitwarden_csv,
    bitwarden_encrypted,
    bitwarden_json,
    keepassxc_csv,
    keepassxc_xml,
)

PLAIN = {
    "google": google,
    "aegis": aegis,
    "andotp": andotp,
    "2fas": twofas,
    "bitwarden": bitwarden_json,
    "bitwarden csv": bitwarden_csv,
    "freeotp+": freeotp_plus,
    "raivo": raivo,
    "ente": ente,
    "keepassxc": keepassxc_xml,
    "keepassxc csv": keepassxc_csv,
}


ENCRYPTED = {
    "aegis": aegis_encrypted,
    "andotp": andotp_encrypted,
    "andotp before 0.6.3": andotp_before_0_6_3,
    "2fas": twofas_encrypted,
    "bitwarden": bitwarden_encrypted,
    "bitwarden argon2": lambda accounts, password: bitwarden_encrypted(
        accounts, password, argon2=True
    ),
    "ente": ente_encrypted,
}
