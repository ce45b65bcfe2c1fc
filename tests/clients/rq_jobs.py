"""What the workers of rq_test.py do."""


def add(one, other):
    return one + other


def fail(message):
    raise ValueError(message)
