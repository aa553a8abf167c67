#include "coordinator/report/figures/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"

namespace cox::report {

namespace {

/// The code point that begins at `text[i]`, which is valid UTF-8, and its length in bytes.
std::pair<char32_t, std::size_t> code_point(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[i + k]));
  };
  if (byte(0) < 0x80) return {byte(0), 1};
  if (byte(0) < 0xE0) return {(byte(0) & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (byte(0) < 0xF0) {
    return {(byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  }
  return {
      (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
      4};
}

/// Controls, marks that reorder or hide text, and what XML does not allow; as in page/dom.js.
bool is_hidden(char32_t point) {
  const auto within = [point](char32_t first, char32_t last) {
    return point >= first && point <= last;
  };
  return within(0x00, 0x08) || within(0x0B, 0x1F) || within(0x7F, 0x9F) || within(0x200B, 0x200F) ||
         within(0x202A, 0x202E) || within(0x2066, 0x2069) || point == 0xFEFF ||
         within(0xFFFE, 0xFFFF);
}

std::string_view entity_of(char32_t point) {
  switch (point) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return "";
  }
}

std::string_view anchor_name(Anchor anchor) {
  switch (anchor) {
    case Anchor::kMiddle:
      return "middle";
    case Anchor::kEnd:
      return "end";
    default:
      return "start";
  }
}

/// Two decimals, without those that are 0: small files, equal on every machine.
std::string px(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

/// The look's attributes, with the value of `name` replaced by `value` unless that is "".
std::string attributes_of(const Look& look, std::string_view name, std::string_view value) {
  std::string text = fmt::format(R"( class="{}" {})", look.name, look.attributes);
  if (value.empty()) return text;
  const std::string key = fmt::format("{}=\"", name);
  const std::size_t begin = text.find(" " + key);
  if (begin == std::string::npos) return fmt::format("{} {}{}\"", text, key, value);
  const std::size_t from = begin + 1 + key.size();
  return text.replace(from, text.find('"', from) - from, value);
}

}  // namespace

std::string markup_text(std::string_view text) {
  if (first_invalid_utf8(text)) return markup_text(escaped(text));
  std::string safe;
  for (std::size_t i = 0; i < text.size();) {
    const auto [point, bytes] = code_point(text, i);
    const std::string_view entity = entity_of(point);
    if (!entity.empty()) {
      safe += entity;
    } else if (is_hidden(point)) {
      safe += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(point));
    } else {
      safe += text.substr(i, bytes);
    }
    i += bytes;
  }
  return safe;
}

Svg::Svg(double width, double height, std::string_view title) {
  content_ = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" )"
      R"(role="img" aria-label="{2}" font-family="Liberation Sans, Arial, Helvetica, sans-serif" )"
      "font-size=\"12\">\n<title>{2}</title>\n",
      px(width), px(height), markup_text(title));
}

/// Ends the element that content_ ends in, with a tip that a pointer shows.
void Svg::close(std::string_view tag, std::string_view tip) {
  content_ +=
      tip.empty() ? "/>\n" : fmt::format("><title>{}</title></{}>\n", markup_text(tip), tag);
}

void Svg::line(Point from, Point to, const Look& look) {
  content_ += fmt::format(R"(<line x1="{}" y1="{}" x2="{}" y2="{}"{})", px(from.x), px(from.y),
                          px(to.x), px(to.y), attributes_of(look, "", ""));
  close("line", "");
}

void Svg::path(const std::vector<Point>& points, const Look& look, std::string_view tip,
               std::string_view stroke) {
  std::string steps;
  for (const Point& point : points) {
    steps += fmt::format("{}{} {}", steps.empty() ? "M" : "L", px(point.x), px(point.y));
  }
  content_ += fmt::format(R"(<path d="{}"{})", steps, attributes_of(look, "stroke", stroke));
  close("path", tip);
}

void Svg::circle(Point center, double radius, const Look& look, std::string_view tip) {
  content_ += fmt::format(R"(<circle cx="{}" cy="{}" r="{}"{})", px(center.x), px(center.y),
                          px(radius), attributes_of(look, "", ""));
  close("circle", tip);
}

void Svg::rectangle(Point corner, double width, double height, const Look& look,
                    std::string_view tip, std::string_view fill) {
  content_ += fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}"{})", px(corner.x),
                          px(corner.y), px(width), px(height), attributes_of(look, "fill", fill));
  close("rect", tip);
}

void Svg::text(Point at, std::string_view text, Anchor anchor, const Look& look,
               std::string_view fill) {
  content_ +=
      fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", px(at.x), px(at.y),
                  anchor_name(anchor), attributes_of(look, "fill", fill), markup_text(text));
}

void Svg::upward_text(Point at, std::string_view text) {
  content_ += fmt::format(
      "<text x=\"{0}\" y=\"{1}\" text-anchor=\"middle\" transform=\"rotate(-90 {0} {1})\"{2}>{3}"
      "</text>\n",
      px(at.x), px(at.y), attributes_of(look::kText, "", ""), markup_text(text));
}

void Svg::cursor(double from, double to, int first, int last, double top, double bottom) {
  content_ += fmt::format(
      "<line data-from=\"{0}\" data-to=\"{1}\" data-first=\"{2}\" data-last=\"{3}\" x1=\"{0}\""
      " x2=\"{0}\" y1=\"{4}\" y2=\"{5}\" visibility=\"hidden\"{6}/>\n",
      px(from), px(to), first, last, px(top), px(bottom), attributes_of(look::kCursor, "", ""));
}

double text_width(std::string_view text) {
  constexpr double kPixelsPerCharacter = 6.3;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  const auto characters =
      static_cast<std::ptrdiff_t>(text.size()) - std::count_if(text.begin(), text.end(), continues);
  return kPixelsPerCharacter * static_cast<double>(characters);
}

std::string ramp_color(double share) {
  constexpr std::array kLight = {222.0, 235.0, 247.0};
  constexpr std::array kDark = {8.0, 69.0, 148.0};
  std::string color = "#";
  for (std::size_t c = 0; c < kLight.size(); ++c) {
    const double mixed = kLight[c] + share * (kDark[c] - kLight[c]);
    color += fmt::format("{:02x}", static_cast<int>(std::lround(mixed)));
  }
  return color;
}

std::string text_color_on(double share) { return share > 0.5 ? "#ffffff" : "#1c2026"; }

std::string_view line_color(std::size_t n) {
  // Okabe and Ito's, "Color universal design", 2008, without yellow and black.
  static constexpr std::array<std::string_view, 6> kColors = {"#0072b2", "#d55e00", "#009e73",
                                                              "#cc79a7", "#e69f00", "#56b4e9"};
  return kColors[n % kColors.size()];
}

}  // namespace cox::report
