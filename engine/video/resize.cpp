#include "engine/video/resize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

#include "base/status.h"

namespace cox::video {

namespace {

constexpr int kFractionBits = 22;
constexpr int kChannels = 3;

double sinc(double x) {
  return x == 0 ? 1 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi);
}

double kernel(ResizeFilter filter, double x) {
  switch (filter) {
    case ResizeFilter::kBilinear:
      return std::max(0.0, 1 - std::abs(x));
    case ResizeFilter::kBicubic: {
      constexpr double a = -0.5;
      const double d = std::abs(x);
      if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
      if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
      return 0;
    }
    case ResizeFilter::kLanczos:
      return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0;
  }
  return 0;
}

double support_of(ResizeFilter filter) {
  switch (filter) {
    case ResizeFilter::kBilinear:
      return 1;
    case ResizeFilter::kBicubic:
      return 2;
    case ResizeFilter::kLanczos:
      return 3;
  }
  return 0;
}

/// The source pixels of one output pixel, and their fixed-point weights.
struct Window {
  int first = 0;
  std::vector<std::int32_t> weights;
};

std::int32_t to_fixed(double weight) {
  const double scaled = weight * (1 << kFractionBits);
  return static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

std::vector<Window> windows_for(int in, int out, ResizeFilter filter) {
  const double scale = static_cast<double>(in) / out;
  const double widening = std::max(scale, 1.0);
  const double support = support_of(filter) * widening;
  const double narrowing = 1 / widening;
  std::vector<Window> windows(static_cast<std::size_t>(out));
  for (int i = 0; i < out; ++i) {
    const double center = (i + 0.5) * scale;
    const int low = std::max(0, static_cast<int>(center - support + 0.5));
    const int high = std::min(in, static_cast<int>(center + support + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int k = low; k < high; ++k) {
      weights.push_back(kernel(filter, (k - center + 0.5) * narrowing));
      sum += weights.back();
    }
    Window& window = windows[static_cast<std::size_t>(i)];
    window.first = low;
    for (const double weight : weights) {
      window.weights.push_back(to_fixed(sum != 0 ? weight * (1 / sum) : weight));
    }
  }
  return windows;
}

std::uint8_t rounded(std::int32_t accumulated) {
  return static_cast<std::uint8_t>(std::clamp(accumulated >> kFractionBits, 0, 255));
}

RgbImage resize_width(const RgbImage& image, int width, ResizeFilter filter) {
  const std::vector<Window> windows = windows_for(image.width, width, filter);
  RgbImage result(width, image.height);
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* out = result.row(y);
    for (const Window& window : windows) {
      const std::uint8_t* in = image.row(y) + kChannels * window.first;
      std::int32_t sums[kChannels] = {1 << (kFractionBits - 1), 1 << (kFractionBits - 1),
                                      1 << (kFractionBits - 1)};
      for (const std::int32_t weight : window.weights) {
        for (std::int32_t& sum : sums) sum += *in++ * weight;
      }
      for (const std::int32_t sum : sums) *out++ = rounded(sum);
    }
  }
  return result;
}

RgbImage resize_height(const RgbImage& image, int height, ResizeFilter filter) {
  const std::vector<Window> windows = windows_for(image.height, height, filter);
  RgbImage result(image.width, height);
  std::vector<std::int32_t> sums(image.row_bytes());
  for (int y = 0; y < height; ++y) {
    const Window& window = windows[static_cast<std::size_t>(y)];
    std::fill(sums.begin(), sums.end(), 1 << (kFractionBits - 1));
    int source_row = window.first;
    for (const std::int32_t weight : window.weights) {
      const std::uint8_t* in = image.row(source_row++);
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += in[i] * weight;
    }
    std::transform(sums.begin(), sums.end(), result.row(y), rounded);
  }
  return result;
}

}  // namespace

RgbImage resize(const RgbImage& image, int width, int height, ResizeFilter filter, PilOrder order) {
  COX_CHECK(image.width > 0 && image.height > 0 && width > 0 && height > 0,
            fmt::format("cannot resize {}x{} to {}x{}", image.width, image.height, width, height));
  const bool vertical_first = order == PilOrder::kV13 && image.height > height &&
                              image.height - height > 2 * (image.width - width);
  RgbImage result = image;
  if (vertical_first) result = resize_height(result, height, filter);
  if (width != image.width) result = resize_width(result, width, filter);
  if (!vertical_first && height != image.height) result = resize_height(result, height, filter);
  return result;
}

namespace {

/// The nearest whole number, halves to even, at least 1.
int side(double length) { return std::max(1, static_cast<int>(std::nearbyint(length))); }

bool is_wider(const RgbImage& image, int width, int height) {
  return static_cast<std::int64_t>(image.width) * height >
         static_cast<std::int64_t>(image.height) * width;
}

/// Copies a rectangle at (from_x, from_y) of `source` to (to_x, to_y).
void copy_rectangle(const RgbImage& source, int from_x, int from_y, RgbImage& target, int to_x,
                    int to_y, int width, int height) {
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* in = source.row(from_y + y) + kChannels * from_x;
    std::copy(in, in + kChannels * width, target.row(to_y + y) + kChannels * to_x);
  }
}

/// Returns the largest centered part of `image` that has the aspect ratio of width x height.
RgbImage cropped(const RgbImage& image, int width, int height) {
  const bool wider = is_wider(image, width, height);
  const int w = wider ? side(static_cast<double>(image.height) * width / height) : image.width;
  const int h = wider ? image.height : side(static_cast<double>(image.width) * height / width);
  RgbImage part(w, h);
  copy_rectangle(image, (image.width - w) / 2, (image.height - h) / 2, part, 0, 0, w, h);
  return part;
}

/// Returns a black width x height picture with `image` in its center.
RgbImage centered(const RgbImage& image, int width, int height) {
  RgbImage whole(width, height);
  std::fill(whole.pixels.begin(), whole.pixels.end(), std::uint8_t{0});
  const auto offset = [](int free) { return static_cast<int>(std::nearbyint(free * 0.5)); };
  copy_rectangle(image, 0, 0, whole, offset(width - image.width), offset(height - image.height),
                 image.width, image.height);
  return whole;
}

}  // namespace

RgbImage resize_to_fit(const RgbImage& image, int width, int height, Fit fit, ResizeFilter filter,
                       PilOrder order) {
  if (fit == Fit::kCrop) {
    return resize(cropped(image, width, height), width, height, filter, order);
  }
  if (fit == Fit::kStretch) return resize(image, width, height, filter, order);
  const bool wider = is_wider(image, width, height);
  const int w = wider ? width : side(static_cast<double>(image.width) / image.height * height);
  const int h = wider ? side(static_cast<double>(image.height) / image.width * width) : height;
  return centered(resize(image, w, h, filter, order), width, height);
}

}  // namespace cox::video
