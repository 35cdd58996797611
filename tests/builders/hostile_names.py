"""Names that try to lead a reader out of a medium, to a device, or astray; `{canary}` is where they want to get."""

_CLIMBS = tuple("../" * depth + "canary/secret" for depth in range(1, 9))
_WINDOWS_CLIMBS = tuple("..\\" * depth + "canary\\secret" for depth in range(1, 9))
_HIDDEN_CLIMBS = (
    "DICOM/../../canary/secret",
    "DICOM/./../../canary/secret",
    "DICOM/..\\..\\canary/secret",
    "a/b/c/../../../../canary/secret",
    "./../canary/secret",
    ".././../canary/secret",
    "..//canary//secret",
    "DICOM/.. /canary/secret",
    "DICOM/ ../canary/secret",
    "DICOM/../canary/secret",
    ".. /canary/secret",
    "... /canary",
    ".../canary",
    "..../canary",
    "DICOM/...",
    "DICOM/. .",
    "．．/canary/secret",
    "．．／canary／secret",
    "‥/canary/secret",
    "..／canary",
    "..＼canary",
    "..",
    ".",
    "./",
    "../",
    "..\\",
)
_ABSOLUTE = (
    "{canary}/secret",
    "/{canary}/secret",
    "//{canary}/secret",
    "/etc/passwd",
    "//etc/passwd",
    "/proc/self/environ",
    "/dev/zero",
    "\\etc\\passwd",
    "\\\\server\\share\\secret",
    "//server/share/secret",
    "\\\\?\\C:\\secret",
    "\\\\.\\PhysicalDrive0",
    "\\\\.\\pipe\\x",
    "\\??\\C:\\secret",
    "/",
    "//",
    "\\",
)
_DRIVES = (
    "C:/secret",
    "C:\\secret",
    "c:secret",
    "Z:\\canary",
    "C:../canary",
    "DICOM/C:/secret",
    "IM1:stream",
    "IM1::$DATA",
    "DICOM/IM1:hidden.exe",
    "DICOM/C：secret",
)
_DEVICE_NAMES = ("CON", "con", "PRN", "AUX", "NUL", "nul.dcm", "COM1", "com9.txt", "LPT1", "lpt3.dcm", "CONIN$")
_DEVICES = (
    *(f"{folder}{name}" for name in _DEVICE_NAMES for folder in ("", "DICOM/")),
    *("CLOCK$", "NUL ", "NUL.", "CON .dcm", "COM¹", "LPT².dcm"),
)
_CONTROL = (
    "IM\x001.dcm",
    "IM1\x00/../canary/secret",
    "IM\n1",
    "IM\r1",
    "IM\x1b[2J",
    "IM\x1b]0;title\x07",
    "IM\x08\x08\x08",
    "IM\x7f",
    "IM\x851",
    "IM\u2028x",
    "IM\u202egpj.exe",
    "IM\u2066x",
    "DICOM\x00",
)
_LONG = (
    "A" * 300,
    "DICOM/" + "B" * 256,
    "/".join(["d"] * 100),
    "/".join(["deep"] * 300),
    "x" * 5000,
    "가" * 400,
)

HOSTILE_NAMES: tuple[str, ...] = (
    _CLIMBS + _WINDOWS_CLIMBS + _HIDDEN_CLIMBS + _ABSOLUTE + _DRIVES + _DEVICES + _CONTROL + _LONG
)
