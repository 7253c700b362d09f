"""The whole report as PDF."""

from __future__ import annotations

from reports.browser import find_browser, print_pdf
from reports.exports import Job, register_export


@register_export("pdf", title="PDF report", check=find_browser)
def write_pdf(job: Job) -> bytes:
    """The report as a browser prints it."""
    from reports.render import render

    return print_pdf(render(job.comparison, job.theme), job.chromium)
