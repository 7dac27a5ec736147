"""The operations inside a secure session, on vault and clock. Times are Unix seconds, temperatures
hundredths of a degree Celsius.

The host is authenticated, and its arguments are checked all the same: exact names, exact types (a
bool is no integer), sizes and ranges. Each operation makes one change of the vault or none.
"""

import os

from firmware.protocol import messages
from firmware.protocol.keys import fingerprint
from firmware.storage.credentials import index
from firmware.storage.vault import BLOCKED, DAMAGED, trusted

if False:
    from firmware.interfaces import (  # type: ignore[unreachable]
        Any,
        Clock,
        LinkServices,
        Primitives,
        Random,
        SpokenNames,
        Update,
        Vault,
    )

_EDGE_MS = 1100  # a clock whose second does not change within this time has stopped
_TICKS_MASK = (1 << 30) - 1
_MAX_TRIM = 127


class RefusedError(Exception):
    """A request was refused; `number` is the link's error number."""

    def __init__(self, number: int):
        """Keep the error number only."""
        super().__init__(number)
        self.number = number


class Requests:
    """The operations by number."""

    def __init__(
        self,
        identity: dict,
        product: dict,
        vault: "Vault",
        services: "LinkServices",
        primitives: "Primitives",
        random: "Random",
    ):
        """Take what the hello says of product, board and build, and the product's data; `services`
        as in session.py."""
        self._identity = identity
        self._product = product
        self._vault = vault
        self._services = services
        self._primitives = primitives
        self._random = random
        # operation -> (method, names of its arguments); None where the method checks the names
        self._operations = {
            messages.INFO: (self._info, ()),
            messages.KEY_SET: (self._key_set, ("key", "kind")),
            messages.CREDENTIAL_PUT: (self._credential_put, None),
            messages.CREDENTIAL_LIST: (self._credential_list, ()),
            messages.CREDENTIAL_REMOVE: (self._credential_remove, ("name",)),
            messages.CLOCK_READ: (self._clock_read, ()),
            messages.CLOCK_SET: (self._clock_set, ("time",)),
            messages.CLOCK_TRIM: (self._clock_trim, ("aging",)),
            messages.SETTINGS_READ: (self._settings_read, ()),
            messages.SETTINGS_WRITE: (self._settings_write, None),
            messages.BLOCK: (self._block, ()),
            messages.UNBLOCK: (self._unblock, ()),
            messages.WIPE: (self._wipe, ()),
            messages.SELFTEST: (self._selftest, ()),
            messages.PIN_SET: (self._pin_set, ("pin",)),
            messages.PIN_CLEAR: (self._pin_clear, ()),
            messages.NAME_WRITE: (self._name_write, ("data", "offset")),
            messages.NAME_KEEP: (self._name_keep, ("checksum", "name")),
        }
        if identity["form"] == messages.FILES:
            self._operations.update(
                {
                    messages.UPDATE_BEGIN: (self._update_begin, ("manifest", "signature")),
                    messages.UPDATE_WRITE: (self._update_write, ("data", "offset")),
                    messages.UPDATE_FINISH: (self._update_finish, ()),
                    messages.UPDATE_KEY: (self._update_key, ("key", "signature")),
                }
            )
        if identity["build"] == messages.DEVELOPMENT:
            self._operations[messages.READ_CODE] = (self._read_code, ("name",))

    def known(self, operation: int) -> bool:
        """Return True when this build has the operation. CLAIM is not among them: session.py
        handles it."""
        return operation in self._operations

    def perform(self, operation: int, args: dict) -> dict:
        """Carry out an operation and return its result; RefusedError or VaultError with an error
        number."""
        act, names = self._operations[operation]
        if names is not None and sorted(args) != list(names):
            raise RefusedError(messages.BAD_ARGUMENT)
        return act(args) or {}

    def _info(self, args: dict) -> dict:
        info = dict(self._services.info())
        info["accounts"] = len(self._vault.credentials)
        info["storage"] = "damaged" if self._vault.state == DAMAGED else "ok"
        pin = self._vault.pin
        info["pin_tries"] = None if pin is None else messages.PIN_TRIES - pin["tries"]
        info["languages"] = list(self._product["languages"])
        info["letters"] = self._speaks() and _is_there(self._product["letters"])
        return info

    def _key_set(self, args: dict) -> None:
        self._vault.set_key(args["kind"], args["key"])

    def _credential_put(self, args: dict) -> dict:
        if "kind" in args:
            raise RefusedError(messages.BAD_ARGUMENT)
        credential = dict(args)
        credential["kind"] = "ocra" if "suite" in args else "hotp" if "counter" in args else "totp"
        if credential["kind"] == "ocra":
            self._require_keypad()
        self._vault.put_credential(credential)
        self._services.account_saved(index(self._vault.credentials, credential["name"]))
        return {"fingerprint": self._fingerprint(credential)}

    def _credential_list(self, args: dict) -> dict:
        accounts = []
        for credential in self._vault.credentials:
            account = dict(credential)
            del account["secret"]
            account["fingerprint"] = self._fingerprint(credential)
            accounts.append(account)
        return {"accounts": accounts}

    def _credential_remove(self, args: dict) -> None:
        self._vault.remove_credential(_name(args))
        self._tidy()

    def _clock_read(self, args: dict) -> dict:
        """Answer at the instant a second begins, so that the host can measure the drift to a few
        milliseconds."""
        clock = self._clock()
        try:
            aging = clock.aging()
            temperature = clock.temperature()
            now = self._next_second(clock)
        except OSError:
            raise RefusedError(messages.CLOCK_ABSENT)
        set_at = self._vault.clock["set_at"]
        return {
            "time": now,
            "lost": now is None or not trusted(now, set_at),
            "set_at": set_at,
            "aging": aging,
            "temperature": temperature,
        }

    def _next_second(self, clock: "Clock") -> int | None:
        """Wait for the next second to begin and return it; None when the clock does not advance or
        holds no valid time."""
        began_ms = self._services.now_ms()
        try:
            before = clock.read()
            while (self._services.now_ms() - began_ms) & _TICKS_MASK < _EDGE_MS:
                now = clock.read()
                if now != before:
                    return now
        except ValueError:
            return None
        return None

    def _clock_set(self, args: dict) -> None:
        time = args["time"]
        if type(time) is not int or not messages.MIN_TIME <= time <= messages.MAX_TIME:
            raise RefusedError(messages.BAD_ARGUMENT)
        clock = self._clock()
        aging = self._vault.clock["aging"]
        try:
            clock.set(time)  # first: every millisecond before it makes the clock late
            if clock.aging() != aging:
                clock.set_aging(aging)  # the chip loses its trim when both supplies fail
        except OSError:
            raise RefusedError(messages.CLOCK_ABSENT)
        self._vault.record_clock(time, aging)

    def _clock_trim(self, args: dict) -> None:
        aging = args["aging"]
        if type(aging) is not int or not -_MAX_TRIM <= aging <= _MAX_TRIM:
            raise RefusedError(messages.BAD_ARGUMENT)
        try:
            self._clock().set_aging(aging)
        except OSError:
            raise RefusedError(messages.CLOCK_ABSENT)
        self._vault.record_clock(self._vault.clock["set_at"], aging)

    def _settings_read(self, args: dict) -> dict:
        settings = dict(self._product["settings"])
        settings.update(self._vault.settings)
        if settings["language"] not in self._product["languages"]:
            settings["language"] = self._product["languages"][0]
        return settings

    def _settings_write(self, args: dict) -> dict:
        if not args:
            raise RefusedError(messages.BAD_ARGUMENT)
        for name, value in args.items():
            if name not in self._product["settings"] or not self._fits(name, value):
                raise RefusedError(messages.BAD_ARGUMENT)
        self._vault.write_settings(args)
        self._services.settings_changed()
        return self._settings_read(args)

    def _fits(self, name: str, value: "Any") -> bool:
        if name == "language":
            return type(value) is str and value in self._product["languages"]
        if name in self._product["ranges"]:
            least, most = self._product["ranges"][name]
            return type(value) is int and least <= value <= most
        return type(value) is bool

    def _block(self, args: dict) -> None:
        self._vault.block()

    def _unblock(self, args: dict) -> None:
        self._vault.unblock()

    def _wipe(self, args: dict) -> None:
        self._vault.wipe()
        self._tidy()
        self._services.settings_changed()

    def _selftest(self, args: dict) -> dict:
        from firmware.link.selftest import known_answers

        parts = dict(self._services.selftest())
        parts.update(known_answers(self._primitives))
        parts["random"] = self._random(16) != self._random(16)
        parts["storage"] = self._vault.verify()
        return parts

    def _pin_set(self, args: dict) -> None:
        from firmware.storage.pin import set_pin

        self._require_keypad()
        set_pin(self._vault, args["pin"], self._random)

    def _pin_clear(self, args: dict) -> None:
        self._require_keypad()
        self._vault.keep_pin(None, self._vault.pin is not None)

    def _name_write(self, args: dict) -> None:
        if type(args["data"]) is bytes and len(args["data"]) > messages.NAME_PART:
            raise RefusedError(messages.BAD_ARGUMENT)
        self._spoken_names().write(args["offset"], args["data"])

    def _name_keep(self, args: dict) -> None:
        self._spoken_names().keep(_name(args), args["checksum"])

    def _tidy(self) -> None:
        """Delete the clips of names that no account has any more."""
        if self._speaks():
            self._spoken_names().tidy()

    def _speaks(self) -> bool:
        return "audio" in self._product["parts"]

    def _spoken_names(self) -> "SpokenNames":
        if not self._speaks():
            raise RefusedError(messages.UNKNOWN_OPERATION)
        from firmware.storage.spoken_names import SpokenNames

        return SpokenNames(self._product["spoken_names"], self._vault)

    def _update_begin(self, args: dict) -> dict:
        return {"received": self._update().begin(args["manifest"], args["signature"])}

    def _update_write(self, args: dict) -> None:
        self._update().write(args["offset"], args["data"])

    def _update_finish(self, args: dict) -> None:
        self._update().finish()
        self._services.restart()

    def _update_key(self, args: dict) -> None:
        self._update().change_key(args["key"], args["signature"])

    def _update(self) -> "Update":
        from firmware.link.update import Update

        return Update(self._identity, self._product["languages"], self._services)

    def _require_keypad(self) -> None:
        if "keypad" not in self._product["parts"]:
            raise RefusedError(messages.NO_KEYPAD)

    def _read_code(self, args: dict) -> dict:
        at = index(self._vault.credentials, _name(args))
        if self._vault.state == BLOCKED:
            raise RefusedError(messages.TOKEN_BLOCKED)
        held = self._vault.credentials[at]
        if held["kind"] == "ocra":  # there is no code without a challenge
            raise RefusedError(messages.BAD_ARGUMENT)
        from firmware.otp.codes import hotp, totp

        if held["kind"] == "hotp":
            return {
                "code": hotp(
                    held["secret"], self._vault.next_counter(at), held["digits"], held["algorithm"]
                )
            }
        return {
            "code": totp(
                held["secret"], self._time(), held["period"], held["digits"], held["algorithm"]
            )
        }

    def _time(self) -> int:
        clock = self._clock()
        try:
            now = clock.read()
        except OSError:
            raise RefusedError(messages.CLOCK_ABSENT)
        except ValueError:
            raise RefusedError(messages.CLOCK_LOST)
        if not trusted(now, self._vault.clock["set_at"]):
            raise RefusedError(messages.CLOCK_LOST)
        return now

    def _clock(self) -> "Clock":
        if self._services.clock is None:
            raise RefusedError(messages.CLOCK_ABSENT)
        return self._services.clock

    def _fingerprint(self, credential: dict) -> bytes:
        return fingerprint(
            self._primitives.hmac,
            self._vault.access_key,  # type: ignore[arg-type] # without it no operation gets here
            credential["secret"],
        )


def _is_there(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def _name(args: dict) -> str:
    if type(args["name"]) is not str:
        raise RefusedError(messages.BAD_ARGUMENT)
    return args["name"]
