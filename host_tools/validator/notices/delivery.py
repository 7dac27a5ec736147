"""Delivery of notices from the validator's outbox to the webhook and the mail server."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from prometheus_client import Counter

from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason
from host_tools.validator.formatting import DEFAULT_ZONE
from host_tools.validator.notices import smtp, webhook
from host_tools.validator.records import Notice
from host_tools.validator.service import Validator

log = logging.getLogger("kodebrik.notices")

SENT = Counter("kodebrik_notices_sent", "Notices that every channel took.")
FAILED = Counter("kodebrik_notices_failed", "Tries at a notice that a channel did not take.")
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Channels:
    """Where notices are sent to; None for a channel that is not set up."""

    webhook: webhook.Webhook | None
    mail: smtp.MailServer | None
    time_zone: ZoneInfo = DEFAULT_ZONE  # of the times in mail
    # The channels that have taken a notice which another one has not, by the notice's id.
    taken: dict[int, set[str]] = field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return self.webhook is not None or self.mail is not None

    def senders(self, notice: Notice, now: float) -> Iterator[tuple[str, Callable[[], None]]]:
        """Give the name of each channel that a notice is for, and what sends it there."""
        hook, server = self.webhook, self.mail
        if hook is not None:
            yield "webhook", lambda: webhook.post(hook, notice, now)
        if server is not None and notice.email is not None:
            yield "mail server", lambda: smtp.send(server, notice, self.time_zone)


def deliver(validator: Validator, channels: Channels, now: float) -> int:
    """Send every notice that is due, once; give how many all channels have taken. A channel that
    fails gets the notice again later, and holds up neither the other one nor other notices."""
    sent = 0
    for notice in validator.due_notices():
        if _send(channels, notice, now):
            validator.notice_sent(notice)
            SENT.inc()
            sent += 1
        else:
            FAILED.inc()
            if validator.notice_failed(notice):
                continue  # to be tried again
        channels.taken.pop(notice.id)
    return sent


def _send(channels: Channels, notice: Notice, now: float) -> bool:
    """Send a notice to the channels that have not taken it; say whether all have."""
    taken = channels.taken.setdefault(notice.id, set())
    is_whole = True
    for name, send in channels.senders(notice, now):
        if name in taken:
            continue
        try:
            send()
        except Exception as error:  # a channel's OSError, or a defect of this notice
            is_whole = False
            why = reason(error) if isinstance(error, OSError) else Message("notice-unsendable")
            log.warning(
                "Notice %d was not taken by the %s (%s); it is tried again later.",
                *(notice.id, name, why),
            )
        else:
            taken.add(name)
    return is_whole


class Delivery(threading.Thread):
    """Delivers notices in a background thread until stopped. Several workers may run it: each
    notice is claimed by one."""

    def __init__(self, validator: Validator, channels: Channels) -> None:
        """Nothing is sent before start()."""
        super().__init__(name="notices", daemon=True)
        self._validator, self._channels = validator, channels
        self._stopping = threading.Event()

    def run(self) -> None:
        """Deliver until stop() is called, looking into an empty outbox once a second."""
        while not self._stopping.is_set():
            try:
                busy = deliver(self._validator, self._channels, time.time())
            # The database is away, or a defect: notices stay in the outbox, the thread lives on.
            except Exception:
                log.exception("Notices could not be delivered; they stay in the outbox.")
                busy = 0
            if not busy:
                self._stopping.wait(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop after the notice that is being sent."""
        self._stopping.set()
        self.join()
