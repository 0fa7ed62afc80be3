"""`whinchat doctor`: looks at everything that a start needs, and says the way out of what is wrong.

A check is a function from the settings to a `Finding`; `CHECKS` is their list. Applications add their own.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import importlib.util
import json
import os
import shutil
import socket
import stat
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whinchat.cli import common, doctor_accounts
from whinchat.core.app import Finding
from whinchat.core.errors import Refused, WhinchatError

if TYPE_CHECKING:
    from whinchat.config import Settings

RELEASED = 1_767_225_600  # 2026-01-01, in seconds: a clock before it is wrong
DAY = 86_400  # seconds
MEGABYTE = 1024 * 1024
ANSWER = 3.0  # seconds that a running service has to answer
EXTRAS = {"qr": ("PIL", "zxingcpp")}

Check = Callable[["Settings"], Finding]


def python_version(_: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] < (3, 15):
        return Finding(ok=True, detail=version)
    return Finding(ok=False, detail=version, hint="Use Python 3.11 to 3.14.", critical=True)


def data_folder(settings: Settings) -> Finding:
    folder = settings.storage.data
    if not folder.exists():
        parent = next(parent for parent in folder.absolute().parents if parent.exists())
        if os.access(parent, os.W_OK | os.X_OK):
            return Finding(ok=True, detail=f"{folder} will be made at the first start")
        hint = f"Let this user write to {parent}, or set storage.data to another folder."
        return Finding(ok=False, detail=f"{folder} cannot be made", hint=hint, critical=True)
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        hint = "Make it a folder of the user that runs the service, or set storage.data to another one."
        return Finding(ok=False, detail=f"{folder} is no folder that can be written", hint=hint, critical=True)
    return _private(folder, 0o700)


def disk_space(settings: Settings) -> Finding:
    folder = settings.storage.data.absolute()
    while not folder.exists():
        folder = folder.parent
    free, limit = shutil.disk_usage(folder).free // MEGABYTE, settings.storage.min_free_mb
    if free < limit:
        hint = "Free some space, or lower storage.min_free_mb. Until then no message is taken."
        return Finding(ok=False, detail=f"{free} MB free, {limit} MB are needed", hint=hint, critical=True)
    return Finding(ok=True, detail=f"{free} MB free")


def key_file(settings: Settings) -> Finding:
    path = settings.keys.path
    if path.is_file():
        return _private(path, 0o600)
    if settings.storage.database.exists():
        hint = "Put the key back, or import its export: whinchat keys import. Without it the data cannot be read."
        return Finding(ok=False, detail=f"{path} is missing, and there is data that it seals", hint=hint, critical=True)
    return Finding(ok=True, detail=f"{path} will be made at the first start")


def database(settings: Settings) -> Finding:
    path = settings.storage.database
    if not path.exists():
        return Finding(ok=True, detail=f"{path} will be made at the first start")
    from whinchat.infra.storage.connection import connect, translated

    try:
        with translated(path), contextlib.closing(connect(path)) as connection:
            faults = [str(fault) for (fault,) in connection.execute("PRAGMA quick_check(1)") if fault != "ok"]
    except WhinchatError as error:
        return _refused(error)
    if faults:
        hint = "Go back to a backup: whinchat db restore FILE."
        return Finding(ok=False, detail=f"{path} is damaged: {faults[0]}", hint=hint, critical=True)
    return Finding(ok=True, detail=f"{path} is whole")


def schema(settings: Settings) -> Finding:
    path = settings.storage.database
    if not path.exists():
        return Finding(ok=True, detail="none yet")
    from whinchat.bootstrap import migrations
    from whinchat.infra.storage.migrate import pending_in

    try:
        missing = len(pending_in(path, migrations()))
    except WhinchatError as error:
        return _refused(error)
    return Finding(ok=True, detail=f"{missing} steps to take at the next start" if missing else "current")


def private_port(settings: Settings) -> Finding:
    """Free, or the service itself answers: then with what it says of itself."""
    host, port = settings.private.host, settings.private.port
    where = f"{host}:{port}"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return Finding(ok=True, detail=f"{where} is free")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            hint = "Set private.host to an address of this machine and private.port to a number above 1023."
            return Finding(ok=False, detail=f"cannot listen on {where}: {error.strerror}", hint=hint, critical=True)
    return _running_service(host, port)


def backends(settings: Settings) -> Finding:
    from whinchat.bootstrap import mixtures

    for error in mixtures(settings):
        return _refused(error)
    return Finding(ok=True, detail=f"they go with transport.kind {settings.transport.kind!r}")


def clock(settings: Settings) -> Finding:
    hint = "Set the system's clock; most systems can do it by themselves over the network (NTP)."
    if time.time() < RELEASED:
        return Finding(ok=False, detail="the clock is years behind", hint=hint, critical=True)
    database = settings.storage.database
    if database.exists() and database.stat().st_mtime > time.time() + DAY:
        return Finding(ok=False, detail="the database was written later than now", hint=hint, critical=True)
    return Finding(ok=True, detail=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))


def extras(_: Settings) -> Finding:
    absent = [name for name, modules in EXTRAS.items() if any(map(_is_absent, modules))]
    if absent:
        names = ",".join(absent)
        return Finding(ok=False, detail=f"not installed: {names}", hint=f"pip install 'whinchat[{names}]'")
    return Finding(ok=True, detail="installed: " + ", ".join(EXTRAS))


CHECKS: dict[str, Check] = {
    "python": python_version,
    "data folder": data_folder,
    "disk space": disk_space,
    "key": key_file,
    "database": database,
    "schema": schema,
    "private port": private_port,
    "public port": doctor_accounts.public_port,
    "linked devices": doctor_accounts.linked_devices,
    "sessions": doctor_accounts.sessions,
    "backends": backends,
    "clock": clock,
    "extras": extras,
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and check.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> int:
    """Find what is wrong on this machine, and say the way out.

    Nothing is changed. Nothing leaves the machine, but for one thing: whether numbers of the Cloud API are set up
    rightly is asked of Meta. Ends with 1 when something would keep the service from working.

    \b
    Example:
      whinchat doctor
    """
    findings = examine(common.load(ctx), ctx.ensure_object(common.Invocation))
    if as_json:
        for name, finding in findings.items():
            common.echo_json({"check": name, "result": grade(finding), "detail": finding.detail, "hint": finding.hint})
    else:
        report(findings)
    return 1 if "fail" in map(grade, findings.values()) else 0


def examine(settings: Settings, given: common.Invocation) -> dict[str, Finding]:
    """Every check's finding, by its name."""
    findings = {name: check(settings) for name, check in CHECKS.items()}
    return findings | doctor_accounts.cloud(settings) | _of_apps(given)


