"""What a run leaves for a person: one page that explains every decision, a table, and a picture of each face.

The reader is somebody who must explain a decision to somebody else. The page therefore argues in sentences with
figures, needs nothing but itself, and says so when it tells only part of the story.
"""

from pipeline.sinks.report.sink import ReportInfo, ReportSink

__all__ = ["ReportInfo", "ReportSink"]
