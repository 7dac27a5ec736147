"""The case "payment": amount and account number are typed, read back and signed (OCRA, RFC 6287
section 7.3).

The server's challenge consists of the values that it received. Where an attacker has changed the
payment on its way to the server, the user still types and hears the intended values, so the token's
response does not match the server's challenge.
"""

from host_tools.messages.catalogue import Message
from host_tools.qa.cases.enrolled_token import EnrolledToken
from host_tools.qa.cases.environment import Environment
from host_tools.qa.cases.log import ACCEPTED, refused
from host_tools.qa.targets.target import ChallengeTarget

_AMOUNT, _PAYEE = 6, 10  # digits


def run(env: Environment) -> None:
    """Sign a payment and submit the response twice; sign with other values than the server's
    challenge has; sign a correct payment again."""
    token = env.enrol_new(payer=True)
    paid = _draw_payment(env)
    asked = _challenge(env, token, paid)
    press = env.answer(token, paid)
    env.submit(
        token, press, Message("qa-note.answer", payment=_words(paid)), ACCEPTED, challenge=asked
    )
    env.submit(
        token,
        press,
        Message("qa-note.same-answer"),
        refused("no_challenge"),
        typing=False,
        challenge=asked,
    )

    meant = _draw_payment(env)
    changed = [meant[0], _change_last_digit(meant[1])]
    asked = _challenge(env, token, changed)
    press = env.answer(token, meant)
    note = Message("qa-note.other-payment", meant=_words(meant), asked=_words(changed))
    env.submit(token, press, note, refused("wrong"), challenge=asked)

    right = _draw_payment(env)
    asked = _challenge(env, token, right)
    press = env.answer(token, right)
    env.submit(
        token, press, Message("qa-note.answer", payment=_words(right)), ACCEPTED, challenge=asked
    )


def _draw_payment(env: Environment) -> list[str]:
    """Give an amount and an account number."""
    amount = str(env.rng.randrange(1, 10**_AMOUNT))
    return [amount, f"{env.rng.randrange(10**_PAYEE):0{_PAYEE}}"]


def _challenge(env: Environment, token: EnrolledToken, payment: list[str]) -> str:
    """Have the server ask the token's user for a payment; give the question."""
    credential = token.credential
    assert credential is not None  # noqa: S101 - QA made it
    question = credential.question(payment)
    assert isinstance(env.target, ChallengeTarget)  # noqa: S101 - the case's needs say so
    env.target.challenge(token.user_id, question)
    return question


def _change_last_digit(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def _words(payment: list[str]) -> Message:
    return Message("qa-note.payment", amount=payment[0], payee=payment[1])
