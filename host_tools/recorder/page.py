"""The page and what it asks for, below a path that nobody can guess.

The browser records and sends a WAV file; it is judged, made a clip and written to the folder, which
is all the state there is: whoever opens the page again goes on where the folder ends.
"""

from pathlib import Path
from secrets import compare_digest

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from host_tools.messages.catalogue import LANGUAGES, Message
from host_tools.recorder import hearing, takes
from host_tools.recorder.prompts import Prompt, file_of, prompts
from host_tools.voice import levels, playback
from host_tools.voice.languages import Language
from host_tools.web_pages import templates

_LARGEST = 8 * 1024 * 1024  # bytes of a recording: half a minute at 96,000 samples a second
_STATIC = Path(__file__).with_name("static")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; img-src data:; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
WORDS = (  # the page's texts, by their names in the catalogue
    *("title", "what_to_do", "headphones", "record", "stop", "play", "previous", "next", "level"),
    *("all", "done", "checking", "refused", "lost", "empty", "languages", "no_script"),
)
_pages = templates("host_tools.recorder")


class Recorder:
    """The recording of one language into one folder."""

    def __init__(self, language: Language, folder: Path) -> None:
        """`folder` exists; what it holds counts as recorded."""
        self.language = language
        self.folder = folder
        self.prompts = prompts(language)

    def is_recorded(self, prompt: Prompt) -> bool:
        """Say whether the folder has the prompt's recording."""
        return file_of(self.folder, prompt).exists()

    def recorded(self) -> int:
        """Count the prompts that are recorded."""
        return sum(map(self.is_recorded, self.prompts))

    def keep(self, prompt: Prompt, content: bytes) -> tuple[bool, str]:
        """Judge a recording and keep a good one in the folder, in place of the one that is there;
        say whether it was kept, and what to tell the speaker."""
        take = takes.judge(content)
        if take.faults:
            return False, Message("recorder-again", fault=take.faults[0])
        samples = levels.samples(take.sound)
        playback.write_wav(file_of(self.folder, prompt), samples)
        return True, Message(
            "recorder-kept",
            seconds=len(samples) / levels.RATE,
            heard=hearing.heard(self.language, prompt, take.sound),
        )


def application(recorder: Recorder, token: str, spoken: str) -> Starlette:
    """Serve `recorder` below the path `token`, first in the language `spoken`."""

    def asked(request: Request) -> tuple[str, Prompt | None]:
        """Give the page's language and the prompt that is asked for; any path but the right one is
        not found."""
        given = request.path_params
        language = given.get("language", spoken)
        if not compare_digest(given["token"].encode(), token.encode()) or language not in LANGUAGES:
            raise HTTPException(404)
        if "name" not in given:
            return language, None
        prompt = next((each for each in recorder.prompts if each.name == given["name"]), None)
        if prompt is None:
            raise HTTPException(404)
        return language, prompt

    async def front(request: Request) -> Response:
        asked(request)
        return RedirectResponse(f"{spoken}/", headers=_HEADERS)

    async def page(request: Request) -> Response:
        language, _ = asked(request)
        return HTMLResponse(_page(recorder, language), headers=_HEADERS)

    async def static(request: Request) -> Response:
        asked(request)
        path = _STATIC / request.path_params["file"]
        if path.name not in {each.name for each in _STATIC.iterdir()}:
            raise HTTPException(404)
        return FileResponse(path, headers=_HEADERS)

    async def take(request: Request) -> Response:
        language, prompt = asked(request)
        assert prompt is not None  # noqa: S101 - the route names one
        content = await _body(request)
        kept, told = await run_in_threadpool(recorder.keep, prompt, content)
        message = told.text(language) if isinstance(told, Message) else told
        return JSONResponse({"kept": kept, "message": message}, headers=_HEADERS)

    async def clip(request: Request) -> Response:
        _, prompt = asked(request)
        assert prompt is not None  # noqa: S101 - the route names one
        if not recorder.is_recorded(prompt):
            raise HTTPException(404)
        return FileResponse(file_of(recorder.folder, prompt), headers=_HEADERS)

    below = "/{token}/{language}/"
    return Starlette(
        routes=[
            Route("/{token}/", front),
            Route("/{token}/static/{file}", static),
            Route(below, page),
            Route(below + "takes/{name}", take, methods=["POST"]),
            Route(below + "takes/{name}", clip),
        ]
    )


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > _LARGEST:
            raise HTTPException(413)
    return bytes(content)


def _page(recorder: Recorder, language: str) -> str:
    def text(message: str) -> str:
        return message.text(language) if isinstance(message, Message) else message

    listed = [
        {
            "name": prompt.name,
            "text": prompt.text,
            "manner": text(prompt.manner),
            "recorded": recorder.is_recorded(prompt),
        }
        for prompt in recorder.prompts
    ]
    return _pages.get_template("page.html").render(
        words={name: text(Message("recorder-page." + name)) for name in WORDS},
        language=language,
        languages=LANGUAGES,
        spoken=recorder.language.name,
        prompts=listed,
    )
