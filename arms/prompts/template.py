"""A prompt template: two Jinja blocks, ``system`` (said once) and ``user`` (said for each text)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from arms.base import ArmError
from arms.llm.base import Message, Prompt
from arms.llm.formats import Example, format_of
from evalsets import Task
from evalsets.tasks import nearest


@dataclass(frozen=True)
class PromptTemplate:
    """Renders prompts for a task.

    Args:
        task: The task; its labels or fields and their descriptions are shown to the model.
        source: Jinja text with the blocks ``system`` and ``user``; ``None`` for the shipped one.
            Variables: ``labels`` (each with ``name`` and ``description``), ``instructions``, ``text``; for
            extraction also ``fields`` (``name``, ``kind``, ``many``, ``choices``, ``required``,
            ``description``), ``blank`` (a record in which nothing is stated) and ``json_schema``.
        instructions: A sentence or two about the task, put into the system block.
    """

    task: Task
    source: str | None = None
    instructions: str = ""

    @cached_property
    def _blocks(self) -> Any:
        from jinja2 import TemplateError

        from arms.prompts.sandbox import Sandbox

        environment = Sandbox()
        source = self.source
        if source is None:
            shipped = {file.stem: file for file in Path(__file__).parent.glob("*.jinja")}
            kind = nearest(self.task.kinds(), shipped)
            if kind is None:
                raise ArmError(f"No prompt for {self.task.kind} is shipped. Give one as template.")
            source = shipped[kind].read_text(encoding="utf-8")
        try:
            template = environment.from_string(source)
        except (TemplateError, RecursionError, ValueError, OverflowError) as error:
            raise ArmError(f"The prompt template is not valid Jinja: {error}.") from error
        missing = {"system", "user"} - set(template.blocks)
        if missing:
            raise ArmError(
                f"The prompt template lacks the block {sorted(missing)[0]!r}. "
                "It needs {% block system %}…{% endblock %} and {% block user %}…{% endblock %}."
            )
        return template

    @cached_property
    def _variables(self) -> dict[str, Any]:
        return {**format_of(self.task).variables(), "instructions": self.instructions}

    def _block(self, name: str, text: str) -> str:
        from jinja2 import TemplateError

        from arms.prompts.sandbox import bounded

        template = self._blocks
        context = template.new_context({**self._variables, "text": text})
        try:
            return bounded(template.blocks[name](context), text).strip()
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise ArmError(f"Block {name!r} of the prompt template failed: {error}.") from error

    def system(self) -> str:
        """The rendered system block."""
        return self._block("system", text="")

    def prompt(self, text: str, examples: Sequence[Example] = ()) -> Prompt:
        """The chat prompt for one text, with worked examples (text, answer) as earlier turns."""
        turns = [Message("system", self.system())]
        for example, answer in examples:
            turns += [Message("user", self._block("user", text=example)), Message("assistant", answer)]
        return (*turns, Message("user", self._block("user", text=text)))

    def outline(self, examples: Sequence[Example] = ()) -> str:
        """The prompt as a record shows it, an ellipsis standing for the text."""
        return "\n\n".join(f"[{m.role}]\n{m.content}" for m in self.prompt("…", examples))

    def check(self) -> None:
        """Refuse a template that does not render or does not show the text.

        Raises:
            ArmError: Saying what is wrong with it.
        """
        marker = "the-text-of-a-document"
        if marker not in self._block("user", text=marker):
            raise ArmError("The user block of the prompt template does not show {{ text }}. Add it.")
        self.system()
