"""Finds the ports that may have a token: serial ports by USB identity, and boards in their
bootloader, which have no port.

USB identities: MicroPython's board definitions (ports/rp2, ports/esp32), the RP2040 and RP2350 data
sheets (bootrom, "USB PICOBOOT interface"), and for bridges their makers' defaults. Each stands
under the name of its description in the catalogue, `usb-device.NAME`.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from serial.tools import list_ports

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message, listed

_MICROPYTHON = {
    (0x2E8A, 0x0005): "micropython-rp2",
    (0x303A, 0x4001): "micropython-esp32",
}
_PERHAPS = {
    (0x303A, 0x1001): "esp32",
    (0x10C4, 0xEA60): "cp210x",
    (0x1A86, 0x55D3): "ch343",
    (0x1A86, 0x7523): "ch340",
}
_BOOTSEL = {(0x2E8A, 0x0003): "bootsel-rp2040", (0x2E8A, 0x000F): "bootsel-rp2350"}
SYSFS = Path("/sys/bus/usb/devices")


@dataclass(frozen=True)
class Device:
    """A serial port, or a board in its bootloader, whose `port` is None.

    `kind` is "micropython", "perhaps" (a USB identity that tokens share with other devices),
    "other" or "bootloader".
    """

    port: str | None
    kind: str
    description: str
    usb_id: str | None
    usb_serial: str | None

    def as_json(self) -> dict[str, Any]:
        """Give the object that `--json` prints."""
        return asdict(self)


def devices(sysfs: Path = SYSFS) -> list[Device]:
    """List serial ports and boards in BOOTSEL mode, the likeliest tokens first."""
    found = [_device(port) for port in list_ports.comports()] + list(_bootsel(sysfs))
    order = ("micropython", "perhaps", "bootloader", "other")
    return sorted(found, key=lambda device: (order.index(device.kind), device.port or ""))


def candidates(found: list[Device]) -> list[str]:
    """Give the ports that may be a token's."""
    return [
        device.port for device in found if device.port and device.kind in ("micropython", "perhaps")
    ]


def only_port(found: list[Device]) -> str:
    """Give the one port that may be a token's; KodebrikError when there is none, or a choice."""
    ports = candidates(found)
    if len(ports) == 1:
        return ports[0]
    if ports:
        raise KodebrikError("port-several", ExitCode.NO_PORT, ports=", ".join(ports))
    boards = [device.description for device in found if device.kind == "bootloader"]
    if boards:
        raise KodebrikError(
            "port-bootloader-only", ExitCode.BOOTLOADER, ports=listed("list-comma", boards)
        )
    raise KodebrikError("port-none", ExitCode.NO_PORT)


def _device(port: Any) -> Device:
    identity = (port.vid, port.pid)
    description: str
    if identity in _MICROPYTHON:
        kind, description = "micropython", Message("usb-device." + _MICROPYTHON[identity])
    elif identity in _PERHAPS:
        kind, description = "perhaps", Message("usb-device." + _PERHAPS[identity])
    elif port.description in (None, "n/a"):
        kind, description = "other", Message("devices.serial-port")
    else:
        kind, description = "other", port.description
    usb_id = None if port.vid is None else f"{port.vid:04x}:{port.pid:04x}"
    return Device(port.device, kind, description, usb_id, port.serial_number)


def _bootsel(sysfs: Path) -> Iterator[Device]:
    for folder in sorted(sysfs.glob("*")):
        identity = (_attribute(folder, "idVendor"), _attribute(folder, "idProduct"))
        for (vendor, product), name in _BOOTSEL.items():
            if identity == (f"{vendor:04x}", f"{product:04x}"):
                yield Device(
                    None,
                    "bootloader",
                    Message("usb-device." + name),
                    ":".join(identity),
                    _attribute(folder, "serial") or None,
                )


def _attribute(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text().strip()
    except OSError:
        # interfaces have no identity of their own, and a device may be unplugged meanwhile
        return ""
