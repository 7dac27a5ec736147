"""The server's application: its routes, limits and headers, and the services that run beside it."""

import contextlib
from collections.abc import AsyncIterator, Sequence

from anyio.to_thread import run_sync
from fastapi import APIRouter, FastAPI, Request
from starlette.staticfiles import StaticFiles

from firmware.version import VERSION
from host_tools.errors import KodebrikError
from host_tools.validator.http import metrics
from host_tools.validator.http.authentication import (
    MAY_ADMINISTER,
    ApiKeyAuthenticator,
    presented_key,
)
from host_tools.validator.http.direct_routes import DirectRoutes
from host_tools.validator.http.otp_passwords import check_password
from host_tools.validator.http.rate_limits import BodyLimit, UploadLimit
from host_tools.validator.http.settings import Settings
from host_tools.validator.notices.delivery import Channels, Delivery
from host_tools.validator.openid.provider import Provider
from host_tools.validator.radius import server
from host_tools.validator.rest import (
    api_keys_and_audit,
    app,
    approvals,
    checks,
    description,
    health,
    imports,
    openid,
    privacyidea,
    tokens,
    users,
)
from host_tools.validator.server import error_pages
from host_tools.validator.server.security_headers import SecurityHeaders
from host_tools.validator.service import Validator
from host_tools.validator.site import (
    admin_session,
    api_keys_page,
    app_pages,
    audit_page,
    import_page,
    lists,
    openid_pages,
    order_page,
    sign_in,
    token_page,
    user_page,
)
from host_tools.validator.site import pages as site
from host_tools.validator.site.by_app import demo
from host_tools.validator.site.by_app import openid as openid_by_app
from host_tools.validator.site.order_page import TakeOrder

_DESCRIPTION = (
    "Checks one-time codes and keeps the tokens that give them. "
    "Every request but health needs an API key: `Authorization: Bearer KEY`."
)


def create_app(
    validator: Validator,
    settings: Settings,
    *,
    order: TakeOrder | None = None,
    framed_by: Sequence[str] = (),
) -> FastAPI:
    """Make the application around an open validator; the caller closes the validator.

    In a demonstration users `order` their token on the site, whose pages are frames of the origins
    `framed_by`.
    """
    app = FastAPI(
        title="kodebrik",
        version=VERSION,
        description=_DESCRIPTION,
        openapi_url=None,  # rest/description.py gives it to those who have a key
        docs_url=None,  # its pages fetch scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
        # Nothing is sent by OpenTelemetry, and to ask whether it is costs time at each request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.validator = validator
    app.state.settings = settings
    app.state.authenticator = ApiKeyAuthenticator(validator, settings)
    app.state.readiness = health.Readiness(validator)
    if settings.openid is not None:
        app.state.openid = Provider(validator, settings.openid, settings.app.limits)
        openid_pages.install(app)
    error_pages.install(app)
    # The routers' own routes: include_router() would make each of them a second time.
    for router in _routers(settings):
        app.router.routes.extend(router.routes)
    if order is not None:
        app.state.order = order
        app.router.routes.extend(order_page.router.routes)
    app.mount("/static", StaticFiles(packages=[("host_tools.validator.site", "static")]))
    app.add_middleware(DirectRoutes, app.router.routes)
    app.add_middleware(
        BodyLimit,
        settings.body_limit,
        UploadLimit(imports.PATHS, settings.import_limit, _may_import),
    )
    app.add_middleware(SecurityHeaders, framed_by)
    return app


def _routers(settings: Settings) -> list[APIRouter]:
    programs = [
        checks,  # what is asked most comes first: routes are tried in this order
        privacyidea,
        tokens,
        users,
        approvals,
        app,
        api_keys_and_audit,
        imports,
        metrics,
        health,
        description,
    ]
    pages = [
        site,
        app_pages,
        admin_session,
        lists,
        token_page,
        user_page,
        import_page,
        audit_page,
        api_keys_page,
    ]
    routers = [module.router for module in (*programs, *pages)]
    routers += [checks.challenge_router, privacyidea.poll_router, sign_in.activation_router]
    if settings.sign_in_demo:
        routers += [sign_in.router, demo.router]
    if settings.openid is not None:
        routers += [openid.router, openid_pages.router, openid_by_app.router]
    return routers


async def _may_import(request: Request) -> bool:
    """Say whether the request's API key or web session belongs to somebody who may import."""
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    key = presented_key(request)
    try:
        if key is None:
            who = await admin_session.signed_in(request)
            return who is not None and who.may(MAY_ADMINISTER)
        caller = await authenticator.owner(request, key)
    except KodebrikError:  # no database, or too many guesses: the route reports it
        return False
    return caller is not None and caller.role in MAY_ADMINISTER


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Run RADIUS and the delivery of notices beside the application; at the end, wait until both
    have finished their current work."""
    validator: Validator = app.state.validator
    settings: Settings = app.state.settings

    async def check(user_id: str, code: str, client: str) -> bool:
        return (await check_password(validator, f"radius {client}", code, user=user_id)).accepted

    channels = Channels(settings.webhook, settings.mail, settings.time_zone)
    delivery = Delivery(validator, channels) if channels else None
    listener = None
    if settings.radius is not None:
        listener = await server.serve(
            settings.radius.host, settings.radius.port, list(settings.radius.clients), check
        )
    if delivery is not None:
        delivery.start()
    app.state.radius = listener
    try:
        yield
    finally:
        if listener is not None:
            await listener.close()
        if delivery is not None:
            await run_sync(delivery.stop)  # it may be in the middle of a notice
