#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "coordinator/sweep/price.h"
#include "coordinator/sweep/schema.h"

namespace cox::sweep {

/// Equal for runs whose adaptation has equal settings, whatever the model and the sizes.
std::string adaptation_of(const MethodSchema& method, const Parameters& parameters);

/// What the stop rules of a database did on its videos, for each setting of adaptation.
class KnownOutcomes {
 public:
  /// Videos whose outcomes are known; the first ones of a database that has more.
  static constexpr std::size_t kMaxVideos = 100;

  KnownOutcomes(const Schemas& schemas, const std::optional<Measured>& measured);

  const std::set<std::string>& videos() const { return videos_; }
  bool has(const std::string& adaptation) const { return by_adaptation_.contains(adaptation); }
  std::optional<sharing::RuleOutcome> find(const std::string& adaptation,
                                           const std::string& video) const;

 private:
  std::map<std::string, std::map<std::string, sharing::RuleOutcome>> by_adaptation_;
  std::set<std::string> videos_;
};

}  // namespace cox::sweep
