"""The guard on a real listener, asked in ways that no client of ours would."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from tests.support.web_server import listening

from whinchat.web.access import Access


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/a/b", "/a/b"),
        ("//evil.example/", "/evil.example/"),
        ("///evil.example", "/evil.example"),
        ("/\\evil.example/", "/evil.example/"),
        ("/\\/evil.example/", "/evil.example/"),
        ("/%2Fevil.example/", "/%2Fevil.example/"),
        ("/%0d%0aX:y", "/%0d%0aX:y"),
    ],
)
async def test_a_link_leads_to_no_other_site(path: str, target: str) -> None:
    access = Access("a-token-of-some-length", "simulator")
    async with listening(web.Application(middlewares=[access.guard])) as url:
        host = url.removeprefix("http://")
        reader, writer = await asyncio.open_connection("127.0.0.1", int(host.rpartition(":")[2]))
        asked = f"GET {path}?token={access.ticket()} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        writer.write(asked.encode())
        status, *headers = (await reader.read()).decode().split("\r\n")
        writer.close()
    assert status == "HTTP/1.1 303 See Other"
    assert f"Location: {target}" in headers
