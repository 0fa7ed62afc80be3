"""What an attached file is, by its name, by what its sender's app calls it, and by its first bytes. Pure.

Formats are told apart by what their specifications put at fixed places: PE and COFF (Microsoft, "PE Format"), ELF
(System V gABI), Mach-O (Apple, loader.h), DEX (Android, "Dalvik executable format"), shortcuts ([MS-SHLLINK] 2.1),
compound files ([MS-CFB] 2.2, with the class of Windows Installer's packages or the storage of [MS-OVBA] 2.2.1), ISO
9660 (ECMA-119 8.1) and UDF (ECMA-167 2/9.1), VHD and VHDX (Microsoft, "VHD Specification", [MS-VHDX] 2.2.1), cabinets
([MS-CAB] 2.1), ZIP (PKWARE, APPNOTE 4.3). Scripts have no signature; those that are known by their beginning are.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from whinchat.apps.scanner.policy import FileType

EXTENSIONS: Mapping[str, FileType] = {
    extension: kind
    for kind, extensions in {
        FileType.APK: "apk apks xapk apkm aab",
        FileType.EXE: "exe scr com pif cpl dll ocx sys xll gadget elf run",
        FileType.SCRIPT: "js jse vbs vbe wsf wsh ws sct ps1 psm1 bat cmd hta chm reg sh command scpt",
        FileType.INSTALLER: (
            "msi msp mst msix msixbundle appx appxbundle appinstaller cab deb rpm pkg ipa mobileconfig appimage"
        ),
        FileType.JAR: "jar jnlp",
        FileType.SHORTCUT: "lnk url desktop scf webloc library-ms search-ms",
        FileType.DISK_IMAGE: "iso img vhd vhdx dmg",
        FileType.MACRO: "docm dotm xlsm xltm xlam pptm potm ppsm ppam sldm",
    }.items()
    for extension in extensions.split()
}
MIMES: Mapping[str, FileType] = {
    "application/vnd.android.package-archive": FileType.APK,
    "application/vnd.microsoft.portable-executable": FileType.EXE,
    "application/x-msdownload": FileType.EXE,
    "application/x-msdos-program": FileType.EXE,
    "application/x-dosexec": FileType.EXE,
    "application/x-msi": FileType.INSTALLER,
    "application/x-ms-installer": FileType.INSTALLER,
    "application/java-archive": FileType.JAR,
    "application/x-java-archive": FileType.JAR,
    "application/x-ms-shortcut": FileType.SHORTCUT,
    "application/x-iso9660-image": FileType.DISK_IMAGE,
    "application/x-apple-diskimage": FileType.DISK_IMAGE,
    "application/hta": FileType.SCRIPT,
    "application/x-bat": FileType.SCRIPT,
    "application/x-sh": FileType.SCRIPT,
    "text/vbscript": FileType.SCRIPT,
}
_TO_READ = """
    pdf doc docx xls xlsx ppt pptx odt ods odp rtf txt csv jpg jpeg png gif webp heic mp3 m4a ogg opus wav mp4 mov avi
    3gp zip rar 7z epub
"""
HARMLESS = frozenset(_TO_READ.split())
"""What a name pretends to be when such an ending stands before the real one."""

MOST_NAMES = 4096  # of an archive that are looked at
FEW = 5  # names in an archive that a script is sent in; larger ones are people's projects

_TURNED = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_BLANKS = re.compile(r"[\s\u00a0\u200b-\u200f\u2060\ufeff]{4,}")
_MACRO_MIME = re.compile(r"\.macroenabled\.12\Z")
_SCRIPT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:#!|#@~\^|@echo\s|<job\b|<package\b|<\?wsf)|<hta:application", re.IGNORECASE
)
_STARTS = (
    (b"\x7fELF", FileType.EXE),
    (b"\xfe\xed\xfa\xce", FileType.EXE),
    (b"\xfe\xed\xfa\xcf", FileType.EXE),
    (b"\xce\xfa\xed\xfe", FileType.EXE),
    (b"\xcf\xfa\xed\xfe", FileType.EXE),
    (b"dex\n", FileType.APK),
    (b"L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00F", FileType.SHORTCUT),
    (b"[InternetShortcut]", FileType.SHORTCUT),
    (b"MSCF\x00\x00\x00\x00", FileType.INSTALLER),
    (b"vhdxfile", FileType.DISK_IMAGE),
    (b"conectix", FileType.DISK_IMAGE),
)
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PACKAGE = bytes.fromhex("84100c0000000000c000000000000046")
"""{000C1084-0000-0000-C000-000000000046}, the class of the root of an installer's package."""
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_VOLUME = 0x8001  # where the first volume descriptor of a disc names its standard


