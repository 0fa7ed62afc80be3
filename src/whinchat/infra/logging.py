"""Log lines: one event each on one stream, as JSON or as text for people, in UTC, redacted, on lines of their own.

The code logs through the standard library (`logging.getLogger(__name__)`); structlog only renders.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from whinchat.infra.redaction import redact_field


@contextlib.contextmanager
def _absent(name: str) -> Iterator[None]:
    """Makes `import name` fail for a moment, as it does where the package is not installed."""
    if name in sys.modules:
        yield
        return
    modules: dict[str, Any] = sys.modules  # None is the documented way to say: not there
    modules[name] = None
    try:
        yield
    finally:
        del modules[name]


# structlog imports rich wherever it is installed, for tracebacks in colour: 5 MB that a service never uses.
with _absent("rich"):
    from structlog import processors, stdlib
    from structlog.typing import EventDict, WrappedLogger

FIRST = ("time", "level", "logger", "message")


def configure(level: str = "info", form: str = "json", stream: TextIO | None = None) -> None:
    """Send every log line of the process to `stream` (stdout). `level` as in `log.level`, `form` "json" or "text"."""
    stream = sys.stdout if stream is None else stream
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    handler = _Handler(stream)
    handler.setFormatter(
        stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                processors.EventRenamer("message"),
                stdlib.ExtraAdder(),
                stdlib.add_log_level,
                stdlib.add_logger_name,
                _add_time,
                processors.format_exc_info,
            ],
            processors=[
                stdlib.ProcessorFormatter.remove_processors_meta,
                _redact,
                _as_text if form == "text" else _as_json,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, the name is the standard library's
        """A line that cannot be written is reported without its arguments, which nobody has redacted."""
        reason = sys.exc_info()[0]
        with contextlib.suppress(OSError, ValueError, AttributeError):  # no stderr either
            sys.stderr.write(
                f"a log line of {record.name}:{record.lineno} was lost: {getattr(reason, '__name__', '')}\n"
            )


def _add_time(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """When the line was logged, not when it is rendered."""
    record: logging.LogRecord = event["_record"]
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return {**event, "time": time.replace("+00:00", "Z")}


def _redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    ours = {name: event.pop(name) for name in FIRST[:-1]}
    return {**ours, "message": redact_field("message", event.pop("message")), **redact_field("", event)}


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    """ASCII only, so no character of a value can end the line or disturb a terminal."""
    return json.dumps(event)


def _as_text(_: WrappedLogger, __: str, event: EventDict) -> str:
    """`time LEVEL logger: message key=value`, the lines of an exception indented below."""
    exception = str(event.pop("exception", ""))
    time, level, logger, message = (event.pop(name) for name in FIRST)
    fields = "".join(f" {_printable(key)}={_printable(json.dumps(value))}" for key, value in event.items())
    lines = "".join(f"\n    | {_printable(line)}" for line in exception.splitlines())
    return f"{time} {level.upper():7} {logger}: {_printable(str(message))}{fields}{lines}"


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)
