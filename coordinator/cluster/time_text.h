#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace cox::cluster {

/// Reads a time limit as Slurm writes it: MINUTES, MINUTES:SECONDS, HOURS:MINUTES:SECONDS,
/// DAYS-HOURS, DAYS-HOURS:MINUTES or DAYS-HOURS:MINUTES:SECONDS. Nothing for other text, for zero
/// and for more than a year.
std::optional<std::chrono::seconds> parse_time_limit(const std::string& text);

/// "1-02:30:00", "0:45:00": a form that parse_time_limit reads.
std::string time_limit_text(std::chrono::seconds limit);

}  // namespace cox::cluster
