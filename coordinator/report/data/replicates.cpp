#include "coordinator/report/data/replicates.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <tuple>

#include "base/text.h"
#include "coordinator/report/data/replicate_names.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

namespace {

using Members = std::vector<const RunData*>;

/// Equal for replicates of one configuration under one name. Two names for one configuration stay
/// apart.
auto group_key(const RunData& run) {
  auto parameters = run.parameters;
  parameters.erase(kReplicateParameter);
  return std::tuple(run.method, run.backbone, run.model_digest, run.lora_digest,
                    run.weights_digests, run.dataset_digest, run.engine_semantics,
                    run.metric_definitions, std::move(parameters), stem_of(run));
}

/// One member for each replicate: the first that has its number.
Members distinct(const Members& members) {
  std::set<std::string> numbers;
  Members kept;
  for (const RunData* run : members) {
    if (numbers.insert(replicate_number(*run)).second) kept.push_back(run);
  }
  return kept;
}

double mean_over(const std::vector<const VideoResult*>& results,
                 const std::function<double(const VideoResult&)>& value) {
  std::vector<double> values;
  for (const VideoResult* result : results) values.push_back(value(*result));
  return *mean_of(std::move(values));
}

/// A metric of one video: the mean where it is finite in every replicate, else what it is where.
void average_metric(const std::string& metric, const Members& members,
                    const std::vector<const VideoResult*>& results, VideoResult& average) {
  bool everywhere = true;
  for (std::size_t i = 0; i < results.size(); ++i) {
    everywhere = everywhere && results[i]->metrics.contains(metric);
    const auto odd = results[i]->nonfinite.find(metric);
    if (odd == results[i]->nonfinite.end()) continue;
    std::string& text = average.nonfinite[metric];
    text += fmt::format("{}{} in {}", text.empty() ? "" : ", ", odd->second, members[i]->name);
  }
  if (!everywhere) return;
  average.metrics[metric] =
      mean_over(results, [&](const VideoResult& result) { return result.metrics.at(metric); });
}

double mean_seconds(const std::vector<const VideoResult*>& results, std::size_t stage) {
  double sum = 0;
  for (const VideoResult* result : results) sum += result->seconds[stage];
  return sum / static_cast<double>(results.size());
}

VideoResult average_of(const Members& members, const std::vector<const VideoResult*>& results) {
  VideoResult average = *results.front();
  average.metrics.clear();
  average.nonfinite.clear();
  std::set<std::string> metrics;
  for (const VideoResult* result : results) {
    for (const auto& [name, value] : result->metrics) metrics.insert(name);
    for (const auto& [name, text] : result->nonfinite) metrics.insert(name);
    average.reference_digests.insert(result->reference_digests.begin(),
                                     result->reference_digests.end());
    average.time_us = std::max(average.time_us, result->time_us);
  }
  for (const std::string& metric : metrics) average_metric(metric, members, results, average);
  for (std::size_t stage = 0; stage < kStages.size(); ++stage) {
    average.seconds[stage] = mean_seconds(results, stage);
  }
  average.steps_run =
      mean_over(results, [](const VideoResult& result) { return result.steps_run; });
  average.best_step =
      mean_over(results, [](const VideoResult& result) { return result.best_step; });
  return average;
}

/// Why a video has no average: the reason that its replicates share, else that of each.
Unfinished unfinished_average(const std::string& video, const Members& members,
                              const std::vector<const Unfinished*>& lacking) {
  std::map<std::string, std::vector<std::string>> names_by_reason;
  Unfinished first;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (lacking[i] == nullptr) continue;
    if (first.video.empty()) first = *lacking[i];
    const std::string& cause = lacking[i]->cause;
    names_by_reason[fmt::format("{}{}", lacking[i]->state,
                                cause.empty() ? "" : fmt::format(" ({})", cause))]
        .push_back(members[i]->name);
  }
  std::size_t count = 0;
  std::vector<std::string> reasons;
  for (const auto& [reason, names] : names_by_reason) {
    count += names.size();
    reasons.push_back(fmt::format("{} in {}", reason, join(names, ", ")));
  }
  if (names_by_reason.size() == 1 && count == members.size()) return first;
  if (names_by_reason.size() > 1) return {video, join(reasons, "; "), "", "", false};
  first.state = fmt::format("{} in {}", first.state, join(names_by_reason.begin()->second, ", "));
  return first;
}

/// Every video that any of the runs was given, what is not finished first.
std::vector<std::string> videos_of(const Members& members) {
  std::vector<std::string> order;
  std::set<std::string> known;
  const auto note = [&](const std::string& video) {
    if (known.insert(video).second) order.push_back(video);
  };
  for (const RunData* run : members) {
    for (const Unfinished& video : run->unfinished) note(video.video);
  }
  for (const RunData* run : members) {
    for (const VideoResult& result : run->results) note(result.video);
  }
  return order;
}

