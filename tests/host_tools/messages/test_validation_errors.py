"""What pydantic finds wrong: in English as pydantic words it, in Danish without English."""

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from host_tools.messages import validation_errors
from host_tools.messages.catalogue import Message

ENGLISH = re.compile(
    r"\b(input|should|valid|than|string|field|required|list|least|most|error)\b", re.I
)


class _Colour(StrEnum):
    RED = "red"
    BLUE = "blue"
    BLACK = "black"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


CASES: list[tuple[Any, Any]] = [
    (bool, "perhaps"),
    (bool, []),
    (dict[str, str], 1),
    (_Colour, "green"),
    (Annotated[float, Field(allow_inf_nan=False)], "nan"),
    (float, "x"),
    (float, []),
    (Annotated[float, Field(gt=0)], 0),
    (Annotated[float, Field(gt=0.5)], 0),
    (Annotated[int, Field(ge=1)], 0),
    (int, 1.5),
    (int, "x"),
    (int, "9" * 5000),
    (int, []),
    (Annotated[int, Field(lt=1)], 1),
    (Annotated[float, Field(le=2**40)], 2**41),
    (list[int], 1),
    (Literal["da", "en"], "kl"),
    (str, 1),
    (_Body, {"name": "x", "names": "y"}),
    (_Body, {}),
    (Annotated[str, Field(pattern="^x$")], "y"),
    (Annotated[str, Field(max_length=1)], "xy"),
    (Annotated[str, Field(max_length=2)], "xyz"),
    (Annotated[str, Field(min_length=1)], ""),
    (Annotated[list[int], Field(max_length=1)], [1, 2]),
    (Annotated[list[int], Field(min_length=2)], [1]),
]


@pytest.mark.parametrize(("wanted", "given"), CASES)
def test_english_is_pydantic_s_and_danish_is_danish(wanted: Any, given: Any):
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(wanted).validate_python(given)
    error = refused.value.errors()[0]
    said = validation_errors.fault(error)
    assert said == error["msg"]
    assert isinstance(said, Message), error["type"]
    danish = re.sub("'.*'|true|false", "", said.text("da"))
    assert danish != said
    assert not ENGLISH.search(danish.removeprefix("List")), danish


def test_an_error_of_ours_within_a_validator_keeps_its_message():
    raised = ValueError(Message("settings-url"))
    error = {"type": "value_error", "msg": f"Value error, {raised}", "ctx": {"error": raised}}
    assert validation_errors.fault(error) is raised.args[0], "without pydantic's own words"
    wanted = validation_errors.wanted(error)
    assert isinstance(wanted, Message)
    assert wanted.text("da") == "en URL som https://host/sti"


def test_a_type_that_is_not_listed_keeps_pydantic_s_words():
    error = {"type": "url_scheme", "msg": "URL scheme should be 'https'"}
    assert validation_errors.fault(error) == validation_errors.wanted(error) == error["msg"]
