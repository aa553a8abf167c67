#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/compare/series_report.h"
#include "coordinator/web/export/export_clips.h"

namespace cox::web {

struct ExportOptions {
  report::ReportOptions report = {};
  ClipChoice clips = {};
};

struct ExportedPage {
  std::string html;
  std::vector<std::string> notes;  ///< what the page leaves out, and why; the page shows it too
};

/// A series as one HTML document that needs no other file and no network: what came out, figures,
/// tables, and clips that play in step. Its policy allows its own script and style by their digests
/// and nothing else. Errors as report_on and exported_clips have them.
Result<ExportedPage> export_page(const report::Query& query, const std::string& series,
                                 const ExportOptions& options, PlayableVideos& videos);

}  // namespace cox::web
