#include "tools/verbs/activation_svg.h"

#include <fmt/format.h>

#include <algorithm>

namespace cox::engine {

namespace {

constexpr double kWidth = 900, kHeight = 200, kMargin = 50, kGap = 60;
constexpr const char* kBlue = "#2563a8";
constexpr const char* kGray = "#cccccc";

/// The place of value `i` of `count`, which has the height `share` of the panel at `top`.
struct Place {
  double x, y;
};
Place place_of(std::size_t i, std::size_t count, double share, double top) {
  const double step = (kWidth - 2 * kMargin) / static_cast<double>(count);
  return {kMargin + (static_cast<double>(i) + 0.5) * step, top + kHeight * (1 - share)};
}

std::string label(double x, double y, const std::string& text) {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}">{}</text>)"
                     "\n",
                     x, y, text);
}

std::string axes(double top, const std::string& title, double largest) {
  const double bottom = top + kHeight;
  return label(kMargin, top - 10, title) + label(5, top + 10, fmt::format("{:.3g}", largest)) +
         label(5, bottom, "0") +
         fmt::format(R"(<path d="M{0} {1} V{2} H{3}" stroke="black" fill="none"/>)"
                     "\n",
                     kMargin, top, bottom, kWidth - kMargin);
}

std::string bars(const std::vector<BlockActivations>& blocks, double top) {
  double largest = 0;
  for (const BlockActivations& one : blocks) largest = std::max(largest, one.ratio);
  std::string svg = axes(top, "largest over median, by block", largest);
  const double width = 0.8 * (kWidth - 2 * kMargin) / static_cast<double>(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Place at = place_of(i, blocks.size(), blocks[i].ratio / largest, top);
    svg += fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>)"
                       "\n",
                       at.x - width / 2, at.y, width, top + kHeight - at.y, kBlue);
  }
  return svg;
}

std::string profile(const BlockActivations& block, std::int64_t tokens_of_frame, double top) {
  const std::vector<double>& values = block.token_max;
  const double largest = *std::max_element(values.begin(), values.end());
  std::string svg = axes(top,
                         fmt::format("max over its {} largest channels, block {}, by token",
                                     block.dims.size(), block.block),
                         largest);
  std::string line;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && static_cast<std::int64_t>(i) % tokens_of_frame == 0) {
      const double x =
          (place_of(i - 1, values.size(), 0, top).x + place_of(i, values.size(), 0, top).x) / 2;
      svg += fmt::format(R"(<path d="M{0:.1f} {1} V{2}" stroke="{3}"/>)"
                         "\n",
                         x, top, top + kHeight, kGray);
    }
    const Place at = place_of(i, values.size(), values[i] / largest, top);
    line += fmt::format("{:.1f},{:.1f} ", at.x, at.y);
  }
  return svg + fmt::format(R"(<polyline points="{}" fill="none" stroke="{}"/>)"
                           "\n",
                           line, kBlue);
}

}  // namespace

std::string activation_svg(const std::vector<BlockActivations>& blocks,
                           std::int64_t tokens_of_frame) {
  const auto widest = std::max_element(
      blocks.begin(), blocks.end(),
      [](const BlockActivations& a, const BlockActivations& b) { return a.ratio < b.ratio; });
  const double second = kGap + kHeight + kGap;
  return fmt::format(
             R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" font-family="sans-serif" font-size="12">)"
             "\n"
             R"(<rect width="{0}" height="{1}" fill="white"/>)"
             "\n",
             kWidth, second + kHeight + kGap) +
         bars(blocks, kGap) + profile(*widest, tokens_of_frame, second) + "</svg>\n";
}

}  // namespace cox::engine
