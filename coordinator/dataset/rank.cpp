#include "coordinator/dataset/rank.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"

namespace cox::dataset {

std::string rank_digest(const std::string& layout, std::uint64_t seed, const std::string& key) {
  return sha256_of(fmt::format("{}-sample-v1|{}|{}", layout, seed, key));
}

void rank_candidates(const std::string& layout, std::uint64_t seed,
                     std::vector<Candidate>& candidates) {
  std::vector<std::pair<std::string, Candidate>> ranked;
  for (Candidate& candidate : candidates) {
    std::string digest = rank_digest(layout, seed, candidate.rank_key);
    ranked.emplace_back(std::move(digest), std::move(candidate));
  }
  std::sort(ranked.begin(), ranked.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  candidates.clear();
  for (auto& [digest, candidate] : ranked) candidates.push_back(std::move(candidate));
}

}  // namespace cox::dataset