def report(findings: Mapping[str, Finding]) -> None:
    """For people."""
    rows = [(name, grade(finding), finding.detail) for name, finding in findings.items()]
    common.echo_table(("check", "", "what was found"), rows)
    for name, finding in findings.items():
        if not finding.ok:
            click.echo(f"{name}: {finding.hint}")


def _of_apps(given: common.Invocation) -> dict[str, Finding]:
    now = given.clock.now()
    findings = {}
    for app in given.apps():
        for name, check in app.checks.items():
            try:
                findings[name] = check(now)
            except Refused as error:
                findings[name] = _refused(error)
    return findings


def grade(finding: Finding) -> str:
    if finding.ok:
        return "ok"
    return "fail" if finding.critical else "warn"


def _refused(error: WhinchatError) -> Finding:
    return Finding(ok=False, detail=str(error), hint=error.hint if isinstance(error, Refused) else "", critical=True)


def _private(path: Path, most: int) -> Finding:
    """Nobody else may open it: `most` are the permissions that it may have."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~most:
        return Finding(
            ok=False, detail=f"{path} is open to others ({mode:04o})", hint=f"chmod {most:o} {path}", critical=True
        )
    return Finding(ok=True, detail=str(path))


def _running_service(host: str, port: int) -> Finding:
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER)
    try:
        connection.request("GET", "/readyz")
        report = json.loads(connection.getresponse().read())
        problems = {**report["failing"], **report["degraded"]}
        status = report["status"]
    except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError):
        hint = "Stop the other program, or set private.port to another number."
        return Finding(ok=False, detail=f"another program listens on {host}:{port}", hint=hint, critical=True)
    finally:
        connection.close()
    if not problems:
        return Finding(ok=True, detail=f"the service runs here and is {status}")
    told = "; ".join(f"{name}: {problem['detail']}" for name, problem in problems.items())
    hints = " ".join(problem["hint"] for problem in problems.values())
    return Finding(
        ok=False, detail=f"the service runs here and is {status} ({told})", hint=hints, critical=bool(report["failing"])
    )


def _is_absent(module: str) -> bool:
    return importlib.util.find_spec(module) is None
