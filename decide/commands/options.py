"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Lines = Annotated[
    bool, typer.Option("--json", help="Print events and, last, the result as JSON, one object a line.")
]
Outside = Annotated[
    bool, typer.Option("--allow-outside", help="The engagement file may name files outside its folder.")
]
