"""A project of yours that tests its sign-in with tokens: run it with `pytest docs/examples`."""


def test_a_code_is_good_once(kodeviser, validator):
    validator.enrol(kodeviser, "anna.jensen")
    kodeviser.press()
    assert validator.check(kodeviser).accepted
    assert validator.check(kodeviser).reason == "replay"


def test_a_code_goes_out_of_date(kodeviser, validator, clock):
    validator.enrol(kodeviser)
    kodeviser.press()
    clock.advance(90)
    validator.assert_refused(kodeviser, reason="late")
    validator.assert_accepted(kodeviser, kodeviser.next_code())


def test_what_is_shown_is_what_is_said(kodeoplaeser, validator):
    validator.enrol(kodeoplaeser)
    code = kodeoplaeser.code()  # MisreadError if display and loudspeaker give different codes
    assert "Koden er" in kodeoplaeser.heard()
    assert code in "".join(kodeoplaeser.shown()).replace(" ", "")
    validator.assert_accepted(kodeoplaeser)


def test_three_wrong_codes_lock_the_token(kodeviser, validator):
    validator.enrol(kodeviser)
    right = kodeviser.code()
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    for _ in range(3):
        validator.assert_refused(kodeviser, wrong)
    validator.assert_refused(kodeviser, right, reason="locked_out")


def test_a_payment_is_signed_by_what_was_typed(make_token, validator):
    token = make_token(
        "kodeoplaeser", language="en", suite="OCRA-1:HOTP-SHA256-8:QA32", entry="payment"
    )
    validator.enrol(token, "bo.lund")
    question = validator.challenge(token, "2300", "9978000123456")
    token.answer("2300", "9978000123456")
    validator.assert_accepted(token, challenge=question)
