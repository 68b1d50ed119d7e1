from io import StringIO

from common.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_every_tenth() -> None:
    stream = StringIO()
    progress = Progress(stream, "Trees", 200)

    for _ in range(200):
        progress.advance(1)

    assert stream.getvalue() == "".join(f"Trees: {tenth}0%\n" for tenth in range(1, 11))


def test_a_step_past_several_tenths_is_one_line() -> None:
    stream = StringIO()
    progress = Progress(stream, "Trees", 7)

    progress.advance(5)
    progress.advance(5)

    assert stream.getvalue() == "Trees: 71%\nTrees: 100%\n"


def test_a_terminal_gets_a_bar_in_place() -> None:
    stream = Terminal()
    progress = Progress(stream, "Trees", 4)

    progress.advance(1)
    progress.advance(3)

    half, whole = f"[{'#' * 10}{' ' * 30}]  25%", f"[{'#' * 40}] 100%"
    assert stream.getvalue() == f"\rTrees {half}\rTrees {whole}\n"
