#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace cox::fuzz {

using Random = std::mt19937_64;

inline constexpr std::size_t kMostBytes = 20'000;  ///< of an input

/// Returns `input` after one to eight random changes: bits, bytes, numbers, repetitions, cuts,
/// `tokens`, and parts of `other`. At most kMostBytes.
std::string mutated(std::string input, const std::string& other,
                    const std::vector<std::string>& tokens, Random& random);

}  // namespace cox::fuzz
