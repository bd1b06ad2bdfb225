"""An authority of one machine, and the server certificate that it vouches for. No file, no clock.

The authority is constrained (RFC 5280, 4.2.1.10) to localhost and to the hosts that the local AWS stands in
for: whoever trusts it trusts it with no other name, whatever becomes of its key. IP addresses are not
constrained, because AWS's own TLS (s2n on AWS-LC) refuses a chain that does so.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from scribepass.transcribe import REGIONS, Region

__all__ = ["Pair", "hosts", "is_current", "make_authority", "make_server"]

_LIFE_OF_AUTHORITY = timedelta(days=3650)
_LIFE_OF_SERVER = timedelta(days=397)  # the longest that every client takes from any authority
_RENEW_BEFORE = timedelta(days=30)
_SKEW = timedelta(days=1)

_ADDRESSES = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def from_pem(cls, pem: bytes) -> Pair:
        """Read what :meth:`to_pem` wrote. ``ValueError`` where it is something else."""
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("the key is not one of an elliptic curve")  # noqa: TRY004 - the file has it, not the caller
        return cls(certificate=x509.load_pem_x509_certificate(pem), key=key)

    def to_pem(self) -> bytes:
        """Key and certificate, the former in the clear."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return key + self.certificate_pem()

    def certificate_pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def hosts() -> list[str]:
    """Every name that the local AWS answers to: its own, and those of the AWS that it stands in for."""
    return ["localhost", *(host for region in REGIONS.values() for host in _hosts_of(region))]


def make_authority(*, now: datetime) -> Pair:
    """A new authority for :func:`hosts`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "scribepass local AWS of this machine")])
    permitted = [x509.DNSName(host) for host in hosts()]
    builder = _builder(name, key.public_key(), issuer=name, now=now, life=_LIFE_OF_AUTHORITY)
    for extension, critical in (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_key_usage(signs_certificates=True), True),
        (x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), True),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return Pair(certificate=builder.sign(key, hashes.SHA256()), key=key)


def make_server(authority: Pair, *, now: datetime) -> Pair:
    """A new server certificate for :func:`hosts` and loopback addresses, which ``authority`` vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "scribepass local AWS")])
    issuer = authority.certificate.subject
    builder = _builder(name, key.public_key(), issuer=issuer, now=now, life=_LIFE_OF_SERVER)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(signs_certificates=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName(_names()), False),
        (identifier, False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return Pair(certificate=builder.sign(authority.key, hashes.SHA256()), key=key)


def is_current(pair: Pair, *, authority: Pair, now: datetime) -> bool:
    """Whether ``pair`` is from ``authority`` (or is it), still good for a while, and for today's names."""
    certificate = pair.certificate
    try:
        certificate.verify_directly_issued_by(authority.certificate)
        names = _names_in(certificate)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        certificate.public_key() == pair.key.public_key()
        and certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - _RENEW_BEFORE
        and names == set(hosts())
    )


def _hosts_of(region: Region) -> list[str]:
    services = ["transcribestreaming", *(["transcribestreaming-fips"] if region.fips else []), "sts"]
    return [f"{service}.{region.code}.{region.dns_suffix}" for service in services]


def _names() -> list[x509.GeneralName]:
    return [*(x509.DNSName(host) for host in hosts()), *(x509.IPAddress(each) for each in _ADDRESSES)]


def _names_in(certificate: x509.Certificate) -> set[str]:
    extensions = certificate.extensions
    if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
        permitted = extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
        return {each.value for each in permitted if isinstance(each, x509.DNSName)}
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(names.get_values_for_type(x509.DNSName))


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, *, issuer: x509.Name, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)  # for clients whose clock is behind
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