/// The results and the gaps of one replicate, by video.
struct VideosOf {
  std::map<std::string, const VideoResult*> results;
  std::map<std::string, const Unfinished*> unfinished;

  explicit VideosOf(const RunData& run) {
    for (const VideoResult& result : run.results) results[result.video] = &result;
    for (const Unfinished& video : run.unfinished) unfinished[video.video] = &video;
  }
};

void average_videos(const Members& members, RunData& average) {
  std::vector<VideosOf> of_members;
  for (const RunData* run : members) of_members.emplace_back(*run);
  for (const std::string& video : videos_of(members)) {
    const Unfinished without_job = {video, "without a job", "", "", false};
    std::vector<const VideoResult*> finished;
    std::vector<const Unfinished*> lacking;  // nullptr for a member that finished the video
    for (const VideosOf& member : of_members) {
      const auto result = member.results.find(video);
      const auto gap = member.unfinished.find(video);
      if (result != member.results.end()) {
        finished.push_back(result->second);
        lacking.push_back(nullptr);
      } else {
        lacking.push_back(gap == member.unfinished.end() ? &without_job : gap->second);
      }
    }
    if (finished.size() == members.size()) {
      average.results.push_back(average_of(members, finished));
    } else {
      average.unfinished.push_back(unfinished_average(video, members, lacking));
    }
  }
}

RunData average_run(const Members& members) {
  RunData average = *members.front();
  average.results.clear();
  average.unfinished.clear();
  average.parameters.erase(kReplicateParameter);
  average.name = shared_name(members);
  std::vector<std::string> digests;
  for (const RunData* run : members) {
    digests.push_back(run->digest);
    average.replicates.push_back(*run);
  }
  average.digest = join(digests, "+");
  average_videos(members, average);
  return average;
}

/// The runs of each configuration that has two replicates or more, by the first of them.
std::map<const RunData*, Members> groups_of_replicates(const std::vector<RunData>& runs) {
  std::map<decltype(group_key(runs.front())), Members> by_key;
  for (const RunData& run : runs) {
    if (!replicate_number(run).empty()) by_key[group_key(run)].push_back(&run);
  }
  std::map<const RunData*, Members> groups;
  for (auto& [key, members] : by_key) {
    if (distinct(members).size() > 1) groups[members.front()] = std::move(members);
  }
  return groups;
}

}  // namespace

std::vector<RunData> with_replicates_averaged(std::vector<RunData> runs) {
  const std::map<const RunData*, Members> groups = groups_of_replicates(runs);
  std::set<const RunData*> replicates;
  for (const auto& [first, members] : groups) replicates.insert(members.begin(), members.end());
  std::vector<RunData> all;
  for (RunData& run : runs) {
    if (const auto group = groups.find(&run); group != groups.end()) {
      all.push_back(average_run(distinct(group->second)));
    } else if (!replicates.contains(&run)) {
      all.push_back(std::move(run));
    }
  }
  settle_names(all);
  return all;
}

std::vector<RunData> single_runs(const std::vector<RunData>& runs) {
  std::vector<RunData> all;
  for (const RunData& run : runs) {
    if (run.replicates.empty()) {
      all.push_back(run);
    } else {
      all.insert(all.end(), run.replicates.begin(), run.replicates.end());
    }
  }
  return all;
}

const std::vector<RunData>& single_runs(const std::vector<RunData>& runs,
                                        std::vector<RunData>& storage) {
  const bool has_average = std::any_of(runs.begin(), runs.end(),
                                       [](const RunData& run) { return !run.replicates.empty(); });
  if (!has_average) return runs;
  storage = single_runs(runs);
  return storage;
}

std::size_t replicates_of(const RunData& run) {
  return run.replicates.empty() ? 1 : run.replicates.size();
}

std::map<std::string, double> replicate_means(const RunData& run, const std::string& metric,
                                              const std::vector<const VideoResult*>& videos) {
  std::map<std::string, double> means;
  if (videos.empty()) return means;
  std::set<std::string> wanted;
  for (const VideoResult* video : videos) wanted.insert(video->video);
  for (const RunData& replicate : run.replicates) {
    std::vector<double> values;
    for (const VideoResult& result : replicate.results) {
      if (wanted.contains(result.video)) values.push_back(result.metrics.at(metric));
    }
    means[replicate_number(replicate)] = *mean_of(std::move(values));
  }
  return means;
}

std::optional<double> deviation_of(const std::map<std::string, double>& means) {
  std::vector<double> values;
  for (const auto& [number, mean] : means) values.push_back(mean);
  return summarized(std::move(values)).deviation;
}

std::optional<double> replicate_deviation(const RunData& run, const std::string& metric) {
  std::vector<const VideoResult*> videos;
  for (const VideoResult& result : run.results) {
    if (result.metrics.contains(metric)) videos.push_back(&result);
  }
  return deviation_of(replicate_means(run, metric, videos));
}

}  // namespace cox::report
