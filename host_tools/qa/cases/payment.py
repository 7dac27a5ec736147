"""The case of a payment: amount and account number are typed, read back and signed (OCRA, RFC 6287
section 7.3).

The server asks what its own user is to pay. Where somebody has changed that on its way, the user
types and hears what they mean to pay, and the token's answer does not fit what the server asked.
"""

from host_tools.otp import challenges
from host_tools.qa.cases.enrolled_token import Holder
from host_tools.qa.cases.test_bed import ACCEPTED, Stage, refused
from host_tools.qa.targets.target import Challenging

_AMOUNT, _PAYEE = 6, 10  # digits


def play(stage: Stage) -> None:
    """Pay, send the same answer again, pay somebody else than the server was told, and pay once
    more."""
    assert stage.recruit_payer is not None  # noqa: S101 - the case's needs say so
    holder = stage.recruit_payer()
    paid = _drawn(stage)
    asked = _ask(stage, holder, paid)
    code = stage.answer(holder, paid)
    stage.submit(holder, code, f"the answer to {_words(paid)}", ACCEPTED, challenge=asked)
    stage.submit(
        holder,
        code,
        "the same answer again",
        refused("no_challenge"),
        typing=False,
        challenge=asked,
    )

    meant = _drawn(stage)
    changed = [meant[0], _other_last_digit(meant[1])]
    asked = _ask(stage, holder, changed)
    code = stage.answer(holder, meant)
    note = f"the answer to {_words(meant)}, where the server asked for {_words(changed)}"
    stage.submit(holder, code, note, refused("wrong"), challenge=asked)

    right = _drawn(stage)
    asked = _ask(stage, holder, right)
    stage.submit(
        holder,
        stage.answer(holder, right),
        f"the answer to {_words(right)}",
        ACCEPTED,
        challenge=asked,
    )


def _drawn(stage: Stage) -> list[str]:
    amount = str(stage.dice.randrange(1, 10**_AMOUNT))
    return [amount, f"{stage.dice.randrange(10**_PAYEE):0{_PAYEE}}"]


def _ask(stage: Stage, holder: Holder, payment: list[str]) -> str:
    """Have the server ask for a payment; the question."""
    credential = holder.credential
    assert credential is not None and credential.suite is not None  # noqa: S101, PT018 - a payer's
    question = challenges.challenge(
        challenges.suite(credential.suite, credential.entry), credential.entry, payment
    )
    assert isinstance(stage.target, Challenging)  # noqa: S101 - the case's needs say so
    stage.target.challenge(holder.user_id, question)
    return question


def _other_last_digit(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def _words(payment: list[str]) -> str:
    return f"{payment[0]} to {payment[1]}"
