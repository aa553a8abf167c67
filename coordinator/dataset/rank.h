#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/dataset/candidate.h"

namespace cox::dataset {

/// SHA-256 of "LAYOUT-sample-v1|SEED|KEY", in hexadecimal: its order is the order of the draw.
std::string rank_digest(const std::string& layout, std::uint64_t seed, const std::string& key);

/// Sorts candidates into the order of the draw.
void rank_candidates(const std::string& layout, std::uint64_t seed,
                     std::vector<Candidate>& candidates);

}  // namespace cox::dataset
