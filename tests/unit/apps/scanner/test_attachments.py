"""What an attached file is, by its name and by its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.attached import INSTALLER, MACROS, SHORTCUT, archive, compound, disc, program

from whinchat.apps.scanner.attachments import EXTENSIONS, FEW, MOST_NAMES, Attachment, named, names_in, sniffed
from whinchat.apps.scanner.policy import FileType


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("update.apk", FileType.APK),
        ("Setup.EXE", FileType.EXE),
        ("saver.scr", FileType.EXE),
        ("run.js", FileType.SCRIPT),
        ("run.vbs", FileType.SCRIPT),
        ("run.bat", FileType.SCRIPT),
        ("run.cmd", FileType.SCRIPT),
        ("run.ps1", FileType.SCRIPT),
        ("run.hta", FileType.SCRIPT),
        ("disc.iso", FileType.DISK_IMAGE),
        ("link.lnk", FileType.SHORTCUT),
        ("pack.msi", FileType.INSTALLER),
        ("game.jar", FileType.JAR),
        ("bill.docm", FileType.MACRO),
        ("sheet.xlsm", FileType.MACRO),
        (" trailing.exe . ", FileType.EXE),
    ],
)
def test_an_ending_says_what_runs(name: str, kind: FileType) -> None:
    assert named(name, "") == Attachment(kind)


@pytest.mark.parametrize(
    "name", ["photo.jpg", "bill.pdf", "notes", "", "exe", "archive.zip", "list.of.things.txt", "."]
)
def test_what_cannot_run_is_nothing(name: str) -> None:
    assert named(name, "application/pdf") is None


@pytest.mark.parametrize(
    "name", ["bill.pdf.exe", "photo.JPG.scr", "bill.pdf          .exe", "bill\u202efdp.exe", "clip.mp4.apk"]
)
def test_a_name_that_pretends_is_found_out(name: str) -> None:
    found = named(name, "")
    assert found is not None
    assert found.disguised


@pytest.mark.parametrize("name", ["tool.v1.2.exe", "my.backup.iso", "setup.exe"])
def test_dots_alone_are_no_disguise(name: str) -> None:
    found = named(name, "")
    assert found is not None
    assert not found.disguised


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("application/vnd.android.package-archive", FileType.APK),
        ("Application/X-MSDownload; charset=binary", FileType.EXE),
        ("application/vnd.ms-word.document.macroEnabled.12", FileType.MACRO),
    ],
)
def test_what_the_senders_app_calls_it_counts_where_the_name_says_nothing(mime: str, kind: FileType) -> None:
    assert named("attachment", mime) == Attachment(kind)
    assert named("photo.jpg", mime) == Attachment(kind, disguised=True)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (program(), FileType.EXE),
        (b"\x7fELF" + b"\0" * 60, FileType.EXE),
        (b"\xcf\xfa\xed\xfe" + b"\0" * 60, FileType.EXE),
        (b"dex\n035\0", FileType.APK),
        (SHORTCUT, FileType.SHORTCUT),
        (b"[InternetShortcut]\r\nURL=file://x", FileType.SHORTCUT),
        (b"MSCF\0\0\0\0rest", FileType.INSTALLER),
        (compound(inside=INSTALLER), FileType.INSTALLER),
        (disc(), FileType.DISK_IMAGE),
        (b"vhdxfile" + b"\0" * 60, FileType.DISK_IMAGE),
        (b"#!/bin/sh\nrm -rf x", FileType.SCRIPT),
        (b"@ECHO off\r\n", FileType.SCRIPT),
        (b"#@~^AAAAAA==", FileType.SCRIPT),
        (b"<html><head><HTA:APPLICATION id=x>", FileType.SCRIPT),
        (archive("AndroidManifest.xml", "classes.dex"), FileType.APK),
        (archive("META-INF/MANIFEST.MF", "a/B.class"), FileType.JAR),
        (archive("AppxManifest.xml"), FileType.INSTALLER),
    ],
)
def test_bytes_say_what_runs_and_a_harmless_name_is_a_disguise(data: bytes, kind: FileType) -> None:
    assert sniffed("holiday.jpg", data) == Attachment(kind, disguised=True)
    assert sniffed("blob", data) == Attachment(kind)


def test_macros_in_an_old_document_are_told_and_no_disguise() -> None:
    assert sniffed("bill.doc", compound(inside=MACROS)) == Attachment(FileType.MACRO)
    assert sniffed("bill.docx", archive("word/document.xml", "word/vbaProject.bin")) == Attachment(FileType.MACRO)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ",
        b"MZ" + b"\0" * 100,
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n",
        compound(),
        archive("word/document.xml"),
        archive("META-INF/MANIFEST.MF"),
        archive("holiday/1.jpg", "readme.txt"),
        b"PK\x03\x04 cut off",
        b"hello @echo off",
    ],
)
def test_what_cannot_run_is_left_in_peace(data: bytes) -> None:
    assert sniffed("something.bin", data) is None


def test_what_is_packed_is_seen_without_unpacking() -> None:
    assert sniffed("photos.zip", archive("a.jpg", "dir/setup.exe")) == Attachment(FileType.EXE, packed=True)
    assert sniffed("bill.zip", archive("bill.pdf.js")) == Attachment(FileType.SCRIPT, disguised=True, packed=True)
    assert sniffed("x.zip", archive("dir\\update.apk")) == Attachment(FileType.APK, packed=True)


def test_scripts_among_many_files_are_somebodys_project() -> None:
    assert sniffed("site.zip", archive(*(f"src/{number}.js" for number in range(FEW + 1)))) is None


def test_a_directory_of_names_is_read_only_so_far() -> None:
    entry = b"PK\x01\x02" + b"\0" * 24 + b"\x01" + b"\0" * 17 + b"x"
    end = b"PK\x05\x06" + b"\0" * 16
    assert list(names_in(entry * (MOST_NAMES + 10) + end)) == ["x"] * MOST_NAMES
    assert list(names_in(entry * 3 + end)) == ["x"] * 3


def test_every_type_has_an_ending() -> None:
    assert set(EXTENSIONS.values()) == set(FileType)


@given(st.text(max_size=40), st.text(max_size=40), st.binary(max_size=200))
def test_nothing_that_is_sent_is_too_much(name: str, mime: str, data: bytes) -> None:
    named(name, mime)
    for start in (b"", b"PK\x03\x04", b"MZ", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        sniffed(name, start + data + b"PK\x05\x06" + data)
