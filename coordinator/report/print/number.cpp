#include "coordinator/report/print/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "coordinator/report/data/metrics.h"

namespace cox::report {

std::string decimal(double value, int decimals) {
  std::string number = fmt::format("{:.{}f}", value, decimals);
  if (number.front() == '-' && number.find_first_not_of("-0.") == std::string::npos) {
    number.erase(0, 1);
  }
  return number;
}

std::string decimal(const std::optional<double>& value, int decimals) {
  return value ? decimal(*value, decimals) : "-";
}

std::string readable_number(std::string_view column, double value) {
  if (!std::isfinite(value)) return exact_decimal(value);
  if (const Metric* metric = metric_of_column(column)) return decimal(value, metric->decimals);
  if (ends_with(column, "_s")) return readable_seconds(value);
  return fmt::format("{:.6g}", value);
}

std::string readable_cell(std::string_view column, const store::Cell& cell) {
  struct Printer {
    std::string_view column;
    std::string operator()(std::monostate) const { return "-"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return readable_number(column, value); }
    std::string operator()(const std::string& value) const { return value; }
  };
  return std::visit(Printer{column}, cell);
}

std::string readable_seconds(const std::optional<double>& seconds) {
  constexpr double kRoundsToTen = 9.995;
  if (!seconds) return "-";
  return decimal(*seconds, std::abs(*seconds) < kRoundsToTen ? 2 : 1);
}

std::string readable_duration(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", std::max(seconds, 0.0));
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::int64_t minutes = whole / 60;
  const std::int64_t hours = minutes / 60;
  const std::int64_t days = hours / 24;
  if (minutes == 0) return fmt::format("{} s", whole);
  if (hours == 0) return fmt::format("{} min {:02} s", minutes, whole % 60);
  if (days == 0) return fmt::format("{} h {:02} min", hours, minutes % 60);
  return fmt::format("{} d {} h", days, hours % 24);
}

std::string readable_bytes(std::int64_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return fmt::format("{:.{}f} {}", amount, unit == 0 ? 0 : 1, kUnits[unit]);
}

std::string interval_text(const std::optional<Interval>& interval, int decimals) {
  if (!interval) return "-";
  return fmt::format("[{}, {}]", decimal(interval->low, decimals),
                     decimal(interval->high, decimals));
}

}  // namespace cox::report
