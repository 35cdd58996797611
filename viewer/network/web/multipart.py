"""Bodies of several parts (RFC 2046 5.1), taken apart while they come: what is yielded lies where it came.

A part that says its length is taken at its word, and a delimiter must follow; else the delimiter is looked for.
"""

from collections.abc import Callable, Iterator, Mapping
from email.message import Message

from viewer.network.web import problems

_MOST_PREAMBLE, _MOST_HEADERS, _LONGEST_LINE = 64 * 1024, 100, 8 * 1024
_LONGEST_BOUNDARY = 200
"""RFC 2046 says 70; some make longer ones."""
_MOST_AT_ONCE = 2**20
_CRLF = b"\r\n"


def boundary_of(content_type: str) -> bytes:
    """Return the boundary of a media type multipart/anything; empty where it says none that can be."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary", "")
    if not isinstance(boundary, str) or not boundary.isascii() or not boundary.isprintable():
        return b""
    return boundary.encode("ascii") if len(boundary) <= _LONGEST_BOUNDARY else b""


class Part:
    """One part on its way; to be taken before the next one is asked for.

    Attributes:
        headers: By name in lower case.
    """

    def __init__(self, reader: "MultipartReader", headers: Mapping[str, str]) -> None:
        self.headers = headers
        self._pieces = reader.body_of(self)

    @property
    def media_type(self) -> str:
        """Without parameters, in lower case; empty where it does not say one."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def length(self) -> int | None:
        """What it says of itself in bytes; None where it says nothing."""
        said = self.headers.get("content-length", "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None

    def pieces(self) -> Iterator[memoryview]:
        """Yield its bytes; a piece lies where it came, and stays as it is for as long as somebody holds it.

        Raises:
            WebError: If it is cut off, or no delimiter follows it.
        """
        return self._pieces


class MultipartReader:
    """Takes a body apart.

    Args:
        read: Gives what came next, empty at the end; or waits for as many bytes as it is told, unless that is 0.
        boundary: Between the parts.
        subject: Who sent it, for errors.
        trusts_lengths: Whether parts are taken at their word; some servers say a length that is another's.
    """

    def __init__(
        self, read: Callable[[int], bytes], boundary: bytes, subject: str = "", *, trusts_lengths: bool = True
    ) -> None:
        self._read = read
        self._trusts_lengths = trusts_lengths
        self._delimiter = _CRLF + b"--" + boundary
        self._subject = subject
        self._piece = b""
        self._at = 0

    def parts(self) -> Iterator[Part]:
        """Yield the parts, until the closing delimiter; what of one is not taken is passed over.

        Raises:
            WebError: If the body is cut off, or not built as it must be.
        """
        self._find_first()
        while self._begins_part():
            part = Part(self, self._headers())
            yield part
            for _piece in part.pieces():
                pass

    def body_of(self, part: Part) -> Iterator[memoryview]:
        """Yield the bytes of the part that is next."""
        length = part.length if self._trusts_lengths else None
        yield from self._until_delimiter() if length is None else self._counted(length)

    def _more(self, wanted: int = 0) -> None:
        """Go to the next piece; that the body ends here is an error."""
        self._piece, self._at = self._read(wanted), 0
        if not self._piece:
            raise problems.cut_off(self._subject)

    def _counted(self, length: int) -> Iterator[memoryview]:
        while length > 0:
            if self._at == len(self._piece):
                # All that is known to come at once: many small pieces would cost more than the bytes themselves.
                self._more(min(length + len(self._delimiter), _MOST_AT_ONCE))
            begin, self._at = self._at, min(len(self._piece), self._at + length)
            length -= self._at - begin
            yield memoryview(self._piece)[begin : self._at]
        if self._exactly(len(self._delimiter)) != self._delimiter:
            raise problems.breaks_rules(self._subject)

    def _until_delimiter(self) -> Iterator[memoryview]:
        delimiter = self._delimiter
        held = b""  # what may be the begin of a delimiter, at the end of the piece before
        while True:
            if self._at == len(self._piece):
                self._more()
            if held:
                # So few bytes are copied: the delimiter can lie across the seam, and nowhere else in them.
                seam = held + self._piece[self._at : self._at + len(delimiter)]
                found = seam.find(delimiter)
                if found >= 0:
                    self._at += found + len(delimiter) - len(held)
                    yield memoryview(held)[:found]
                    return
                if len(seam) < len(held) + len(delimiter) - 1:  # a piece of few bytes
                    kept = _begun(seam, delimiter)
                    self._at = len(self._piece)
                    yield memoryview(seam)[: len(seam) - kept]
                    held = seam[len(seam) - kept :]
                    continue
                yield memoryview(held)
                held = b""
            found = self._piece.find(delimiter, self._at)
            begin = self._at
            if found >= 0:
                self._at = found + len(delimiter)
                yield memoryview(self._piece)[begin:found]
                return
            kept = min(_begun(self._piece, delimiter), len(self._piece) - begin)
            self._at = len(self._piece)
            yield memoryview(self._piece)[begin : self._at - kept]
            held = self._piece[self._at - kept :]

    def _find_first(self) -> None:
        """Go behind the first delimiter: it begins the body, or a line after a preamble that nobody reads."""
        seen = 0
        while True:
            line = self._line(_MOST_PREAMBLE)
            seen += len(line)
            if line.startswith(self._delimiter[2:]):
                # What is behind it on its line is looked at as behind any other.
                self._put_back(line[len(self._delimiter) - 2 :])
                return
            if seen > _MOST_PREAMBLE:
                raise problems.breaks_rules(self._subject)

    def _begins_part(self) -> bool:
        """Whether a part follows the delimiter that was just passed; else it was the closing one."""
        if self._exactly(2) == b"--":
            return False
        self._at -= 2
        if self._line(_LONGEST_LINE).strip():
            raise problems.breaks_rules(self._subject)
        return True

    def _headers(self) -> Mapping[str, str]:
        headers: dict[str, str] = {}
        for _count in range(_MOST_HEADERS):
            line = self._line(_LONGEST_LINE)
            name, _colon, value = line.decode("latin-1").partition(":")
            if not line.strip():
                return headers
            headers[name.strip().lower()] = value.strip()
        raise problems.breaks_rules(self._subject)

    def _line(self, longest: int) -> bytes:
        """Return the next line with its end."""
        line = b""
        while True:
            if self._at == len(self._piece):
                self._more()
            end = self._piece.find(b"\n", self._at) + 1 or len(self._piece)
            line += self._piece[self._at : end]
            self._at = end
            if line.endswith(b"\n"):
                return line
            if len(line) > longest:
                raise problems.breaks_rules(self._subject)

    def _exactly(self, count: int) -> bytes:
        """Return so many bytes, and leave them in the piece, so that few of them can be put back."""
        if self._at + count > len(self._piece):
            rest = self._piece[self._at :]
            while len(rest) < count:
                self._more()
                rest += self._piece
            self._piece, self._at = rest, 0
        self._at += count
        return self._piece[self._at - count : self._at]

    def _put_back(self, data: bytes) -> None:
        """Take back what was just read: mostly it still lies in the piece."""
        if len(data) <= self._at:
            self._at -= len(data)
        else:
            self._piece, self._at = data + self._piece[self._at :], 0


def _begun(data: bytes, delimiter: bytes) -> int:
    """Return how many bytes at the end of data may be the begin of a delimiter."""
    begin = max(0, len(data) - len(delimiter) + 1)
    while (begin := data.find(b"\r", begin)) >= 0:
        if delimiter.startswith(data[begin:]):
            return len(data) - begin
        begin += 1
    return 0
