"""What a corner of a rendering says of its colours: the name of the preset, and whether it was changed."""

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.volume.rendering_presets import first_preset, preset_named
from viewer.workspace.volume_view import RenderingView


def rendering_words(look: RenderingView, modality: str) -> str:
    """Return the preset's name, marked where its functions were changed by hand; of the reader's own that alone."""
    try:
        title = _((preset_named(look.preset) if look.preset else first_preset(modality)).title)
    except VolumeError:
        title = _("Own preset")
    return _("{0}, changed").format(title) if look.functions else title
