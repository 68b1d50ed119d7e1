"""The table of variables in docs/configuration.md, held to the settings: `python -m config.variables`, or `--check`.

Which variables there are and what their defaults are comes out of the code that reads them. What each is good for is
written in the table by hand; a variable that is new there gets the words of .env.example.
"""

import ast
import re
import sys
from collections.abc import Iterator

from config.env import BASE_DIR

DOCS = BASE_DIR / "docs/configuration.md"
EXAMPLE = BASE_DIR / ".env.example"
SOURCES = (
    *sorted((BASE_DIR / "config").glob("*.py")),
    *sorted((BASE_DIR / "config/settings").glob("*.py")),
    BASE_DIR / "gunicorn.conf.py",
)
READERS = {"choice": 2, "number": 1, "share": 1, "flag": 1, "page_url": 1, "text": 1}
_ROW = re.compile(r"^\| (`[A-Z0-9_]+`.*?) \| (.*?) \| (.*) \|$", re.MULTILINE)
_NAME = re.compile(r"`([A-Z][A-Z0-9_]+)`")
_EXAMPLE = re.compile(r"((?:^# .*\n)+?)# ([A-Z0-9_]+)=", re.MULTILINE)


def read() -> dict[str, str]:
    """Each variable that the settings read, with its default as it would be set; "" where it is no constant."""
    found: dict[str, list[str]] = {}
    for path in SOURCES:
        for name, default in _reads(ast.parse(path.read_text())):
            found.setdefault(name, []).append(default)
    # One that is read twice has as its default what both say.
    return {name: defaults[0] if len(set(defaults)) == 1 else "" for name, defaults in found.items()}


def table(docs: str) -> str:
    """The page with the variables and the defaults that there are."""
    defaults = read()
    listed = {name for row in _ROW.finditer(docs) for name in _NAME.findall(row[1])}
    if gone := sorted(listed - set(defaults)):
        raise SystemExit(f"{DOCS.name} has variables that nothing reads: {', '.join(gone)}.")
    docs = _ROW.sub(lambda row: _row(row, defaults), docs)
    words = {
        name: " ".join(line[2:] for line in text.splitlines()) for text, name in _EXAMPLE.findall(EXAMPLE.read_text())
    }
    new = [f"| `{name}` | `{defaults[name]}` | {words.get(name, '')} |" for name in sorted(set(defaults) - listed)]
    last = list(_ROW.finditer(docs))[-1].end()
    return "\n".join([docs[:last], *new]) + docs[last:]


def _row(row: re.Match[str], defaults: dict[str, str]) -> str:
    constants = [defaults[name] for name in _NAME.findall(row[1])]
    default = ", ".join(f"`{one}`" for one in constants) if all(constants) else row[2]
    return f"| {row[1]} | {default} | {row[3]} |"


def _reads(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name, reader = node.args[0], ast.unparse(node.func).removeprefix("env.")
        if not isinstance(name, ast.Constant) or not re.fullmatch(r"[A-Z][A-Z0-9_]+", str(name.value)):
            continue
        if ast.unparse(node.func).startswith("env.") or (reader == "text" and isinstance(node.func, ast.Name)):
            yield str(name.value), _default(node, READERS.get(reader, 1))


def _default(call: ast.Call, place: int) -> str:
    named = [one.value for one in call.keywords if one.arg == "default"]
    given = named[0] if named else call.args[place] if len(call.args) > place else None
    if not isinstance(given, ast.Constant):
        return ""
    return str(given.value).lower() if isinstance(given.value, bool) else str(given.value)


def main() -> None:
    now, wanted = DOCS.read_text(), table(DOCS.read_text())
    if "--check" not in sys.argv:
        DOCS.write_text(wanted)
    elif now != wanted:
        raise SystemExit(f"{DOCS.name} is not what the settings read: make variables")


if __name__ == "__main__":
    main()
