#include "coordinator/report/data/replicates.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <tuple>

#include "base/text.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

namespace {

constexpr const char* kReplicate = "replicate";  ///< the parameter that `replicates` writes
constexpr char kAnyNumber = '*';

using Members = std::vector<const RunData*>;

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// "" for a run whose method has no replicates.
std::string replicate_number(const RunData& run) {
  const auto found = run.parameters.find(kReplicate);
  return found == run.parameters.end() ? "" : found->second;
}

/// "full" of `full-r2` as replicate 2; "" for a name that says its number otherwise, or not.
std::string stem_of(const RunData& run) {
  const std::string ending = concat("-r", replicate_number(run));
  return ends_with(run.name, ending) ? run.name.substr(0, run.name.size() - ending.size()) : "";
}

/// Equal for replicates of one configuration under one name. Two names for one configuration stay
/// apart.
auto group_key(const RunData& run) {
  auto parameters = run.parameters;
  parameters.erase(kReplicate);
  return std::tuple(run.method, run.backbone, run.model_digest, run.lora_digest,
                    run.weights_digests, run.dataset_digest, run.engine_semantics,
                    run.metric_definitions, std::move(parameters), stem_of(run));
}

/// "c14-*-full" of c14-0-full and c14-1-full.
std::string common_name(const Members& members) {
  std::string prefix = members.front()->name;
  std::string suffix = prefix;
  for (const RunData* run : members) {
    const std::string& name = run->name;
    prefix.erase(std::mismatch(prefix.begin(), prefix.end(), name.begin(), name.end()).first,
                 prefix.end());
    suffix.erase(
        suffix.begin(),
        std::mismatch(suffix.rbegin(), suffix.rend(), name.rbegin(), name.rend()).first.base());
  }
  // Of `a-0-b-0-c` and `a-0-b-1-c` the two may not overlap in a shorter name.
  for (const RunData* run : members) {
    const std::size_t room = run->name.size() - prefix.size();
    if (suffix.size() > room) suffix.erase(0, suffix.size() - room);
  }
  return concat(prefix, kAnyNumber, suffix);
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
    text += concat(text.empty() ? "" : ", ", odd->second, " in ", members[i]->name);
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

/// Why a video has no average: as its replicates say it when they agree, else what each says.
Unfinished unfinished_average(const std::string& video, const Members& members,
                              const std::vector<const Unfinished*>& lacking) {
  std::map<std::string, std::vector<std::string>> names_by_reason;
  Unfinished first;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (lacking[i] == nullptr) continue;
    if (first.video.empty()) first = *lacking[i];
    const std::string& cause = lacking[i]->cause;
    names_by_reason[concat(lacking[i]->state, cause.empty() ? "" : concat(" (", cause, ")"))]
        .push_back(members[i]->name);
  }
  std::size_t count = 0;
  std::vector<std::string> reasons;
  for (const auto& [reason, names] : names_by_reason) {
    count += names.size();
    reasons.push_back(concat(reason, " in ", join(names, ", ")));
  }
  if (names_by_reason.size() == 1 && count == members.size()) return first;
  if (names_by_reason.size() > 1) return {video, join(reasons, "; "), "", "", false};
  first.state = concat(first.state, " in ", join(names_by_reason.begin()->second, ", "));
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

void average_videos(const Members& members, RunData& average) {
  std::vector<std::map<std::string, const VideoResult*>> results(members.size());
  std::vector<std::map<std::string, const Unfinished*>> unfinished(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (const VideoResult& result : members[i]->results) results[i][result.video] = &result;
    for (const Unfinished& video : members[i]->unfinished) unfinished[i][video.video] = &video;
  }
  for (const std::string& video : videos_of(members)) {
    const Unfinished unknown = {video, "without a job", "", "", false};
    std::vector<const VideoResult*> finished;
    std::vector<const Unfinished*> lacking;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto result = results[i].find(video);
      const auto reason = unfinished[i].find(video);
      const bool has_result = result != results[i].end();
      if (has_result) finished.push_back(result->second);
      lacking.push_back(has_result                      ? nullptr
                        : reason == unfinished[i].end() ? &unknown
                                                        : reason->second);
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
  average.parameters.erase(kReplicate);
  const std::string stem = stem_of(*members.front());
  average.name = stem.empty() ? common_name(members) : stem;
  std::vector<std::string> digests;
  for (const RunData* run : members) {
    digests.push_back(run->digest);
    average.replicates.push_back(*run);
  }
  average.digest = join(digests, "+");
  average_videos(members, average);
  return average;
}

std::vector<std::string> replicate_names(const std::vector<RunData>& runs) {
  std::vector<std::string> names;
  for (const RunData& run : runs) names.push_back(run.name);
  return names;
}

/// A run whose name an average should have, and that is one of its replicates under the name of the
/// time before the sweep had any.
bool is_older_name(const RunData& run, const RunData& average) {
  const auto& replicates = average.replicates;
  return run.replicates.empty() && run.name == average.name &&
         std::any_of(replicates.begin(), replicates.end(),
                     [&](const RunData& replicate) { return replicate.digest == run.digest; });
}

/// Drops older names, and gives an average whose name another configuration has one of its own.
void settle_names(std::vector<RunData>& runs) {
  std::set<std::string> older;
  for (const RunData& average : runs) {
    for (const RunData& run : runs) {
      if (is_older_name(run, average)) older.insert(run.name);
    }
  }
  std::erase_if(
      runs, [&](const RunData& run) { return run.replicates.empty() && older.contains(run.name); });
  std::multiset<std::string> taken;
  for (const RunData& run : runs) taken.insert(run.name);
  for (RunData& run : runs) {
    if (run.replicates.empty() || taken.count(run.name) == 1) continue;
    taken.erase(taken.find(run.name));
    run.name = join(replicate_names(run.replicates), "+");
    taken.insert(run.name);
  }
}

}  // namespace

bool is_replicate_of(const std::string& name, const std::string& group) {
  const std::size_t any = group.rfind(kAnyNumber);
  const std::string prefix = any == std::string::npos ? group + "-r" : group.substr(0, any);
  const std::string suffix = any == std::string::npos ? "" : group.substr(any + 1);
  return name.size() > prefix.size() + suffix.size() && starts_with(name, prefix) &&
         ends_with(name, suffix) &&
         is_number(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
}

std::vector<RunData> with_replicates_averaged(std::vector<RunData> runs) {
  std::map<decltype(group_key(runs.front())), Members> groups;
  for (const RunData& run : runs) {
    if (!replicate_number(run).empty()) groups[group_key(run)].push_back(&run);
  }
  std::map<const RunData*, Members> averaged;  // by the first of each group
  std::set<const RunData*> absorbed;
  for (const auto& [key, members] : groups) {
    const Members replicates = distinct(members);
    if (replicates.size() < 2) continue;
    averaged[members.front()] = replicates;
    absorbed.insert(members.begin(), members.end());
  }
  std::vector<RunData> all;
  for (const RunData& run : runs) {
    if (const auto group = averaged.find(&run); group != averaged.end()) {
      all.push_back(average_run(group->second));
    } else if (!absorbed.contains(&run)) {
      all.push_back(run);
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
