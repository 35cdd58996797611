"""A window of VTK's that nobody sees, and what draws in it: a graphics card or a program."""

import functools
import sys
from pathlib import Path
from typing import Any

from viewer.base.errors import VolumeError
from viewer.base.shared_libraries import load_meanwhile
from viewer.base.translation import _

_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader", "microsoft basic render", "gdi generic", "software")
"""How OpenGL calls itself where there is no graphics card behind it."""

_LARGE_LIBRARIES = ("libvtkRenderingOpenGL2.so", "libvtkRenderingVolumeOpenGL2.so")


@functools.cache
def load_libraries() -> None:
    """Load the large libraries behind VTK's modules without keeping other threads waiting."""
    import vtkmodules

    for name in _LARGE_LIBRARIES:
        load_meanwhile(Path(vtkmodules.__file__).with_name(name))


def is_software(renderer: str) -> bool:
    """Return whether a name of an OpenGL renderer is that of one without a graphics card."""
    return any(name in renderer.lower() for name in _SOFTWARE)


def hush() -> None:
    """Keep VTK from writing on standard error: what fails is told as an error."""
    from vtkmodules.vtkCommonCore import vtkLogger, vtkObject

    vtkObject.GlobalWarningDisplayOff()
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)


def window_off_screen() -> tuple[Any, str]:
    """Return a window off screen that has drawn once, and what OpenGL calls itself in it.

    Raises:
        VolumeError: If nothing can be drawn on this machine.
    """
    for make in _kinds():
        window = make()
        window.ShowWindowOff()
        window.OffScreenRenderingOn()
        if hasattr(window, "SetConnectContextToNSView"):  # macOS: views belong to the first thread
            window.ConnectContextToNSViewOff()
        window.SetMultiSamples(0)
        window.SetSize(16, 16)
        window.Render()
        name = _renderer_name(window)
        if name:
            return window, name
        window.Finalize()  # it would stay black, and nobody would know
    advice = _("Install the graphics libraries of your system (on Linux libEGL and Mesa)")
    raise VolumeError(_("Renderings cannot be drawn on this computer"), advice=advice)


def _kinds() -> list[Any]:
    """Return kinds of windows, the best first."""
    import vtkmodules.vtkRenderingOpenGL2
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

    # On Linux a plain window would want a display.
    names = ("vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow") if sys.platform.startswith("linux") else ()
    library = vtkmodules.vtkRenderingOpenGL2
    return [getattr(library, name) for name in names if hasattr(library, name)] or [vtkRenderWindow]


def _renderer_name(window: Any) -> str:  # noqa: ANN401 - VTK has no types
    for line in str(window.ReportCapabilities()).splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() == "OpenGL renderer string":
            return value.strip()
    return ""
