#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cox::report {

/// `text` for XML and HTML, in element content and in quoted attributes. Characters that XML does
/// not allow, and marks that reorder or hide text, are shown by their number: a name in a database
/// may hold any.
std::string markup_text(std::string_view text);

struct Point {
  double x = 0;
  double y = 0;
};

enum class Anchor { kStart, kMiddle, kEnd };

/// What a mark is, which decides how it looks: a class for a page's style sheet, and attributes for
/// readers without one.
struct Look {
  std::string_view name;
  std::string_view attributes;
};

namespace look {
inline constexpr Look kAxis{"axis", R"(fill="none" stroke="#6b7480")"};
inline constexpr Look kGrid{"grid", R"(fill="none" stroke="#e3e6ea")"};
inline constexpr Look kZero{"zero", R"(fill="none" stroke="#57606a" stroke-dasharray="4 3")"};
inline constexpr Look kMark{"mark", R"(fill="#0b57b0")"};
inline constexpr Look kGain{"gain", R"(fill="#1f7a4d")"};
inline constexpr Look kLoss{"loss", R"(fill="#b3432b")"};
inline constexpr Look kDot{"dot", R"(fill="#0b57b0" fill-opacity="0.3")"};
inline constexpr Look kSpan{"span", R"(fill="none" stroke="#0b57b0" stroke-width="2")"};
inline constexpr Look kLine{"line", R"(fill="none" stroke-width="2")"};  ///< in a separate color
inline constexpr Look kWideSpan{"wide-span",
                                R"(fill="none" stroke="#0b57b0" stroke-opacity="0.4")"};
inline constexpr Look kFront{"front", R"(fill="none" stroke="#b8871b" stroke-width="1.5")"};
inline constexpr Look kCursor{"cursor", R"(fill="none" stroke="#b3432b")"};
inline constexpr Look kCell{"cell", R"(stroke="#ffffff")"};
inline constexpr Look kText{"text", R"(fill="#1c2026")"};
inline constexpr Look kQuiet{"quiet-text", R"(fill="#57606a")"};
/// Readable over lines.
inline constexpr Look kOver{
    "quiet-text", R"(fill="#57606a" stroke="#ffffff" stroke-width="3" paint-order="stroke")"};
inline constexpr Look kTitle{"title-text", R"(fill="#1c2026" font-weight="bold")"};
}  // namespace look

/// Writes one SVG image in pixels, y downwards. Equal calls give equal bytes.
class Svg {
 public:
  /// `title` is the image's accessible name.
  Svg(double width, double height, std::string_view title);

  void line(Point from, Point to, const Look& look);
  /// Lines from point to point; `stroke`, a color, replaces that of the look.
  void path(const std::vector<Point>& points, const Look& look, std::string_view tip = "",
            std::string_view stroke = "");
  void circle(Point center, double radius, const Look& look, std::string_view tip = "");
  /// `fill`, a color, replaces that of the look.
  void rectangle(Point corner, double width, double height, const Look& look,
                 std::string_view tip = "", std::string_view fill = "");
  void text(Point at, std::string_view text, Anchor anchor = Anchor::kStart,
            const Look& look = look::kText, std::string_view fill = "");
  /// Reads upwards.
  void upward_text(Point at, std::string_view text);

  /// A hidden line that a page may show at a step: `from` and `to` are where the steps `first` and
  /// `last` stand.
  void cursor(double from, double to, int first, int last, double top, double bottom);

  /// The document, which ends with a newline.
  std::string document() const { return content_ + "</svg>\n"; }

 private:
  void close(std::string_view tag, std::string_view tip);
  std::string content_;
};

/// Returns about how wide a string is drawn.
double text_width(std::string_view text);

/// The color of `share`, 0 to 1, on a ramp from light to dark blue; and of text on it.
std::string ramp_color(double share);
std::string text_color_on(double share);

/// Returns the color of the n-th line. Color-blind readers can distinguish them too; they repeat.
std::string_view line_color(std::size_t n);

}  // namespace cox::report
