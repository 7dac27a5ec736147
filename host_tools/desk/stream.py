"""What happens at a token, for its page: the events of /api/v1/events over a WebSocket.

A browser has six connections to one server for everything else, in all of its windows together, and
each window that listened by server-sent events would keep one of them.
"""

import asyncio
import secrets

from fastapi import APIRouter, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from host_tools.desk.api import PREFIX
from host_tools.desk.broadcast import Event, Subscription
from host_tools.desk.token import DeskToken

router = APIRouter()

_PATIENCE = 10  # seconds that whoever connects has to say the secret
_UNAUTHORISED = 3000  # the close code that IANA lists for it


@router.websocket(PREFIX + "/events")
async def stream(socket: WebSocket, sound: bool = False) -> None:
    """Send each event as JSON, [kind, data]. The first message to here is the secret: a browser
    puts no header of ours into the request for a WebSocket."""
    await socket.accept()
    try:
        said = await asyncio.wait_for(socket.receive_text(), _PATIENCE)
    except (WebSocketDisconnect, TimeoutError, KeyError):  # KeyError: bytes
        return
    if not secrets.compare_digest(said.encode(), socket.app.state.secret.encode()):
        await socket.close(_UNAUTHORISED)
        return
    desk: DeskToken = socket.app.state.desk
    subscription, first = await run_in_threadpool(desk.subscribe, asyncio.get_running_loop())
    sending = asyncio.create_task(_send(socket, first, subscription, sound))
    leaving = asyncio.create_task(_left(socket))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not leaving.done():
            await socket.close()
    finally:
        sending.cancel()
        leaving.cancel()
        desk.broadcast.unsubscribe(subscription)


async def _send(
    socket: WebSocket, first: list[Event], subscription: Subscription, sound: bool
) -> None:
    try:
        for event in first:
            await socket.send_json(event)
        async for event in subscription.events():
            if sound or event.kind != "sound":
                await socket.send_json(event)
    except WebSocketDisconnect:
        pass  # its page was closed


async def _left(socket: WebSocket) -> None:
    """Wait until the page has gone."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError):
        pass
