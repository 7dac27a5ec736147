*** Settings ***
Documentation       A sign-in that is tested with tokens: run it with `robot docs/examples`.
Library             kodebrik.robot.Kodebrik


*** Test Cases ***
A Code Is Good Once
    Start Validator
    Start Kodeviser
    Enrol    anna.jensen
    Press
    Code Should Be Accepted
    Code Should Be Refused    reason=replay

A Blind User Hears The Code
    Start Validator
    Start Kodeoplaeser    language=en
    Enrol    bo.lund
    ${code} =    Press
    Should Have Said    The code is
    Display Should Show    ${code}
    Code Should Be Accepted

A Payment Is Signed By What Was Typed
    Start Validator
    Start Token    kodeoplaeser    suite=OCRA-1:HOTP-SHA256-8:QA32    entry=payment
    Enrol    carla.ny
    ${question} =    Issue Challenge    2300    9978000123456
    Answer Challenge    2300    9978000123456
    Code Should Be Accepted    challenge=${question}
