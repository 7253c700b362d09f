"""The whole report as one HTML file."""

from __future__ import annotations

from reports.exports import Job, register_export


@register_export("html", title="HTML report", others=("htm",))
def write_html(job: Job) -> bytes:
    """The document, UTF-8."""
    from reports.render import render

    return render(job.comparison, job.theme).encode()
