"""Where the page's files lie: ours, and those that packages carry; none comes from elsewhere."""

from __future__ import annotations

from pathlib import Path

DECK = Path(__file__).parent / "deck"
SKIN = Path(__file__).parent / "skin"
"""Style, icons and theme of what Solara draws around the deck."""


def echarts_folder() -> Path:
    """Return the folder of the chart library's built files, carried by solara-assets."""
    from solara.server import settings  # noqa: PLC0415  # starts Solara

    return Path(settings.assets.proxy_cache_dir) / "echarts@5.4.0" / "dist"


def font_file() -> Path:
    """Return the variable font, carried by fontpkg-inter."""
    import fontpkg_inter  # noqa: PLC0415  # part of the extra [live]

    return Path(fontpkg_inter.__file__).parent / "files" / "Inter[opsz,wght].ttf"
