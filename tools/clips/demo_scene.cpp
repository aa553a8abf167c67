#include "tools/clips/demo_scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cox::video {

namespace {

constexpr int kSamplesPerSide = 3;  // of each pixel, against jagged edges
constexpr int kOctaves = 3;

/// A number in [0, 1) for a lattice point.
double lattice(std::int64_t x, std::int64_t y, std::uint64_t seed) {
  std::uint64_t h = seed + static_cast<std::uint64_t>(x) * 0x9E3779B97F4A7C15ull +
                    static_cast<std::uint64_t>(y) * 0xC2B2AE3D27D4EB4Full;
  h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93ull;
  h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93ull;
  return static_cast<double>((h ^ (h >> 32)) >> 11) / 9007199254740992.0;
}

double smooth_noise(Point p, std::uint64_t seed) {
  const double floor_x = std::floor(p.x), floor_y = std::floor(p.y);
  const auto ix = static_cast<std::int64_t>(floor_x), iy = static_cast<std::int64_t>(floor_y);
  const auto ease = [](double f) { return f * f * (3 - 2 * f); };
  const double fx = ease(p.x - floor_x), fy = ease(p.y - floor_y);
  const double top = std::lerp(lattice(ix, iy, seed), lattice(ix + 1, iy, seed), fx);
  const double bottom = std::lerp(lattice(ix, iy + 1, seed), lattice(ix + 1, iy + 1, seed), fx);
  return std::lerp(top, bottom, fy);
}

double clouds(Point p, std::uint64_t seed) {
  double sum = 0, weight = 1, total = 0;
  for (int octave = 0; octave < kOctaves; ++octave) {
    sum += weight * smooth_noise(p, seed + static_cast<std::uint64_t>(octave));
    total += weight;
    weight /= 2;
    p = {2 * p.x + 17, 2 * p.y + 31};
  }
  return sum / total;
}

Color mix(const Color& a, const Color& b, double share) {
  return {std::lerp(a.r, b.r, share), std::lerp(a.g, b.g, share), std::lerp(a.b, b.b, share)};
}

/// A figure at one moment, in its own turned coordinates.
struct Posed {
  const Figure* figure;
  Point center;
  double cosine, sine;

  Posed(const Figure& shown, double seconds, std::uint64_t seed) : figure(&shown) {
    const double phase = 2 * std::numbers::pi * lattice(0, 0, seed);
    const double along = phase + shown.orbit_speed * seconds;
    center = {shown.start.x + shown.velocity.x * seconds + shown.orbit * std::cos(along),
              shown.start.y + shown.velocity.y * seconds + shown.orbit * std::sin(along)};
    cosine = std::cos(shown.spin * seconds);
    sine = std::sin(shown.spin * seconds);
  }

  Point local(Point p) const {
    const double x = p.x - center.x, y = p.y - center.y;
    return {cosine * x + sine * y, cosine * y - sine * x};
  }

  bool covers(Point q) const {
    const double distance = std::sqrt(q.x * q.x + q.y * q.y), radius = figure->radius;
    if (distance >= radius) return false;
    switch (figure->kind) {
      case Figure::Kind::kDisc:
        return true;
      case Figure::Kind::kRing:
        return distance > 0.6 * radius;
      case Figure::Kind::kBox:
        return std::max(std::abs(q.x), std::abs(q.y)) < radius / std::sqrt(2.0);
      case Figure::Kind::kStar: {
        const double fifth = 2 * std::numbers::pi / 5;
        const double angle = std::atan2(q.x, -q.y) + 10 * fifth;
        const double from_point = std::abs(std::fmod(angle, fifth) - fifth / 2) / (fifth / 2);
        return distance < radius * std::lerp(0.42, 1.0, from_point * from_point);
      }
    }
    return false;
  }

  Color color(Point q) const {
    if (figure->stripe_width <= 0) return figure->color;
    const auto stripe = static_cast<std::int64_t>(std::floor(q.x / figure->stripe_width));
    return stripe % 2 == 0 ? figure->color : figure->stripe_color;
  }
};

std::uint8_t level(double linear) {
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(linear, 0.0, 1.0)));
}

}  // namespace

RgbImage render(const Scene& scene, int width, int height, double seconds, std::uint64_t seed) {
  const Background& back = scene.background;
  std::vector<Posed> figures;
  for (const Figure& figure : scene.figures) figures.emplace_back(figure, seconds, seed + 7);

  const auto background_at = [&](Point p) {
    const Point panned = {p.x + back.velocity.x * seconds, p.y + back.velocity.y * seconds};
    return mix(back.dark, back.bright,
               clouds({panned.x * back.grain, panned.y * back.grain}, seed));
  };
  const auto color_at = [&](Point p, Color color) {
    for (const Posed& posed : figures) {
      const Point q = posed.local(p);
      if (posed.covers(q)) color = posed.color(q);
    }
    return color;
  };

  RgbImage image(width, height);
  constexpr double kShare = 1.0 / (kSamplesPerSide * kSamplesPerSide);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const Color background = background_at({(x + 0.5) / height, (y + 0.5) / height});
      Color sum;
      for (int s = 0; s < kSamplesPerSide * kSamplesPerSide; ++s) {
        const double dx = (s % kSamplesPerSide + 0.5) / kSamplesPerSide;
        const double dy = (s / kSamplesPerSide + 0.5) / kSamplesPerSide;
        const Color color = color_at({(x + dx) / height, (y + dy) / height}, background);
        sum = {sum.r + color.r, sum.g + color.g, sum.b + color.b};
      }
      std::uint8_t* pixel = image.row(y) + 3 * x;
      pixel[0] = level(sum.r * kShare);
      pixel[1] = level(sum.g * kShare);
      pixel[2] = level(sum.b * kShare);
    }
  }
  return image;
}

}  // namespace cox::video
