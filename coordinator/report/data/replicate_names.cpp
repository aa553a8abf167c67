#include "coordinator/report/data/replicate_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace cox::report {

namespace {

constexpr char kAnyNumber = '*';

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// "c14-*-full" of c14-0-full and c14-1-full.
std::string common_name(const std::vector<const RunData*>& members) {
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
  return fmt::format("{}{}{}", prefix, kAnyNumber, suffix);
}

std::vector<std::string> replicate_names(const std::vector<RunData>& runs) {
  std::vector<std::string> names;
  for (const RunData& run : runs) names.push_back(run.name);
  return names;
}

/// Whether the run has the average's name and is one of its replicates: it was submitted before the
/// sweep had any.
bool is_older_name(const RunData& run, const RunData& average) {
  const auto& replicates = average.replicates;
  return run.replicates.empty() && run.name == average.name &&
         std::any_of(replicates.begin(), replicates.end(),
                     [&](const RunData& replicate) { return replicate.digest == run.digest; });
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

std::string replicate_number(const RunData& run) {
  const auto found = run.parameters.find(kReplicateParameter);
  return found == run.parameters.end() ? "" : found->second;
}

std::string stem_of(const RunData& run) {
  const std::string ending = fmt::format("-r{}", replicate_number(run));
  return ends_with(run.name, ending) ? run.name.substr(0, run.name.size() - ending.size()) : "";
}

std::string shared_name(const std::vector<const RunData*>& members) {
  const std::string stem = stem_of(*members.front());
  return stem.empty() ? common_name(members) : stem;
}

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

}  // namespace cox::report
