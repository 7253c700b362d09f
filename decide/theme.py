"""How a report looks and whom it is for: names, logo, colours, a line on confidentiality."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from decide import contrast
from decide.logo import Logo, read_logo
from decide.yaml_text import read_yaml
from evalsets import DecideError
from evalsets.explain import listed

BACKGROUNDS = {"accent": "#ffffff", "accent_dark": "#12161c"}
"""Backgrounds of the report in light and in dark, on which each accent must be readable."""

Line = Annotated[str, Field(max_length=200)]


class Theme(BaseModel):
    """The look of a report, and whom it is by and for. Every part may be left out.

    Args:
        engagement: Name of the engagement, shown above the title.
        client: Whom the report is for.
        prepared_by: Who hands it over.
        logo: PNG, JPEG or SVG file of at most 200,000 bytes, embedded in the document. An SVG that could
            run a script or load something is refused.
        logo_text: The logo in words, for screen readers; by default ``prepared_by``, then ``client``.
        accent: Colour of links, marks and the recommendation on white, as ``#rrggbb``.
        accent_dark: The same on the dark background.
        confidentiality: A line shown at the top and in the footer of each printed page.

    Raises:
        DecideError: If a colour has less contrast than 4.5:1 (WCAG AA), or the logo cannot be used.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engagement: Line = ""
    client: Line = ""
    prepared_by: Line = ""
    logo: Path | None = None
    logo_text: Line = ""
    accent: str = "#0b5c8a"
    accent_dark: str = "#74bdea"
    confidentiality: Line = ""

    @field_validator("accent", "accent_dark")
    @classmethod
    def _colour(cls, value: str) -> str:
        found = re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", value.strip())
        if not found:
            raise ValueError(f"{value!r} is no colour. Write it as #rrggbb")
        digits = found[1].lower()
        return "#" + (digits if len(digits) == 6 else "".join(d * 2 for d in digits))

    @model_validator(mode="after")
    def _usable(self) -> Theme:
        for field, background in BACKGROUNDS.items():
            colour, ground = contrast.parse(getattr(self, field)), contrast.parse(background)
            reached = contrast.on_page(colour, ground)
            if reached < contrast.AA:
                better = contrast.write(contrast.readable(colour, ground))
                raise DecideError(
                    f"theme: {field}: {getattr(self, field)} has a contrast of {reached:.2f}:1 on "
                    f"{background}; readable text needs {contrast.AA}:1 (WCAG AA). Take "
                    f"{'a darker' if field == 'accent' else 'a lighter'} one, such as {better}."
                )
        _ = self.image
        return self

    @cached_property
    def image(self) -> Logo | None:
        """The logo, read and checked when the theme is made."""
        return None if self.logo is None else read_logo(self.logo)

    @property
    def alternative(self) -> str:
        """The logo in words."""
        return self.logo_text or self.prepared_by or self.client


def theme_from(data: Any, folder: Path, where: str) -> Theme:
    """A theme from the mapping of a file.

    Args:
        data: The mapping.
        folder: Folder of the file. A relative logo is looked for in it, and may not lead out of it.
        where: The file, for messages.

    Raises:
        DecideError: Naming ``where`` and each wrong field.
    """
    if not isinstance(data, dict):
        raise DecideError(f"{where}: theme: must be a mapping, such as client: Example Ltd.")
    values = dict(data)
    if isinstance(values.get("logo"), str):
        values["logo"] = inside(Path(values["logo"]), folder, where, "theme.logo")
    try:
        return Theme.model_validate(values)
    except ValidationError as error:
        raise DecideError(f"{where}: {listed(error, 'theme')}.") from None
    except DecideError as error:
        raise DecideError(f"{where}: {error}") from None


def inside(file: Path, folder: Path, where: str, field: str) -> Path:
    """``file`` under ``folder``, links followed; an absolute path is taken as it stands.

    Raises:
        DecideError: If a relative path leads out of the folder.
    """
    if file.is_absolute():
        return file
    found = (folder / file).resolve()
    if not found.is_relative_to(folder.resolve()):
        raise DecideError(
            f"{where}: {field}: {file} leads out of the folder of the file. Put it beside the file, or "
            "give an absolute path."
        )
    return found


def read_theme(file: Path) -> Theme:
    """Read a theme file (YAML); its logo is relative to it.

    Raises:
        DecideError: Naming the file and each wrong field.
    """
    return theme_from(read_yaml(file, "Give a theme file."), file.parent, str(file))
