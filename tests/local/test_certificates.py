"""The authority and the server's certificate: whom they name, how long, and who may read them."""

import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from scribepass.local.certificates import Pair, hosts, is_current, make_authority, make_server
from scribepass.local.tls import AUTHORITY, certified

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def alternatives(pair: Pair) -> x509.SubjectAlternativeName:
    return pair.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def test_whom_the_certificate_names() -> None:
    """This machine, and every region's hosts of Transcribe streaming, FIPS and China too, and of STS."""
    names = alternatives(make_server(make_authority(now=NOW), now=NOW))
    assert set(names.get_values_for_type(x509.DNSName)) == set(hosts())
    assert set(hosts()) >= {
        "localhost",
        "transcribestreaming.us-east-1.amazonaws.com",
        "transcribestreaming-fips.us-east-1.amazonaws.com",
        "transcribestreaming.eu-west-1.amazonaws.com",
        "transcribestreaming.cn-north-1.amazonaws.com.cn",
        "transcribestreaming.us-gov-west-1.amazonaws.com",
        "sts.us-east-1.amazonaws.com",
        "sts.cn-north-1.amazonaws.com.cn",
    }
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1"), ip_address("::1")]


def test_how_long_it_is_renewed_before_its_end() -> None:
    """A month. Before that it is good, and the day before it was made too."""
    authority = make_authority(now=NOW)
    server = make_server(authority, now=NOW)
    for days, good in [(-2, False), (-0.5, True), (0, True), (366, True), (368, False), (400, False)]:
        assert is_current(server, authority=authority, now=NOW + timedelta(days=days)) is good
    assert is_current(authority, authority=authority, now=NOW + timedelta(days=3600))
    assert not is_current(authority, authority=authority, now=NOW + timedelta(days=3630))


def signed_again(pair: Pair, authority: Pair, *names: str) -> Pair:
    """The same certificate for other names."""
    old = pair.certificate
    builder = x509.CertificateBuilder(
        issuer_name=old.issuer,
        subject_name=old.subject,
        public_key=old.public_key(),
        serial_number=old.serial_number,
        not_valid_before=old.not_valid_before_utc,
        not_valid_after=old.not_valid_after_utc,
    )
    for each in old.extensions:
        value = each.value
        if isinstance(value, x509.SubjectAlternativeName):
            value = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(value, critical=each.critical)
    return Pair(certificate=builder.sign(authority.key, hashes.SHA256()), key=pair.key)


def test_what_is_not_current() -> None:
    """Another authority's, another key's, or one for yesterday's names is made anew."""
    authority, other = make_authority(now=NOW), make_authority(now=NOW)
    server = make_server(authority, now=NOW)
    assert is_current(signed_again(server, authority, *hosts()), authority=authority, now=NOW)
    assert not is_current(server, authority=other, now=NOW)
    assert not is_current(Pair(certificate=server.certificate, key=other.key), authority=authority, now=NOW)
    assert not is_current(signed_again(server, authority, *hosts()[1:]), authority=authority, now=NOW)


def shaken(server: Pair, authority: Pair, name: str, folder: Path) -> None:
    """A TLS handshake in memory, in which the client wants ``name``."""
    (folder / "server.pem").write_bytes(server.to_pem())
    (folder / "ca.pem").write_bytes(authority.certificate_pem())
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "server.pem")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.create_default_context(cafile=folder / "ca.pem")
    client = trusting.wrap_bio(to_client, to_server, server_hostname=name)
    ends = [client, serving.wrap_bio(to_server, to_client, server_side=True)]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                continue


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "::1", "transcribestreaming.us-east-1.amazonaws.com"]
)
def test_clients_that_trust_the_authority_trust_the_server(tmp_path: Path, name: str) -> None:
    """By its name, by its address, and by AWS's name."""
    now = datetime.now(UTC)
    authority = make_authority(now=now)
    shaken(make_server(authority, now=now), authority, name, tmp_path)


@pytest.mark.parametrize("name", ["example.com", "s3.amazonaws.com", "transcribestreaming.amazonaws.com"])
def test_the_authority_vouches_for_no_other_host(tmp_path: Path, name: str) -> None:
    """Not even who has its key makes a certificate of it for a host that is not in the list."""
    now = datetime.now(UTC)
    authority = make_authority(now=now)
    forged = signed_again(make_server(authority, now=now), authority, name)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shaken(forged, authority, name, tmp_path)


def test_keys_are_nobody_elses(tmp_path: Path) -> None:
    """Files with keys are for their owner, in a folder that only the owner may enter."""
    with certified(tmp_path / "state", now=NOW) as (_, authority):
        folder = authority.parent
        assert authority == tmp_path / "state" / "tls" / AUTHORITY
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in folder.iterdir():
            mode = stat.S_IMODE(path.stat().st_mode)
            assert b"PRIVATE KEY" not in path.read_bytes() or mode == 0o600
        assert {path.name for path in folder.glob("*key*")} == {"ca-key.pem", "server-key.pem"}
        assert b"PRIVATE KEY" not in authority.read_bytes()


def kept(state: Path, *, now: datetime = NOW) -> tuple[bytes, bytes]:
    """The authority and the server's pair after a start."""
    with certified(state, now=now) as (_, authority):
        return authority.read_bytes(), (authority.parent / "server-key.pem").read_bytes()


def test_they_outlive_a_restart(tmp_path: Path) -> None:
    """A second start changes nothing; a year later the server's is new and the authority is not."""
    first = kept(tmp_path)
    assert kept(tmp_path) == first
    later = kept(tmp_path, now=NOW + timedelta(days=380))
    assert (later[0], later[1] != first[1]) == (first[0], True)
    last = kept(tmp_path, now=NOW + timedelta(days=3640))
    assert last[0] != first[0]


@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\n"])
@pytest.mark.parametrize("name", ["ca-key.pem", "server-key.pem", "ca.pem"])
def test_what_cannot_be_read_is_made_anew(tmp_path: Path, name: str, content: bytes) -> None:
    """A file that was damaged keeps nobody from working."""
    authority, _ = kept(tmp_path)
    (tmp_path / "tls" / name).write_bytes(content)
    again, _ = kept(tmp_path)
    assert (again == authority) is (name != "ca-key.pem")


def test_two_that_start_at_once(tmp_path: Path) -> None:
    """They agree on one authority."""
    found: list[tuple[bytes, bytes]] = []
    threads = [threading.Thread(target=lambda: found.append(kept(tmp_path))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(set(found)) == 1


def test_without_a_folder_nothing_is_left() -> None:
    """They last as long as the server."""
    with certified(None, now=NOW) as (_, authority):
        assert authority.exists()
    assert not authority.parent.parent.exists()


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """Is an OSError that names it."""
    (tmp_path / "state").write_text("a file")
    with pytest.raises(OSError, match="state"), certified(tmp_path / "state", now=NOW):
        pass
