#include "cli/output/video_grid.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/output/drawing.h"
#include "coordinator/report/figures/svg.h"

namespace cox::cli {

namespace {

constexpr std::size_t kMostInRow = 4;
constexpr int kLabelHeight = 22;
constexpr int kGap = 4;
constexpr double kPixelsPerCharacter = 7;

void paste(const video::RgbImage& part, int left, int top, video::RgbImage& whole) {
  for (int y = 0; y < part.height; ++y) {
    std::copy_n(part.row(y), part.row_bytes(), whole.row(top + y) + 3 * left);
  }
}

Result<video::RgbImage> label_image(const std::string& label, int width) {
  report::Svg svg(width, kLabelHeight, label);
  const auto most = static_cast<std::size_t>(std::max(4.0, width / kPixelsPerCharacter));
  svg.text({4, 15}, abbreviated(label, most), report::Anchor::kStart, report::look::kText,
           "#ffffff");
  return pixels_of(svg.document());
}

int even(int size) { return size + size % 2; }

/// Places clips in columns and rows of equal cells.
struct GridLayout {
  int columns = 1;
  int cell_width = 0;
  int cell_height = 0;

  int left(std::size_t clip) const {
    return (static_cast<int>(clip) % columns) * (cell_width + kGap);
  }
  int top(std::size_t clip) const {
    return (static_cast<int>(clip) / columns) * (cell_height + kLabelHeight + kGap);
  }
};

GridLayout layout_of(const std::vector<LabeledClip>& clips) {
  GridLayout layout;
  layout.columns = static_cast<int>(std::min(clips.size(), kMostInRow));
  for (const LabeledClip& clip : clips) {
    layout.cell_width = std::max(layout.cell_width, clip.frames.front().width);
    layout.cell_height = std::max(layout.cell_height, clip.frames.front().height);
  }
  return layout;
}

}  // namespace

Result<std::vector<video::RgbImage>> video_grid(const std::vector<LabeledClip>& clips) {
  for (const LabeledClip& clip : clips) {
    if (clip.frames.size() == clips.front().frames.size() && !clip.frames.empty()) continue;
    return failed_precondition(fmt::format(
        "'{}' has {} frames and '{}' {}: expected equally many, at least one", clips.front().label,
        clips.front().frames.size(), clip.label, clip.frames.size()));
  }
  const GridLayout layout = layout_of(clips);
  video::RgbImage background(
      even(layout.left(static_cast<std::size_t>(layout.columns) - 1) + layout.cell_width),
      even(layout.top(clips.size() - 1) + kLabelHeight + layout.cell_height));
  for (std::size_t i = 0; i < clips.size(); ++i) {
    COX_ASSIGN_OR_RETURN(const video::RgbImage label,
                         label_image(clips[i].label, layout.cell_width));
    paste(label, layout.left(i), layout.top(i), background);
  }
  std::vector<video::RgbImage> frames(clips.front().frames.size(), background);
  for (std::size_t f = 0; f < frames.size(); ++f) {
    for (std::size_t i = 0; i < clips.size(); ++i) {
      const video::RgbImage& frame = clips[i].frames[f];
      paste(frame, layout.left(i) + (layout.cell_width - frame.width) / 2,
            layout.top(i) + kLabelHeight + (layout.cell_height - frame.height) / 2, frames[f]);
    }
  }
  return frames;
}

}  // namespace cox::cli
