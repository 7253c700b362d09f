"""Logging a comparison to MLflow, on request (extra ``mlflow``)."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from decide.workload import Workload
from evalsets import DecideError

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.theme import Theme

EXTRA = 'pip install "decide-nlp[mlflow]"'
EXPERIMENT = "decide"
VARIABLE = "MLFLOW_TRACKING_URI"
_LOCAL = ("", "file", "sqlite")
_HOSTED = ("databricks", "databricks-uc", "uc")
"""Names that MLflow takes for a service, not for a folder."""


class Tracking(BaseModel):
    """Where and how a comparison is logged to MLflow.

    Args:
        tracking_uri: Tracking server or store, such as ``sqlite:///mlflow.db`` (relative to the engagement
            file); by default the variable ``MLFLOW_TRACKING_URI``, else ``mlflow.db`` beside the file. It may
            hold no password: MLflow reads ``MLFLOW_TRACKING_USERNAME`` and ``MLFLOW_TRACKING_PASSWORD``.
        experiment: Name of the experiment, made if missing.
        tags: Tags of the runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tracking_uri: str | None = None
    experiment: str = Field(default=EXPERIMENT, min_length=1)
    tags: dict[str, str] = Field(default={})

    @field_validator("tracking_uri")
    @classmethod
    def _without_password(cls, uri: str | None) -> str | None:
        """A file is passed on; a secret must not be in it."""
        if uri is not None and _secrets(uri):
            raise ValueError(
                "holds a user or password. Take it out and set MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD, or give the whole URI in the variable MLFLOW_TRACKING_URI"
            )
        return uri

    def check(self, workload: Workload, redacted: bool) -> None:
        """Refuse, before anything slow, what could not be logged.

        Args:
            workload: Says whether text may leave.
            redacted: Whether texts are left out of what is written.

        Raises:
            DecideError: If MLflow is missing, or the server is another machine and text must stay here.
        """
        if importlib.util.find_spec("mlflow") is None:
            raise DecideError(f"Logging needs MLflow, which is not installed. Run {EXTRA}.")
        host = outside(_uri(self.tracking_uri))
        if host and not workload.text_may_leave and not redacted:
            raise DecideError(
                f"The report holds texts of documents and would go to {host}, but text may not leave this "
                "machine. Leave the texts out (redact_examples: true), set text_may_leave, or log to a store "
                "on this machine, such as sqlite:///mlflow.db."
            )

    def log(
        self,
        comparison: Comparison,
        folder: Path | None = None,
        *,
        redact_examples: bool = False,
        theme: Theme | None = None,
    ) -> str:
        """Log a comparison; see :func:`log_to_mlflow`. A relative SQLite file is taken from ``folder``."""
        uri = _uri(self.tracking_uri)
        start = "sqlite:///"
        if folder is not None and uri.startswith(start) and not uri.startswith(f"{start}/"):
            uri = f"{start}{(folder / uri.removeprefix(start)).resolve()}"
        return log_to_mlflow(
            comparison,
            uri,
            experiment=self.experiment,
            tags=self.tags,
            redact_examples=redact_examples,
            theme=theme,
        )


def _uri(given: str | None) -> str:
    return given or os.environ.get(VARIABLE) or "sqlite:///mlflow.db"


def log_to_mlflow(
    comparison: Comparison,
    tracking_uri: str | None = None,
    *,
    experiment: str = EXPERIMENT,
    tags: Mapping[str, str] | None = None,
    redact_examples: bool = False,
    theme: Theme | None = None,
) -> str:
    """Log a comparison to MLflow: one run with the recommendation, and a nested one for each arm.

    A run of an arm has its settings as parameters and its measurements as metrics; ``seed_score`` has a step
    for each seed. The parent run also gets ``report.html`` and ``comparison.json``. Where the server is
    another machine and the workload lets no text leave, it gets the report without texts alone, and that only
    with ``redact_examples``. MLflow's telemetry is switched off.

    Args:
        comparison: What :func:`decide.compare` returned.
        tracking_uri: Server or store; by default ``MLFLOW_TRACKING_URI``, else ``sqlite:///mlflow.db``. A
            user or password in it is never logged.
        experiment: Name of the experiment, made if missing.
        tags: Further tags of every run.
        redact_examples: Whether to leave out the texts of documents.
        theme: Look of the report.

    Returns:
        The id of the parent run.

    Raises:
        DecideError: If MLflow is missing or refuses, or text would leave the machine that may not.
    """
    uri = _uri(tracking_uri)
    # Not by way of the record, which takes no password.
    Tracking.model_construct(tracking_uri=uri).check(comparison.workload, redact_examples)
    if redact_examples:
        comparison = comparison.without_texts()
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from decide import mlflow_runs

    whole = comparison.workload.text_may_leave or not outside(uri)
    try:
        with tempfile.TemporaryDirectory(prefix="decide-") as folder:
            files = [comparison.to_html(Path(folder) / "report.html", theme=theme)]
            if whole:
                files.append(comparison.to_json(Path(folder) / "comparison.json"))
            return mlflow_runs.write(comparison, uri, experiment, dict(tags or {}), files)
    except DecideError:
        raise
    except Exception as error:
        said = str(error)
        for secret in _secrets(uri):
            said = said.replace(secret, "…")
        raise DecideError(
            f"MLflow at {shown(uri)} did not take the comparison ({type(error).__name__}: {said[:600]})."
        ) from None


def outside(uri: str) -> str:
    """The other machine that a tracking URI leads to; empty if it stays on this one."""
    parts = urlsplit(uri)
    if parts.path in _HOSTED and not parts.scheme:
        return parts.path
    # A drive letter of Windows is no scheme.
    if parts.scheme in _LOCAL or len(parts.scheme) == 1:
        return ""
    host = (parts.hostname or "").removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):
        return ""
    try:
        if ipaddress.ip_address(host).is_loopback:
            return ""
    except ValueError:
        pass
    return host or f"{parts.scheme} (no host named)"


def shown(uri: str) -> str:
    """A tracking URI without user, password and query."""
    parts = urlsplit(uri)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=place, query="", fragment="").geturl()


def _secrets(uri: str) -> list[str]:
    """Parts of a URI that must not be shown."""
    parts = urlsplit(uri)
    user = parts.netloc.rpartition("@")[0]
    query = parts.query if any(word in parts.query.lower() for word in ("password", "token", "key")) else ""
    return sorted((part for part in (user, *user.split(":"), query) if part), key=len, reverse=True)
