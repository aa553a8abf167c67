#include "coordinator/report/data/parameter_difference.h"

namespace cox::report {

std::vector<Difference> differences(const Fields& ours, const Fields& theirs) {
  std::map<std::string, Difference> all;
  for (const auto& [field, value] : ours) all[field] = {field, value, ""};
  for (const auto& [field, value] : theirs) {
    all[field].field = field;
    all[field].theirs = value;
  }
  std::vector<Difference> different;
  for (auto& [field, difference] : all) {
    if (difference.ours != difference.theirs) different.push_back(std::move(difference));
  }
  return different;
}

std::vector<std::string> shared_parameters_that_differ(const RunData& a, const RunData& b) {
  std::vector<std::string> names;
  for (const Difference& difference : differences(a.parameters, b.parameters)) {
    if (!difference.ours.empty() && !difference.theirs.empty()) names.push_back(difference.field);
  }
  return names;
}

}  // namespace cox::report
