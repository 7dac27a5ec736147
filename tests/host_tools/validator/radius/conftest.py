"""The fixtures of an application with tokens, users and API keys."""

from tests.support.validator.application import *  # noqa: F403
