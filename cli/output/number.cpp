#include "cli/output/number.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace cox::cli {

namespace {

std::string printed(const char* format, double value) {
  std::array<char, 400> text{};  // the longest double in %f has 309 digits before the point
  const int length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<size_t>(length)};
}

bool is_seconds(std::string_view column) { return ends_with(column, "_s"); }

}  // namespace

std::string readable_number(std::string_view column, double value) {
  if (!std::isfinite(value)) return exact_decimal(value);
  if (starts_with(column, "psnr")) return printed("%.2f", value);
  if (starts_with(column, "ssim") || starts_with(column, "lpips")) return printed("%.4f", value);
  if (is_seconds(column)) return printed(std::abs(value) < 9.995 ? "%.2f" : "%.1f", value);
  return printed("%.6g", value);
}

std::string readable_cell(std::string_view column, const Cell& cell) {
  struct Printer {
    std::string_view column;
    std::string operator()(std::monostate) const { return "-"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return readable_number(column, value); }
    std::string operator()(const std::string& value) const { return value; }
  };
  return std::visit(Printer{column}, cell);
}

std::string readable_duration(double seconds) {
  if (seconds < 9.95) return printed("%.1f s", std::max(seconds, 0.0));
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::int64_t minutes = whole / 60;
  const std::int64_t hours = minutes / 60;
  const std::int64_t days = hours / 24;
  if (minutes == 0) return concat(whole, " s");
  if (hours == 0)
    return concat(minutes, " min ", printed("%02.0f", static_cast<double>(whole % 60)), " s");
  if (days == 0)
    return concat(hours, " h ", printed("%02.0f", static_cast<double>(minutes % 60)), " min");
  return concat(days, " d ", hours % 24, " h");
}

std::string readable_bytes(std::int64_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto amount = static_cast<double>(bytes);
  size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return concat(printed(unit == 0 ? "%.0f" : "%.1f", amount), " ", kUnits[unit]);
}

std::string counted(std::uint64_t count, std::string_view singular) {
  return concat(count, " ", singular, count == 1 ? "" : "s");
}

}  // namespace cox::cli
