"""The app: a page that holds a telephone's keys and asks the REST of devices (docs/app.md).

The page is the same for all: who its users are is known to the telephone alone. As a program of the
telephone (a progressive web app) it has a manifest, and a service worker that shows a page of its
own while the server cannot be reached.
"""

from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.site.pages import language, page
from host_tools.validator.site.texts import text

router = APIRouter(route_class=StrictRoute, include_in_schema=False)

_STATIC = files("host_tools.validator.site") / "static"
_BRAND = "#00427a"


@router.get("/app")
def show(request: Request) -> HTMLResponse:
    """Show the app."""
    return page(request, "app/app.html")


@router.get("/app/offline")
def offline(request: Request) -> HTMLResponse:
    """Show what the service worker keeps for the time without a connection."""
    return page(request, "app/offline.html", here="/app")


@router.get("/app/manifest.webmanifest")
def manifest(request: Request) -> Response:
    """Describe the app to the telephone that installs it (W3C Web Application Manifest)."""
    chosen = language(request)
    described = {
        "id": "/app",
        "name": "kodebrik",
        "short_name": "kodebrik",
        "description": text(chosen, "app_description"),
        "lang": chosen,
        "start_url": "/app",
        "scope": "/app",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": _BRAND,
        "icons": [{"src": "/static/mark.svg", "type": "image/svg+xml", "sizes": "any"}],
    }
    return JSONResponse(described, media_type="application/manifest+json")


@router.get("/app/worker.js")
def worker() -> Response:
    """Give the service worker, which may act for /app and what is below it."""
    script = (_STATIC / "app" / "worker.js").read_text(encoding="utf-8")
    return Response(
        script, media_type="text/javascript", headers={"Service-Worker-Allowed": "/app"}
    )
