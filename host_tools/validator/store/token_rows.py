"""Conversions of a token's row: to the rule's state and back, and to what administrators see."""

import json

from host_tools.secret import Secret
from host_tools.validator.records import Product, Status, Token
from host_tools.validator.rule.acceptance import TokenState
from host_tools.validator.rule.code_search import CodeGenerator
from host_tools.validator.rule.drift import TokenClock, estimated_offset
from host_tools.validator.store.rows import TokenRow

_decode = json.JSONDecoder().decode
_encode = json.JSONEncoder(separators=(",", ":")).encode


def state_of(token: TokenRow, secret: Secret) -> TokenState:
    """Give the state that the rule works on."""
    return TokenState(
        status=Status(token.status),
        generator=CodeGenerator(
            token.kind,
            secret.reveal(),
            token.algorithm,
            token.digits,
            token.period,
            token.suite,
        ),
        tolerance=token.tolerance,
        look_ahead=token.look_ahead,
        last=token.last_step,
        failures=token.failures,
        locked_until=token.locked_until,
        clock=clock_of(token),
        last_accepted_at=token.last_accepted_at,
    )


def clock_of(token: TokenRow) -> TokenClock:
    """Give what is known of the token's clock."""
    return TokenClock(
        token.clock_base,
        token.clock_base_at,
        token.clock_uncertainty,
        tuple(map(tuple, _decode(token.clock_observations))),
        token.clock_rate,
        token.clock_ppm,
    )


def set_state(token: TokenRow, state: TokenState) -> None:
    """Set the columns that the rule may change."""
    token.status = state.status.value
    token.last_step = state.last
    token.last_accepted_at = state.last_accepted_at
    token.failures = state.failures
    token.locked_until = state.locked_until
    set_clock(token, state.clock)


def set_clock(token: TokenRow, clock: TokenClock) -> None:
    """Set the columns of the token's clock."""
    token.clock_base = clock.base
    token.clock_base_at = clock.base_at
    token.clock_uncertainty = clock.uncertainty
    token.clock_rate = clock.rate
    token.clock_observations = _encode(clock.observations)
    token.clock_ppm = clock.ppm


def token_of(token: TokenRow, user_id: str | None, now: float) -> Token:
    """Give what administrators see of a token."""
    return Token(
        serial=token.serial,
        status=Status(token.status),
        kind=token.kind,
        algorithm=token.algorithm,
        digits=token.digits,
        period=token.period,
        suite=token.suite,
        product=None if token.product is None else Product(token.product),
        user_id=user_id,
        window=token.tolerance,
        look_ahead=token.look_ahead,
        last_step=token.last_step,
        last_accepted_at=token.last_accepted_at,
        failures=token.failures,
        locked_until=token.locked_until,
        offset=round(estimated_offset(clock_of(token), now), 1),
        clock_ppm=token.clock_ppm,
        created_at=token.created_at,
        activation_expires_at=token.activation_expires_at,
        activation_tries=token.activation_tries,
    )
