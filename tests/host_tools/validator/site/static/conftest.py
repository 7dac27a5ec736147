"""An application with relying parties on each database."""

from tests.support.validator.app import site  # noqa: F401 - a fixture
