"""Links to public names, under whatever name a docstring or an annotation has them.

``decide.EvalSet`` is defined as ``evalsets.evalset.EvalSet`` and annotations say ``EvalSet``: all three are
the object that is documented under the first name. What is documented nowhere is shown without a link, and
what does not exist is left to Sphinx, which warns.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

OURS = ("decide", "arms", "evalsets", "reports")


def named(name: str) -> Any:
    """The object of a dotted name.

    Raises:
        LookupError: If there is none.
    """
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        try:
            for part in parts[count:]:
                found = getattr(found, part)
        except AttributeError:
            # A field of a dataclass or record has no attribute of its class.
            if parts[-1] in getattr(found, "__annotations__", {}):
                return None
            break
        return found
    raise LookupError(name)


def documented(name: str, public: Iterable[str]) -> str | None:
    """The public name of the object that has this name, if it has one.

    Raises:
        LookupError: If there is no such object.
    """
    wanted = named(name)
    last = name.rpartition(".")[2]
    same = (other for other in public if other.rpartition(".")[2] == last and named(other) is wanted)
    return None if wanted is None else next(same, None)


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Node | None:
    """A link to the object that a name stands for; the bare name where it is documented nowhere."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target:
        return None
    domain = env.domains.python_domain
    within = ".".join(part for part in (node.get("py:module"), target) if part)
    for name in dict.fromkeys((target, within, *(f"{ours}.{target}" for ours in OURS))):
        if name.partition(".")[0] not in OURS:
            continue
        try:
            public = documented(name, domain.objects)
        except LookupError:
            continue
        if public is None:
            return content
        return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", public, node, content)
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Resolve what Sphinx does not find."""
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
