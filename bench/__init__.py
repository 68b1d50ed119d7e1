"""What Stockroom costs a request, beside what one would pick instead. `python -m bench --help`; docs/speed.md."""
