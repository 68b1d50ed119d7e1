"""How far a long command has come."""

from typing import TextIO

WIDTH = 40


class Progress:
    """A bar on a terminal; in a log or a pipe, a line every tenth of the way."""

    def __init__(self, stream: TextIO, label: str, total: int) -> None:
        self.stream = stream
        self.label = label
        self.total = total
        self.done = 0

    def advance(self, steps: int) -> None:
        before, self.done = self.done, min(self.done + steps, self.total)
        if self.stream.isatty():
            bar = "#" * self.part(WIDTH, self.done)
            end = "\n" if self.done == self.total else ""
            self.stream.write(f"\r{self.label} [{bar:<{WIDTH}}] {self.part(100, self.done):3}%{end}")
            self.stream.flush()
        elif self.part(10, before) < self.part(10, self.done):
            self.stream.write(f"{self.label}: {self.part(100, self.done)}%\n")

    def part(self, whole: int, done: int) -> int:
        return whole * done // self.total