@dataclass(frozen=True, slots=True)
class Attachment:
    type: FileType
    disguised: bool = False
    """Its name says something else than it is."""
    packed: bool = False
    """It is inside an archive."""


def named(file_name: str, mime: str) -> Attachment | None:
    """What the name and the sender's app say that it is; None: nothing that can run."""
    *before, extension = _endings(file_name)
    by_name = EXTENSIONS.get(extension)
    found = by_name or _by_mime(mime)
    if found is None:
        return None
    pretends = (before and before[-1] in HARMLESS) if by_name else extension in HARMLESS
    return Attachment(found, disguised=bool(pretends or _TURNED.search(file_name) or _BLANKS.search(file_name)))


def sniffed(file_name: str, data: bytes) -> Attachment | None:
    """What the bytes say, of a file whose name says nothing of the kind; None: nothing that can run."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(file_name, list(names_in(data)))
    found = _by_bytes(data)
    if found is None:
        return None
    # A document with macros under an old ending (`.doc`) is what it says.
    extension = _endings(file_name)[-1]
    return Attachment(found, disguised=extension in HARMLESS and found is not FileType.MACRO)


def _endings(file_name: str) -> list[str]:
    """The parts of the name between its dots, in lower case; of a name without one, the last part is empty."""
    plain = _TURNED.sub("", file_name).strip().rstrip(". ").casefold()
    parts = [part.strip() for part in plain.split(".")]
    return parts if len(parts) > 1 else ["", ""]


def _by_mime(mime: str) -> FileType | None:
    kind = mime.partition(";")[0].strip().casefold()
    return FileType.MACRO if _MACRO_MIME.search(kind) else MIMES.get(kind)


def _by_bytes(data: bytes) -> FileType | None:
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if _is_program(data):
        return FileType.EXE
    if data[_VOLUME : _VOLUME + 5] in {b"CD001", b"BEA01"}:
        return FileType.DISK_IMAGE
    if data.startswith(_COMPOUND):
        if _PACKAGE in data:
            return FileType.INSTALLER
        return FileType.MACRO if _MACROS in data else None
    return FileType.SCRIPT if _SCRIPT.search(data[:4096]) else None


def _is_program(data: bytes) -> bool:
    """PE: `MZ`, and at the place that 0x3c names, `PE`."""
    if not data.startswith(b"MZ") or len(data) < 0x40:
        return False
    (at,) = struct.unpack_from("<I", data, 0x3C)
    return data[at : at + 4] == b"PE\x00\x00"


def _archive(file_name: str, names: list[str]) -> Attachment | None:
    """What an archive is, or what is inside."""
    own = _known_archive(names)
    if own is not None:
        return Attachment(own, disguised=own is not FileType.MACRO and _endings(file_name)[-1] in HARMLESS)
    for name in names:
        inside = named(name.rpartition("/")[2], "")
        if inside is not None and (inside.type is not FileType.SCRIPT or len(names) <= FEW):
            return Attachment(inside.type, inside.disguised, packed=True)
    return None


def _known_archive(names: list[str]) -> FileType | None:
    """Formats that are archives themselves."""
    there = set(names)
    if "AndroidManifest.xml" in there:
        return FileType.APK
    if "AppxManifest.xml" in there:
        return FileType.INSTALLER
    if any(name.endswith("/vbaProject.bin") for name in names):
        return FileType.MACRO
    if "META-INF/MANIFEST.MF" in there and any(name.endswith(".class") for name in names):
        return FileType.JAR
    return None


def names_in(data: bytes) -> Iterator[str]:
    """The names in the central directory of a ZIP file, the first `MOST_NAMES`; nothing is unpacked."""
    end = data.rfind(b"PK\x05\x06")
    if end < 0 or end + 20 > len(data):
        return
    (at,) = struct.unpack_from("<I", data, end + 16)
    for _ in range(MOST_NAMES):
        if data[at : at + 4] != b"PK\x01\x02" or at + 46 > len(data):
            return
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        yield data[at + 46 : at + 46 + name].decode("utf-8", "replace").replace("\\", "/")
        at += 46 + name + extra + comment
