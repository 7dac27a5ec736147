"""App devices and approvals: activation, answers, concurrency, crashes, costs of refusals."""
