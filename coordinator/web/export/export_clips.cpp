#include "coordinator/web/export/export_clips.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/print/number.h"
#include "coordinator/report/print/wording.h"
#include "coordinator/web/export/inline_text.h"

namespace cox::web {

namespace {

constexpr std::uint64_t kMaxClipBytes = 512'000'000;

/// An item to show, and why.
struct Choice {
  std::string item;
  std::string why;
};

/// The comparison of the run, "series/run", in the primary metric; nullptr when there is none.
const report::Comparison* comparison_with(const report::SeriesReport& report,
                                          const std::string& full_name) {
  if (report.comparisons.empty()) return nullptr;
  for (const report::Comparison& comparison : report.comparisons.front()) {
    if (comparison.run == full_name && comparison.difference.mean) return &comparison;
  }
  return nullptr;
}

/// The run that gains most over its baseline, without one the first.
const report::RunData& best_of(const report::SeriesReport& report) {
  const report::RunData* best = &report.runs.front();
  std::optional<double> most;
  const double sign = report.primary().higher_is_better ? 1 : -1;
  for (const report::RunData& run : report.runs) {
    const report::Comparison* comparison = comparison_with(report, run.full_name());
    if (comparison == nullptr || report.is_control(run)) continue;
    const double gain = sign * *comparison->difference.mean;
    if (most && gain <= *most) continue;
    most = gain;
    best = &run;
  }
  return *best;
}

/// Items by the gain of one run: the largest, the smallest, the middle one, then the next largest.
std::vector<Choice> by_gain(const report::Comparison& comparison, const std::string& run,
                            std::size_t most) {
  std::vector<std::pair<double, std::string>> sorted;
  const double sign = comparison.metric.higher_is_better ? -1 : 1;
  for (const auto& [key, difference] : comparison.differences) {
    sorted.emplace_back(sign * difference, key.first);
  }
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::pair<std::size_t, const char*>> order = {
      {0, "gains most"},
      {sorted.size() - 1, "gains least"},
      {sorted.size() / 2, "is in the middle"}};
  for (std::size_t i = 1; i + 1 < sorted.size(); ++i) {
    if (i != sorted.size() / 2) order.emplace_back(i, "is among those that gain most");
  }
  std::vector<Choice> choices;
  for (const auto& [place, what] : order) {
    const auto& [gain, item] = sorted[place];
    const bool known = std::any_of(choices.begin(), choices.end(),
                                   [&](const Choice& choice) { return choice.item == item; });
    if (known || choices.size() == most) continue;
    choices.push_back(
        {item, fmt::format("{} {} here: {}{}{}", run, what, sign * gain > 0 ? "+" : "",
                           report::decimal(sign * gain, decimals_of(comparison)),
                           comparison.metric.unit.empty() ? "" : " " + comparison.metric.unit)});
  }
  return choices;
}

std::vector<Choice> chosen_items(const report::SeriesReport& report, const report::RunData& run,
                                 const ClipChoice& choice) {
  std::vector<Choice> choices;
  for (const std::string& item : choice.items) choices.push_back({item, ""});
  if (!choices.empty()) return choices;
  const report::Comparison* comparison = comparison_with(report, run.full_name());
  if (comparison != nullptr) return by_gain(*comparison, run.name, choice.most);
  for (const report::VideoResult& result : run.results) {
    if (choices.size() < choice.most) choices.push_back({result.video, ""});
  }
  return choices;
}

/// An average has one run for each replicate: the first one represents it.
std::string shown_name(const report::RunData& run) {
  return run.replicates.empty() ? run.name : run.replicates.front().name;
}

/// The runs to show, the baseline first.
std::vector<std::string> shown_runs(const report::SeriesReport& report, const report::RunData& best,
                                    const ClipChoice& choice) {
  std::vector<std::string> names;
  for (const report::RunData& run : report.runs) {
    if (run.full_name() == report.baseline) names.push_back(shown_name(run));
  }
  std::vector<std::string> others = choice.runs;
  if (others.empty()) others.push_back(shown_name(best));
  for (const std::string& name : others) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

Result<ExportedClip::Video> video_of(const std::string& label, const std::string& path,
                                     PlayableVideos& videos) {
  COX_ASSIGN_OR_RETURN(const std::string playable, videos.copy_of(path));
  COX_ASSIGN_OR_RETURN(const std::string bytes, read_file(playable, kMaxClipBytes));
  return ExportedClip::Video{label, base64(bytes)};
}

/// The ground truth and each run's video.
Status read_videos(PlayableVideos& videos, ExportedClip& clip) {
  for (const report::ItemResult& result : clip.results) {
    if (clip.videos.empty() && !result.reference_path.empty()) {
      COX_ASSIGN_OR_RETURN(auto truth, video_of("ground truth", result.reference_path, videos));
      clip.videos.push_back(std::move(truth));
    }
    if (result.generated_path.empty()) continue;
    COX_ASSIGN_OR_RETURN(auto video, video_of(result.run, result.generated_path, videos));
    clip.videos.push_back(std::move(video));
  }
  return Status::ok();
}

std::uint64_t bytes_of(const ExportedClip& clip) {
  std::uint64_t bytes = 0;
  for (const ExportedClip::Video& video : clip.videos) bytes += video.base64.size();
  return bytes;
}

/// Adds one clip, or a note why it is left out.
Status add_clip(const report::Query& query, const std::string& series, const Choice& chosen,
                const std::vector<std::string>& runs, bool was_named, std::uint64_t most_bytes,
                PlayableVideos& videos, ExportedClips& exported) {
  ExportedClip clip{chosen.item, chosen.why, {}, {}};
  COX_ASSIGN_OR_RETURN(clip.results, load_item_results(query, series, chosen.item, runs));
  const Status read = read_videos(videos, clip);
  if (!read.is_ok() && was_named) return read;
  std::uint64_t used = bytes_of(clip);
  for (const ExportedClip& other : exported.clips) used += bytes_of(other);
  if (!read.is_ok()) {
    exported.notes.push_back(fmt::format("clip '{}' is left out: {}", clip.item, read.message()));
  } else if (clip.videos.empty()) {
    exported.notes.push_back(
        fmt::format("clip '{}' is left out: no video of it was kept", clip.item));
  } else if (used <= most_bytes) {
    exported.clips.push_back(std::move(clip));
  } else if (was_named) {
    return invalid_argument(
        fmt::format("with clip '{}' the videos take {} bytes; expected at most {}: name fewer "
                    "clips or raise --max-mb",
                    clip.item, used, most_bytes));
  } else {
    exported.notes.push_back(fmt::format(
        "clip '{}' is left out: with it the videos take {} bytes, more than the {} of --max-mb",
        clip.item, used, most_bytes));
  }
  return Status::ok();
}

}  // namespace

Result<ExportedClips> exported_clips(const report::Query& query, const report::SeriesReport& report,
                                     const ClipChoice& choice, PlayableVideos& videos) {
  const report::RunData* subject = &best_of(report);
  if (!choice.runs.empty()) {
    for (const report::RunData& run : report.runs) {
      if (run.name == choice.runs.front()) subject = &run;
    }
  }
  const std::vector<std::string> runs = shown_runs(report, *subject, choice);
  ExportedClips exported;
  for (const Choice& chosen : chosen_items(report, *subject, choice)) {
    COX_RETURN_IF_ERROR(add_clip(query, report.series, chosen, runs, !choice.items.empty(),
                                 choice.most_bytes, videos, exported));
  }
  return exported;
}

}  // namespace cox::web
