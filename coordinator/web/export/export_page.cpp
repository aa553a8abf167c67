#include "coordinator/web/export/export_page.h"

#include <fmt/format.h>

#include "base/text.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/figures/figures.h"
#include "coordinator/report/figures/svg.h"
#include "coordinator/report/print/cell_json.h"
#include "coordinator/report/print/report_tables.h"
#include "coordinator/report/print/wording.h"
#include "coordinator/web/export/inline_text.h"
#include "coordinator/web/page_files.h"

namespace cox::web {

namespace {

using report::markup_text;

std::string element(const char* tag, const std::string& text) {
  return fmt::format("<{0}>{1}</{0}>\n", tag, markup_text(text));
}

std::string table_html(const std::string& caption, const report::TextTable& table) {
  std::vector<const char*> classes;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    classes.push_back(table.is_numeric(c) ? " class=\"number\"" : "");
  }
  std::string html = fmt::format(
      "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>"
      "<caption>{0}</caption><thead><tr>",
      markup_text(caption));
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    html += fmt::format("<th scope=\"col\"{}>{}</th>", classes[c], markup_text(table.columns[c]));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      html += fmt::format("<td{}>{}</td>", c == 0 ? " class=\"lead\"" : classes[c],
                          markup_text(row[c]));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

/// A figure below its heading; nothing when there is nothing to draw.
std::string figure_html(const char* heading, const Result<std::string>& figure) {
  if (!figure.is_ok()) return "";
  return fmt::format(
      "{}<div class=\"wide figure\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">"
      "{}</div>\n",
      element("h2", heading), heading, *figure);
}

std::string notes_html(const std::vector<std::string>& notes) {
  std::string html;
  for (const std::string& note : notes) {
    html += fmt::format("<p class=\"note\">{}</p>\n", markup_text(note));
  }
  return html;
}

std::string head_html(const report::SeriesReport& report) {
  const std::string title = report.notes.title.empty() ? report.series : report.notes.title;
  std::string html = element("h1", title);
  html += fmt::format("<p class=\"quiet\">series {}; baseline {}; compared in {}</p>\n",
                      markup_text(report.series),
                      markup_text(report.baseline.empty() ? "none" : report.baseline),
                      markup_text(report::metric_title(report.primary())));
  if (!report.notes.question.empty()) {
    html += fmt::format(
        "<details open><summary>What was asked</summary><p class=\"asked\">{}</p>"
        "</details>\n",
        markup_text(report.notes.question));
  }
  return html;
}

std::string findings_html(const report::SeriesReport& report) {
  if (report.comparisons.empty() || report.comparisons.front().empty()) return "";
  std::string html = element("h2", "What came out") + "<ul class=\"findings\">\n";
  for (const report::Comparison& comparison : report.comparisons.front()) {
    html += element("li", report::sentence(comparison));
  }
  for (const std::string& reason : report.not_compared) html += element("li", reason);
  return html + "</ul>\n";
}

std::string clips_html(const report::SeriesReport& report, const ExportedClips& exported) {
  if (exported.clips.empty()) return "";
  std::string html = element("h2", "Clips");
  for (std::size_t i = 0; i < exported.clips.size(); ++i) {
    const ExportedClip& clip = exported.clips[i];
    html +=
        fmt::format("<section class=\"clip\" data-clip=\"{}\">\n{}", i, element("h3", clip.item));
    if (!clip.why.empty()) html += element("p", clip.why);
    html += "<div class=\"player\"></div>\n";
    const auto frames = report::frames_figure(clip.results, report.primary());
    if (frames.is_ok()) html += fmt::format("<div class=\"wide figure\">{}</div>\n", *frames);
    html += "</section>\n";
  }
  return html;
}

std::string tables_html(const report::SeriesReport& report) {
  std::string html;
  for (const ResultTable& declared : report.notes.tables) {
    html += element("h2", declared.title) +
            table_html(declared.title, report::declared_text_table(report, declared));
  }
  for (std::size_t m = 0; m < report.comparisons.size(); ++m) {
    if (report.comparisons[m].empty()) continue;
    const std::string caption =
        fmt::format("Paired differences in {}", report::metric_title(report.metrics[m]));
    html += fmt::format("<details{}><summary>{}</summary>{}</details>\n", m == 0 ? " open" : "",
                        markup_text(caption),
                        table_html(caption, report::difference_table(report.comparisons[m],
                                                                     report.series, m == 0)));
  }
  html += element("h2", "Time") +
          table_html("Mean wall seconds of each stage of an item", report::timing_table(report));
  html += element("h2", "Where the numbers come from") +
          table_html("Provenance", report::provenance_table(report));
  return html;
}

/// The script's input: the videos of each clip.
std::string clips_json(const ExportedClips& exported) {
  report::OrderedJson clips = report::OrderedJson::array();
  for (const ExportedClip& clip : exported.clips) {
    report::OrderedJson videos = report::OrderedJson::array();
    for (const ExportedClip::Video& video : clip.videos) {
      videos.push_back({{"label", video.label},
                        {"frames", video.frames},
                        {"url", "data:video/mp4;base64," + video.base64}});
    }
    clips.push_back({{"videos", std::move(videos)}});
  }
  return json_for_page(report::json_line(clips));
}

std::string document_html(const std::string& title, const std::string& body,
                          const std::string& clips) {
  const std::string style(page_files().at("style.css"));
  const std::string script = joined_modules({"dom.js", "player.js", "export.js"});
  const std::string policy = fmt::format(
      "default-src 'none'; style-src {}; script-src {}; media-src data:; img-src data:; "
      "base-uri 'none'; form-action 'none'",
      inline_source(style), inline_source(script));
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{}</style>\n</head>\n"
      "<body>\n<main id=\"main\">\n{}</main>\n"
      "<script type=\"application/json\" id=\"clips\">{}</script>\n"
      "<script type=\"module\">{}</script>\n</body>\n</html>\n",
      policy, markup_text(title), style, body, clips, script);
}

}  // namespace

Result<ExportedPage> export_page(const report::Query& query, const std::string& series,
                                 const ExportOptions& options, PlayableVideos& videos) {
  COX_RETURN_IF_ERROR(report::check_series(query, series));
  COX_ASSIGN_OR_RETURN(const report::SweepNotes notes, report::stored_notes(query, series));
  COX_ASSIGN_OR_RETURN(const report::SeriesReport report,
                       report::report_on(query, series, notes, options.report));
  COX_ASSIGN_OR_RETURN(const ExportedClips exported,
                       exported_clips(query, report, options.clips, videos));
  const std::string body =
      head_html(report) + notes_html(report.warnings) + findings_html(report) +
      figure_html("Differences from the baseline", report::differences_figure(report)) +
      element("h2", "Leaderboard") + table_html("Runs, best first", report::leaderboard(report)) +
      clips_html(report, exported) + notes_html(exported.notes) +
      figure_html("Every item in each run", report::distribution_figure(report)) +
      figure_html("What the series varies", report::parallel_figure(report)) +
      figure_html("Two factors", report::heat_figure(report, "", "")) +
      figure_html("Cost and quality", report::cost_figure(report)) + tables_html(report);
  return ExportedPage{document_html(report.notes.title.empty() ? series : report.notes.title, body,
                                    clips_json(exported)),
                      exported.notes};
}

}  // namespace cox::web
