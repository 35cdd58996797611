"""What the reader can set for the whole window; each feature keeps its own section beside it."""

from dataclasses import dataclass

from viewer.base.settings import setting
from viewer.base.translation import N_


@dataclass(frozen=True, slots=True)
class GeneralSettings:
    """Section "general": the window's language and theme, its memory, and where it was."""

    language: str = setting(
        "",
        N_("Language"),
        choices=(("", N_("As the system")), ("en", "English"), ("ko", "한국어")),
    )
    theme: str = setting("dark", N_("Theme"), choices=(("dark", N_("Dark")), ("light", N_("Light"))))
    memory_mb: int = setting(
        0,
        N_("Memory for images (MB)"),
        help=N_("0 takes a quarter of this computer's memory"),
        minimum=0,
        maximum=1_048_576,
        needs_restart=True,
    )
    reader_name: str = setting(
        "",
        N_("Your name"),
        help=N_("It stands beside what you mark; empty takes the name of your account"),
    )
    watches_media: bool = setting(
        default=True,
        title=N_("Show discs and USB drives when they are inserted"),
        help=N_("Nothing on the medium is ever run, and nothing is written to it"),
        needs_restart=True,
    )
    answers_invocations: bool = setting(
        default=False,
        title=N_("Let other programs on this computer ask for studies"),
        help=N_("IHE Invoke Image Display, for this computer only; they learn nothing but that it was asked for"),
        needs_restart=True,
    )
    invocations_port: int = setting(
        10180,
        N_("Port for other programs"),
        help=N_("Where they ask: http://127.0.0.1:PORT/IHEInvokeImageDisplay"),
        minimum=1,
        maximum=65535,
        needs_restart=True,
    )
    recent_paths: tuple[str, ...] = setting(())
