"""What the library's process is started with."""

from __future__ import annotations

from whinchat.transports.linked.process import TUNED, environment


def test_the_process_gets_nothing_of_the_services_secrets() -> None:
    """The library has a whole network to talk to: it gets what it needs to reach it, and no more."""
    ours = {
        "WHINCHAT_KEYS__PASSPHRASE": "hush",
        "DATABASE_URL": "hush",
        "HOME": "/home/ana",
        "PATH": "/usr/bin",
        "PYTHONPATH": "/tmp",
        "SSL_CERT_FILE": "authority.pem",
        "HTTPS_PROXY": "http://proxy",
    }
    given = environment(ours)
    assert given == {"SSL_CERT_FILE": "authority.pem", "HTTPS_PROXY": "http://proxy", **TUNED}
    assert given["NEONIZE_BOT_TAG"] == "off"  # else what is sent to a person is marked as a bot's
