#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/report/statistics/summary.h"
#include "coordinator/store/table.h"

namespace cox::report {

// Numbers as people read them, the same on every machine. Machine formats (csv, json) never use
// these.

/// `value` with the given number of decimals; "-0.00" is "0.00".
std::string decimal(double value, int decimals);
std::string decimal(const std::optional<double>& value, int decimals);  ///< "-" when absent

/// A number with the digits that carry meaning in its column: those that the metric's schema
/// states, one or two decimals for seconds (`..._s`), six significant digits otherwise.
std::string readable_number(std::string_view column, double value);

/// A cell as people read it; NULL is `-`.
std::string readable_cell(std::string_view column, const store::Cell& cell);

/// "0.31", "80.4"; "-" when absent.
std::string readable_seconds(const std::optional<double>& seconds);

/// "41 s", "3 min 20 s", "2 h 05 min", "3 d 4 h": two units at most, never negative.
std::string readable_duration(double seconds);

/// "1.4 MiB"
std::string readable_bytes(std::int64_t bytes);

/// "[0.05, 0.19]", or "-".
std::string interval_text(const std::optional<Interval>& interval, int decimals);

}  // namespace cox::report
