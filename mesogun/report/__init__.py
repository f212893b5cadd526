"""Reports: one offline HTML file per treatment, the aftercare sheet, and the totals that other programs read.

Not responsible for what happened (``mesogun.record``) or for storing it (``mesogun.journal``).
"""

from __future__ import annotations

from mesogun.report.aftercare import aftercare_html, write_aftercare
from mesogun.report.page import report_html
from mesogun.report.totals import summary
from mesogun.report.write import write_report

__all__ = ["aftercare_html", "report_html", "summary", "write_aftercare", "write_report"]
