#pragma once

#include <cstdint>
#include <vector>

#include "engine/video/image.h"

namespace cox::video {

/// Linear color, each component in [0, 1].
struct Color {
  double r = 0, g = 0, b = 0;
};

/// A place in a scene: the picture's height is 1, x runs right from its left edge, y down.
struct Point {
  double x = 0, y = 0;
};

/// A figure that moves along a straight line and around a circle, and turns.
struct Figure {
  enum class Kind { kDisc, kRing, kBox, kStar };
  Kind kind = Kind::kDisc;
  double radius = 0.2;     ///< of the circle around it
  Point start;             ///< at time 0; the circle's center when there is an orbit
  Point velocity;          ///< heights a second
  double orbit = 0;        ///< radius of the circle
  double orbit_speed = 0;  ///< radians a second, clockwise
  double spin = 0;         ///< radians a second, clockwise
  Color color;
  Color stripe_color;
  double stripe_width = 0;  ///< in heights; 0 = one color
};

/// A cloudy texture that pans.
struct Background {
  Color dark, bright;
  double grain = 2;  ///< clouds in the picture's height
  Point velocity;    ///< heights a second
};

struct Scene {
  Background background;
  std::vector<Figure> figures;  ///< later ones cover earlier ones
};

/// The scene at `seconds`. `seed` shifts the texture and where orbits begin, not what is to be
/// seen. Equal on every machine with IEEE arithmetic.
RgbImage render(const Scene& scene, int width, int height, double seconds, std::uint64_t seed);

}  // namespace cox::video
