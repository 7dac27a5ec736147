"""What a station counts."""

from types import SimpleNamespace

from firmware.serial_number import luhn_digit
from host_tools.factory.events import Event, Step
from host_tools.factory.station import Station
from host_tools.otp import secret_text
from host_tools.otp.credential import Credential
from host_tools.provisioning import batches
from host_tools.provisioning.batches import Batch
from tests.support.command_line.inventory import opened, record

NOW = 1_800_000_000.0


def test_each_token_that_is_done_has_a_count_of_its_own(tmp_path):
    """However late anybody is told of it: all are done before the first is told of."""
    batch = Batch("b", "kodeviser", 3, "x", "SHA1", 6, 30, "ab" * 8, "anna", NOW)
    serials = [f"{number:011}" + luhn_digit(f"{number:011}") for number in range(3)]
    station = Station("s", SimpleNamespace(batch=batch), *[None] * 5)
    with opened(tmp_path / "inventory.sqlite") as inventory:
        batches.create(inventory, batch)
        for serial in serials:
            job = batches.take(inventory, "b", serial, "s", NOW)
            record(inventory, serial, Credential("x", secret_text.generate("SHA1")), batch="b")
            station.finish(inventory, job, {})

        def told(serial: str, step: Step) -> int:
            return station.count(inventory, Event("port", step, serial))

        assert told(serials[0], Step.RECORDING) == 0
        assert [told(serial, Step.DONE) for serial in serials] == [1, 2, 3]
        assert told(serials[0], Step.ALREADY) == 3
