"""Other archives as controls: DCMTK's storescp and dcmqrscp, and Orthanc (orthanc_server)."""

import hashlib
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.builders.orthanc_server import ORTHANC, ORTHANC_PLUGINS, Orthanc, OrthancOptions
from tests.builders.peer_server import SECONDS, PeerServer, free_port, pixels_of

__all__ = [
    "DCMQRIDX", "DCMQRSCP", "ORTHANC", "ORTHANC_PLUGINS", "SECONDS", "STORESCP", "DcmQrScp", "Orthanc",
    "OrthancOptions", "PeerServer", "StoreScp", "free_port",
]  # fmt: skip

STORESCP = shutil.which("storescp") or "/usr/bin/storescp"
DCMQRSCP, DCMQRIDX = "/usr/bin/dcmqrscp", "/usr/bin/dcmqridx"


class StoreScp(PeerServer):
    """DCMTK's storescp, a process for each association, that writes what came as it came."""

    ae_title = "STORESCP"

    def command(self) -> Sequence[str]:
        self.port = free_port()
        (self.folder / "files").mkdir(exist_ok=True)
        options = ("--fork", "+xa", "-pm", "+B", "-aet", self.ae_title, "-od", str(self.folder / "files"))
        return (STORESCP, *options, str(self.port))

    def held(self) -> dict[str, str]:
        return dict(filter(None, map(pixels_of, (self.folder / "files").iterdir())))

    def remains(self) -> int:
        files = list((self.folder / "files").iterdir())
        return sum(pixels_of(path) is None for path in files)


class DcmQrScp(PeerServer):
    """DCMTK's dcmqrscp; it knows no TLS (MisbehavingProxy does) and lists at most 500 studies.

    Args:
        folder: Its own.
        destinations: Host and port by AE title of where a C-MOVE may send to.
        options: Of its command line.
    """

    ae_title = "DCMQRSCP"

    def __init__(
        self, folder: Path, destinations: Mapping[str, tuple[str, int]] | None = None, options: Sequence[str] = ()
    ) -> None:
        super().__init__(folder)
        self.destinations = dict(destinations or {})
        self.options = list(options)
        self.files = folder / "files"
        self.files.mkdir(exist_ok=True)

    def command(self) -> Sequence[str]:
        self.port = free_port()
        hosts = "\n".join(
            f"host{number} = ({title}, {host}, {port})"
            for number, (title, (host, port)) in enumerate(self.destinations.items())
        )
        lines = (
            f"NetworkTCPPort = {self.port}", "MaxPDUSize = 131072", "MaxAssociations = 32", "HostTable BEGIN", hosts,
            "HostTable END", "VendorTable BEGIN", "VendorTable END", "AETable BEGIN",
            f"{self.ae_title} {self.files} RW (500, 4096mb) ANY", "AETable END", "",
        )  # fmt: skip
        path = self.folder / "dcmqrscp.cfg"
        path.write_text("\n".join(lines))
        return (DCMQRSCP, "-c", str(path), *self.options)

    def keep(self, files: Sequence[Path]) -> None:
        """Have it hold copies of files; much faster than sending them."""
        kept = []
        for path in files:
            name = hashlib.sha256(str(path).encode()).hexdigest()[:24]
            kept.append(shutil.copyfile(path, self.files / f"{name}.dcm"))
        for first in range(0, len(kept), 500):
            subprocess.run((DCMQRIDX, str(self.files), *map(str, kept[first : first + 500])), check=True)

    def held(self) -> dict[str, str]:
        return dict(filter(None, map(pixels_of, self._images())))

    def remains(self) -> int:
        return sum(pixels_of(path) is None for path in self._images())

    def _images(self) -> list[Path]:
        return [path for path in self.files.iterdir() if path.name != "index.dat"]
