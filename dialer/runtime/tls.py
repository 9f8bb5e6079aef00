"""Who we are, and whom we believe, on encrypted connections: SIP trunks and message centres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import (
    Certificate,
    CertificateOptions,
    TLSVersion,
    optionsForClientTLS,
    platformTrust,
    trustRootFromCertificates,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """PEM files. `ca_file`: whom we believe, None = whom the system believes.

    `certificate_file`: our own certificate with what it hangs on, and its key.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None

    def client(self, host: str) -> IOpenSSLClientConnectionCreator:
        """For connections to `host`, a name or an address: its certificate has to be for it.

        OSError for a file that can't be read, ValueError for one without what it should hold.
        """
        return optionsForClientTLS(
            host, trustRoot=self._trust(), extraCertificateOptions=self._own()
        )

    def server(self) -> CertificateOptions:
        """For connections to us. OSError and ValueError as of `client`."""
        if self.certificate_file is None:
            raise ValueError("no certificate of our own")
        return CertificateOptions(**self._own())

    def _own(self) -> dict[str, Any]:
        options: dict[str, Any] = {"raiseMinimumTo": TLSVersion.TLSv1_2}
        if self.certificate_file is not None:
            pem = self.certificate_file.read_bytes()
            own, *chain = load_pem_x509_certificates(pem)
            key = load_pem_private_key(pem, password=None)
            options |= {"privateKey": key, "certificate": own, "extraCertChain": chain}
        return options

    def _trust(self) -> Any:
        if self.ca_file is None:
            return platformTrust()
        believed = load_pem_x509_certificates(self.ca_file.read_bytes())
        pems = [one.public_bytes(Encoding.PEM) for one in believed]
        return trustRootFromCertificates([Certificate.loadPEM(pem) for pem in pems])
