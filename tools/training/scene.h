#pragma once

#include <array>
#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

namespace cox::engine {

inline constexpr double kTurn = 2 * std::numbers::pi;  ///< in radians: phases are below it

/// A range from which a property of a scene is drawn uniformly.
struct Range {
  double low = 0;
  double high = 0;
};

/// A distribution of procedural scenes. Lengths are in picture heights, times in seconds.
struct Domain {
  std::string_view name;
  std::string_view meaning;
  Range texture_frequency;       ///< cycles per picture height
  double texture_sharpness = 0;  ///< 0 keeps sinusoids; larger values give edges
  Range pan_speed;               ///< of the camera, picture heights per second
  double shake = 0;              ///< amplitude of the camera's shake
  Range shape_speed;
  Range spin;              ///< radians per second
  Range stripe_frequency;  ///< cycles per picture height
  Range saturation;
  Range brightness;
  Range contrast;
  double light_change = 0;  ///< relative amplitude of brightness over time
};

/// The known domains; the small model learns `train`; the others differ from it as a test video
/// differs from the training data of a pretrained model.
const std::vector<Domain>& domains();
/// Throws EngineError(kUser) for an unknown name, naming the known ones.
const Domain& domain_named(std::string_view name);
std::string known_domains();  ///< their names, for messages

using Color = std::array<double, 3>;  ///< RGB in [0, 1]
using Point = std::array<double, 2>;  ///< x, y in picture heights, from the top left

/// A sum of plane waves.
struct Texture {
  static constexpr int kWaves = 5;
  std::array<Point, kWaves> frequency{};
  std::array<double, kWaves> phase{};
};

struct Shape {
  double exponent = 2;  ///< of the p-norm: 1 a diamond, 2 a disc, 6 a rounded box
  Point radius{};
  Point position{};  ///< at time 0
  Point velocity{};  ///< reflected at the picture's edges
  double angle = 0;
  double spin = 0;
  Color color{};
  Color stripe_color{};
  double stripe_frequency = 0;
  double stripe_phase = 0;
  double presence = 1;  ///< 0 omits it
};

/// A complete scene: rendering it does not require further draws.
struct Scene {
  static constexpr int kShapes = 3;
  std::array<Texture, 2> textures;  ///< each colors the background along its own direction
  double texture_sharpness = 0;
  Color background{};
  std::array<Color, 2> texture_color{};
  Point camera{};
  Point pan{};  ///< velocity
  Point acceleration{};
  double shake = 0;
  std::array<double, 4> shake_phase{};
  std::array<Shape, kShapes> shapes;
  double light_amplitude = 0;
  double light_frequency = 0;  ///< per second
  double light_phase = 0;
};

/// The number of the first held-out scene; training never reaches it.
inline constexpr std::uint64_t kHeldOutScene = std::uint64_t{1} << 40;

/// Returns scene number `index` of a domain: depends only on domain, seed and index.
Scene sample_scene(const Domain& domain, std::uint64_t seed, std::uint64_t index, double aspect);

/// Returns a sentence that describes what moves where, in words that the small tokenizer knows.
std::string describe(const Scene& scene);

}  // namespace cox::engine
