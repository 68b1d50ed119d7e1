"""`python -m bench`: measure, or look again at what was measured."""

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from bench import gate, report, session
from bench.client import Unexpected
from bench.measure import Failed
from bench.services import Unavailable
from bench.session import Effort, Phase
from bench.systems import BY_KEY as SYSTEMS
from bench.workloads import AT_SCALE, MAIN, WORKLOADS
from bench.workloads import BY_KEY as KNOWN

RESULTS = Path(__file__).with_name("results")


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    if options.gate:
        return _judge(json.loads(_path(options.gate, ".json").read_text()))
    try:
        known = session.run(
            [SYSTEMS[key] for key in options.systems],
            _phases(options),
            Effort(options.rounds, options.seconds, options.warm_up),
            tell=_tell,
            keep=lambda known: session.save(known, _path(options.name, ".json")),
        )
    except (Failed, Unexpected, Unavailable) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    session.save(known, _path(options.name, ".json"))
    text = report.markdown(known)
    _path(options.name, ".md").write_text(text)
    print(text)
    if options.chart:
        from bench.chart import draw  # half a second of imports

        draw(known, _path(options.name, ".png"))
    _tell(f"Kept as {_path(options.name, '')}.*")
    return 0


def _phases(options: argparse.Namespace) -> list[Phase]:
    """What is asked for; else the whole, or for --quick its heart."""
    if options.workloads or options.rows or options.workers or options.clients:
        chosen = tuple(KNOWN[key] for key in options.workloads) if options.workloads else MAIN
        return [
            Phase(rows, workers, clients, chosen)
            for rows in options.rows or [10_000]
            for workers in options.workers or [2]
            for clients in options.clients or [16]
        ]
    if options.quick:
        return [Phase(10_000, 2, 16, MAIN)]
    return [
        Phase(10_000, 2, 16, WORKLOADS),
        Phase(10_000, 2, 64, MAIN),
        Phase(10_000, 1, 16, MAIN),
        Phase(200_000, 2, 16, AT_SCALE),
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the four main workloads, few rounds: under four minutes")
    everything = list(SYSTEMS)
    parser.add_argument(
        "--systems", nargs="+", choices=SYSTEMS, default=everything, metavar="KEY", help=", ".join(SYSTEMS)
    )
    parser.add_argument("--workloads", nargs="+", choices=KNOWN, metavar="KEY", help=", ".join(KNOWN))
    parser.add_argument("--rows", nargs="+", type=int, metavar="N", help="items in the catalogue (10000)")
    parser.add_argument("--workers", nargs="+", type=int, metavar="N", help="processes a system (2)")
    parser.add_argument("--clients", nargs="+", type=int, metavar="N", help="connections at once (16)")
    parser.add_argument("--rounds", type=int, help="measurements of each (5; quick: 2)")
    parser.add_argument("--seconds", type=int, help="length of each (5; quick: 1)")
    parser.add_argument("--warm-up", type=float, help="seconds of load before the first round (1; quick: 0.3)")
    parser.add_argument("--name", help="of the files under bench/results (latest; quick: quick)")
    parser.add_argument("--no-chart", dest="chart", action="store_false", help="no picture")
    parser.add_argument("--gate", metavar="NAME", help="measure nothing: hold a run that was kept to the bounds")
    options = parser.parse_args()
    rounds, seconds, warm_up, name = (2, 1, 0.3, "quick") if options.quick else (5, 5, 1.0, "latest")
    options.rounds = options.rounds or rounds
    options.seconds = options.seconds or seconds
    options.warm_up = warm_up if options.warm_up is None else options.warm_up
    options.name = options.name or name
    return options


def _path(name: str, suffix: str) -> Path:
    return RESULTS / f"{name}{suffix}"


def _judge(known: dict[str, Any]) -> int:
    findings = gate.judge(known)
    print(*findings, sep="\n")
    return int(any(finding.must and finding.met is False for finding in findings))


def _tell(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
