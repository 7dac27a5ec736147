"""Value change dumps (IEEE Std 1364-2001, section 18), for GTKWave and PulseView.

Strings are GTKWave's extension of the format; PulseView leaves them out.
"""

from collections.abc import Iterable, Mapping

Value = int | float | str  # a level, 0 or 1; a quantity; a text
_PRINTED = set(range(0x21, 0x7F)) - {ord("\\")}
_ESCAPES = {byte: f"\\x{byte:02x}" for byte in set(range(256)) - _PRINTED}


def dump(
    start: int,
    end: int,
    initial: Mapping[str, Value],
    changes: Iterable[tuple[int, str, Value]],
    comment: str,
) -> str:
    """Give the dump of the variables in `initial`, whose values at `start` say their types.

    `changes` are (time, variable, new value) in any order; those of one time stay in theirs. Times
    are microseconds.
    """
    codes = {name: f"v{number}" for number, name in enumerate(initial)}
    lines = [f"$comment {comment} $end", "$timescale 1 us $end", "$scope module token $end"]
    lines += [f"$var {_type(value)} {codes[name]} {name} $end" for name, value in initial.items()]
    lines += ["$upscope $end", "$enddefinitions $end", f"#{start}", "$dumpvars"]
    lines += [_change(codes[name], value) for name, value in initial.items()]
    lines.append("$end")
    now = start
    for time, name, value in sorted(changes, key=lambda change: change[0]):
        if time > now:
            now = time
            lines.append(f"#{now}")
        lines.append(_change(codes[name], value))
    if end > now:
        lines.append(f"#{end}")
    return "\n".join(lines) + "\n"


def _type(value: Value) -> str:
    """Give the type and the size in bits."""
    if isinstance(value, str):
        return "string 1"
    return "real 64" if isinstance(value, float) else "wire 1"


def _change(code: str, value: Value) -> str:
    if isinstance(value, str):
        return f"s{_escaped(value)} {code}"
    return f"r{value:.6g} {code}" if isinstance(value, float) else f"{value}{code}"


def _escaped(text: str) -> str:
    """Give a text as printable ASCII without spaces, as GTKWave reads it: \\xNN for other bytes of
    its UTF-8."""
    return text.encode().decode("latin-1").translate(_ESCAPES)
