"""The functions of the shared library, over one that only pretends; and our table of them against the installed one."""

from __future__ import annotations

import ast
import ctypes
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from whinchat.transports.linked import library
from whinchat.transports.linked.frames import FUNCTIONS
from whinchat.transports.linked.installed import VERSION
from whinchat.transports.linked.library import BadCall, BytesReturn, Library, device_props, field, store_name


class Function:
    """As `ctypes` has it: types may be set, and it can be called."""

    def __init__(self, body: Callable[..., Any]) -> None:
        self.argtypes: tuple[object, ...] = ()
        self.restype: object = None
        self._body = body

    def __call__(self, *arguments: object) -> Any:
        return self._body(*arguments)


class Pretended:
    """Allocates what it returns, and notes what is given back."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.kept: dict[int, list[Any]] = {}
        """What was returned and is not given back yet, by its address."""
        self.truth = True
        self.returned = b"\0binary\0"
        for name, (_, result) in FUNCTIONS.items():
            setattr(self, name, Function(self._recorded(name, result)))
        self.GetVersion = Function(lambda: self._text(b"1.2.3"))
        self.FreeString = Function(self._give_back)
        self.FreeBytesStruct = Function(self._give_back)
        self.Neonize = Function(self._run)
        self.session: tuple[Any, ...] = ()

    def _recorded(self, name: str, result: str) -> Callable[..., object]:
        def body(*arguments: object) -> object:
            self.calls.append((name, *arguments))
            if result == "message":
                return self._message()
            return {"text": self._text(b"went wrong"), "truth": self.truth, "nothing": None}[result]

        return body

    def _text(self, text: bytes) -> int:
        buffer = ctypes.create_string_buffer(text)
        self.kept[ctypes.addressof(buffer)] = [buffer]
        return ctypes.addressof(buffer)

    def _message(self) -> int:
        if not self.returned:
            message = BytesReturn(None, 0)
            self.kept[ctypes.addressof(message)] = [message]
        else:
            buffer = ctypes.create_string_buffer(self.returned, len(self.returned))
            message = BytesReturn(ctypes.addressof(buffer), len(self.returned))
            self.kept[ctypes.addressof(message)] = [message, buffer]
        return ctypes.addressof(message)

    def _give_back(self, address: int) -> None:
        del self.kept[address]

    def _run(self, *arguments: Any) -> int:
        self.session = arguments
        on_qr, on_pairing, on_event, on_log = arguments[6:10]
        text = ctypes.create_string_buffer(b"1@code")
        on_qr(None, ctypes.addressof(text))
        text.value = b"reused"
        on_pairing(None, ctypes.addressof(text))
        data = ctypes.create_string_buffer(b"a\0b")
        on_event(None, ctypes.addressof(data), 3, 17)
        on_log(ctypes.addressof(data), 2)
        return self._text(b"no network")


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    code = Pretended()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: code)
    return code


def test_a_call_gets_bytes_with_their_length_and_gives_back_what_it_was_given(pretended: Pretended) -> None:
    loaded = Library("somewhere.so")
    assert loaded.call("SendMessage", (b"to\0whom", b"what")) == b"\0binary\0"
    assert pretended.calls == [("SendMessage", b"whinchat", b"to\0whom", 7, b"what", 4)]
    assert loaded.call("SendPresence", ("available",)) == b"went wrong"
    assert pretended.kept == {}


def test_an_empty_message_has_no_buffer(pretended: Pretended) -> None:
    pretended.returned = b""
    assert Library("").call("GetMe", ()) == b""
    assert pretended.kept == {}


def test_truths_and_nothings(pretended: Pretended) -> None:
    loaded = Library("")
    assert loaded.call("IsLoggedIn", ()) == b"1"
    pretended.truth = False
    assert loaded.call("IsLoggedIn", ()) == b""
    assert loaded.call("Disconnect", ()) == b""
    assert loaded.call("SetForceActiveDeliveryReceipts", (1,)) == b""


def test_the_version_is_given_back_too(pretended: Pretended) -> None:
    assert Library("").version == "1.2.3"
    assert pretended.kept == {}


def test_a_null_pointer_is_nothing(pretended: Pretended) -> None:
    pretended.GetMe = Function(lambda _: None)  # type: ignore[attr-defined]
    pretended.Logout = Function(lambda _: 0)  # type: ignore[attr-defined]
    loaded = Library("")
    assert loaded.call("GetMe", ()) == b""
    assert loaded.call("Logout", ()) == b""


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("system", ("rm",)),
        ("SendMessage", (b"to",)),
        ("SendMessage", (b"to", "text")),
        ("SendPresence", (b"available",)),
        ("SendPresence", ("avail\0able",)),
        ("SendChatPresence", (b"to", "0", 0)),
        ("SendChatPresence", (b"to", 2**31, 0)),
        ("GetMe", (1,)),
    ],
)
def test_what_the_library_would_misread_is_refused(
    pretended: Pretended, name: str, arguments: tuple[bytes | str | int, ...]
) -> None:
    with pytest.raises(BadCall):
        Library("").call(name, arguments)
    assert pretended.calls == []


def test_callbacks_keep_what_they_were_told(pretended: Pretended) -> None:
    told: list[object] = []
    failure = Library("").run(
        "/sessions/a.db",
        "http://proxy:1",
        "Whinchat",
        on_event=lambda number, data: told.append((number, data)),
        on_qr=told.append,
        on_pairing=told.append,
        on_log=told.append,
    )
    assert told == [b"1@code", b"reused", (17, b"a\0b"), b"a\0"]
    assert failure == b"no network"
    assert pretended.kept == {}
    session, client, *_ = pretended.session
    assert session.startswith(b"/sessions/a.db?_foreign_keys=on&_journal_mode=WAL")
    assert client == b"whinchat"
    assert pretended.session[5] == b"WARN"


def test_without_a_proxy_there_are_no_settings_for_it(pretended: Pretended) -> None:
    quiet: Callable[..., None] = lambda *_: None  # noqa: E731
    Library("").run("a", "", "Whinchat", on_event=quiet, on_qr=quiet, on_pairing=quiet, on_log=quiet)
    assert pretended.session[-1] is None


def test_a_path_cannot_end_the_name_of_the_store() -> None:
    assert store_name("/a?b#c%d.db").startswith(b"/a%3Fb%23c%25d.db?_foreign_keys=on&")
    assert store_name("/a.db").endswith(b"&_x=1")


def test_messages_made_by_hand() -> None:
    assert device_props("Whinchat") == b"\x0a\x08Whinchat\x18\x01"
    assert field(2, bytes(300))[:3] == b"\x12\xac\x02"


@pytest.mark.skipif(find_spec("neonize") is None, reason="the extra is not installed")
def test_the_table_of_functions_is_that_of_the_installed_version() -> None:
    spec = find_spec("neonize")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    source = (folder / "_binder.py").read_text(encoding="utf-8")
    assert f'"{VERSION}"' in (folder / "download.py").read_text(encoding="utf-8")
    types = {ctypes.c_char_p: "c_char_p", ctypes.c_int: "c_int", ctypes.c_bool: "c_bool"}
    theirs = bindings(source)
    for name, (kinds, result) in FUNCTIONS.items():
        ours = ["c_char_p", *(types[kind] for letter in kinds for kind in library.ARGUMENTS[letter])]
        assert theirs[name, "argtypes"] == ours, name
        expected = {"message": "POINTER(Bytes)", "text": "c_void_p", "truth": "c_bool"}
        # A function without a result is bound as if it had one, and the library's own client does not look at it.
        assert result == "nothing" or theirs[name, "restype"] == expected[result], name


def bindings(source: str) -> dict[tuple[str, str], object]:
    """Function and attribute to what `_binder.py` sets it to: names of types, without their module."""
    found: dict[tuple[str, str], object] = {}
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Assign) or not isinstance(target := node.targets[0], ast.Attribute):
            continue
        if isinstance(target.value, ast.Attribute) and target.attr in {"argtypes", "restype"}:
            value = ast.unparse(node.value).replace("ctypes.", "")
            found[target.value.attr, target.attr] = (
                value if target.attr == "restype" else [part.strip() for part in value.strip("[]").split(",") if part]
            )
    return found
