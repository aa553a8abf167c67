#include "coordinator/report/figures/draw.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/figures/figures.h"

namespace cox::report {

namespace {

Result<SeriesReport> report_of(const Query& query, const FigureRequest& request) {
  COX_RETURN_IF_ERROR(check_series(query, request.series));
  COX_ASSIGN_OR_RETURN(const SweepNotes notes, stored_notes(query, request.series));
  return report_on(query, request.series, notes, {request.baseline, request.metric});
}

/// `series/run` as the name in the series.
std::string bare_name(const FigureRequest& request, const std::string& run) {
  const std::string own = request.series + "/";
  return starts_with(run, own) ? run.substr(own.size()) : run;
}

Result<std::string> draw_items(const Query& query, const FigureRequest& request) {
  if (request.runs.size() != 1) {
    return invalid_argument(fmt::format("figure 'items' shows one run: expected one --run, got {}",
                                        request.runs.size()));
  }
  COX_ASSIGN_OR_RETURN(const SeriesReport report, report_of(query, request));
  const std::string run = bare_name(request, request.runs[0]);
  std::vector<std::string> names;
  if (!report.comparisons.empty()) {
    for (const Comparison& comparison : report.comparisons.front()) {
      if (comparison.run == report.series + "/" + run) return items_figure(comparison);
      names.push_back(bare_name(request, comparison.run));
    }
  }
  for (const std::string& reason : report.not_compared) {
    if (starts_with(reason, report.series + "/" + run + ":")) return failed_precondition(reason);
  }
  const std::string nearest = nearest_name(run, names);
  return not_found(
      fmt::format("no run '{}' in series '{}' is compared with a baseline{}", run, report.series,
                  nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
}

/// The results that a figure of one item shows: of the requested runs, or of all, at most
/// kMostItemResults.
Result<std::vector<ItemResult>> item_results(const Query& query, const FigureRequest& request) {
  if (request.item.empty()) {
    return invalid_argument(fmt::format("figure '{}' shows one item: add --item", request.kind));
  }
  COX_RETURN_IF_ERROR(check_series(query, request.series));
  std::vector<std::string> runs;
  for (const std::string& run : request.runs) runs.push_back(bare_name(request, run));
  if (runs.empty()) {
    COX_ASSIGN_OR_RETURN(const auto all, runs_of_item(query, request.series, request.item));
    if (all.size() > kMostItemResults) {
      return invalid_argument(fmt::format("{} runs finished item '{}'; name at most {} with --run",
                                          all.size(), request.item, kMostItemResults));
    }
    for (const ItemRun& each : all) runs.push_back(each.run);
  }
  return load_item_results(query, request.series, request.item, runs);
}

Result<std::string> draw_frames(const Query& query, const FigureRequest& request) {
  COX_ASSIGN_OR_RETURN(const auto results, item_results(query, request));
  COX_ASSIGN_OR_RETURN(const Metric metric,
                       metric_named(request.metric.empty() ? "psnr" : request.metric));
  return frames_figure(results, metric);
}

template <auto kFigure>
Result<std::string> draw_curves(const Query& query, const FigureRequest& request) {
  COX_ASSIGN_OR_RETURN(const auto results, item_results(query, request));
  return kFigure(results);
}

template <auto kFigure>
Result<std::string> draw_report(const Query& query, const FigureRequest& request) {
  COX_ASSIGN_OR_RETURN(const SeriesReport report, report_of(query, request));
  return kFigure(report);
}

Result<std::string> draw_heat(const Query& query, const FigureRequest& request) {
  COX_ASSIGN_OR_RETURN(const SeriesReport report, report_of(query, request));
  return heat_figure(report, request.rows, request.columns);
}

struct Drawing {
  FigureKind kind;
  Result<std::string> (*draw)(const Query&, const FigureRequest&);
};

const std::vector<Drawing>& drawings() {
  static const std::vector<Drawing> kDrawings = {
      {{"differences", "difference of each run from the baseline, with intervals"},
       draw_report<differences_figure>},
      {{"items", "difference of each item of one run, sorted"}, draw_items},
      {{"distribution", "every item's value in each run, with means"},
       draw_report<distribution_figure>},
      {{"cost", "time to adapt against quality"}, draw_report<cost_figure>},
      {{"heat", "mean over two factors of the series"}, draw_heat},
      {{"parallel", "runs over everything that the series varies"}, draw_report<parallel_figure>},
      {{"frames", "a metric of each frame of one item"}, draw_frames},
      {{"loss", "training loss of each step on one item"}, draw_curves<loss_figure>},
      {{"early-stop", "held-out loss of each check on one item"}, draw_curves<early_stop_figure>},
  };
  return kDrawings;
}

}  // namespace

std::vector<FigureKind> figure_kinds() {
  std::vector<FigureKind> kinds;
  for (const Drawing& drawing : drawings()) kinds.push_back(drawing.kind);
  return kinds;
}

Result<std::string> draw_figure(const Query& query, const FigureRequest& request) {
  std::vector<std::string> names;
  for (const Drawing& drawing : drawings()) {
    if (drawing.kind.name == request.kind) return drawing.draw(query, request);
    names.push_back(drawing.kind.name);
  }
  return not_found(
      fmt::format("unknown figure '{}'; expected one of {}", request.kind, join(names, ", ")));
}

}  // namespace cox::report
