"""Whether this server is about to stop: said by the process that was asked to, read by those that it has forked."""

from mmap import mmap

# Memory that a fork shares. Nothing else crosses from gunicorn's master to its workers without a signal.
_flag = mmap(-1, 1)


def begin() -> None:
    _flag[0] = 1


def has_begun() -> bool:
    return _flag[0] == 1
