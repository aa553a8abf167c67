#include "tools/training/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "engine/tensors/error.h"
#include "engine/tensors/random.h"

namespace cox::engine {

namespace {

/// Smooth textures, slow camera, striped shapes.
constexpr Domain kTrain = {
    .name = "train",
    .meaning =
        "smooth textures, slow camera, striped shapes: the training domain of the small model",
    .texture_frequency = {0.3, 1.2},
    .texture_sharpness = 0,
    .pan_speed = {0, 0.35},
    .shake = 0,
    .shape_speed = {0.1, 0.7},
    .spin = {-2, 2},
    .stripe_frequency = {2, 5},
    .saturation = {0.4, 0.9},
    .brightness = {0.35, 0.85},
    .contrast = {0.08, 0.22},
    .light_change = 0.04};

// Each shifted domain states only its difference from the training look.

constexpr Domain motion_domain() {
  Domain domain = kTrain;
  domain.name = "motion";
  domain.meaning = "the training look with a shaky camera and faster, spinning shapes";
  domain.pan_speed = {0.3, 0.7};
  domain.shake = 0.02;
  domain.shape_speed = {0.6, 1.2};
  domain.spin = {-4, 4};
  return domain;
}

constexpr Domain texture_domain() {
  Domain domain = kTrain;
  domain.name = "texture";
  domain.meaning = "finer textures with edges, thin stripes";
  domain.texture_frequency = {1.0, 2.5};
  domain.texture_sharpness = 2.5;
  domain.stripe_frequency = {5, 8};
  domain.contrast = {0.12, 0.3};
  return domain;
}

constexpr Domain color_domain() {
  Domain domain = kTrain;
  domain.name = "color";
  domain.meaning = "bright or dark pictures of low saturation under changing light";
  domain.saturation = {0.0, 0.25};
  domain.brightness = {0.15, 0.95};
  domain.contrast = {0.02, 0.1};
  domain.light_change = 0.2;
  return domain;
}

}  // namespace

const std::vector<Domain>& domains() {
  static const std::vector<Domain> kDomains = {kTrain, motion_domain(), texture_domain(),
                                               color_domain()};
  return kDomains;
}

const Domain& domain_named(std::string_view name) {
  for (const Domain& domain : domains()) {
    if (domain.name == name) return domain;
  }
  throw user_error(fmt::format("unknown domain '{}'; known: {}", name, known_domains()));
}

std::string known_domains() {
  std::vector<std::string> names;
  for (const Domain& domain : domains()) names.emplace_back(domain.name);
  return join(names, ", ");
}

namespace {

/// Draws the properties of one scene, in a fixed order.
class SceneSampler {
 public:
  SceneSampler(const Domain& domain, uint64_t seed, uint64_t index, double aspect)
      : domain_(domain),
        aspect_(aspect),
        random_({.seed = seed,
                 .video_id = std::string(domain.name),
                 .purpose = Purpose::kScene,
                 .step = index}) {}

  Scene sample() {
    Scene scene;
    scene.texture_sharpness = domain_.texture_sharpness;
    for (Texture& texture : scene.textures) texture = sample_texture();
    scene.background = sample_color();
    const double contrast = in(domain_.contrast);
    for (Color& color : scene.texture_color) {
      for (double& channel : color) channel = contrast * random_.uniform(-1, 1);
    }
    scene.camera = {random_.uniform(0, 10), random_.uniform(0, 10)};
    scene.pan = sample_vector(domain_.pan_speed);
    scene.acceleration = sample_vector({0, 0.5 * domain_.pan_speed.high});
    scene.shake = domain_.shake;
    for (double& phase : scene.shake_phase) phase = random_.uniform(0, kTurn);
    const double count = 1 + std::floor(random_.uniform(0, Scene::kShapes));
    for (int i = 0; i < Scene::kShapes; ++i) {
      scene.shapes[static_cast<size_t>(i)] = sample_shape();
      scene.shapes[static_cast<size_t>(i)].presence = i < count ? 1 : 0;
    }
    scene.light_amplitude = domain_.light_change * random_.uniform();
    scene.light_frequency = random_.uniform(0.2, 1);
    scene.light_phase = random_.uniform(0, kTurn);
    return scene;
  }

 private:
  double in(const Range& range) { return random_.uniform(range.low, range.high); }

  Point sample_vector(const Range& length) {
    const double angle = random_.uniform(0, kTurn);
    const double size = in(length);
    return {size * std::cos(angle), size * std::sin(angle)};
  }

  Texture sample_texture() {
    Texture texture;
    for (int i = 0; i < Texture::kWaves; ++i) {
      texture.frequency[static_cast<size_t>(i)] = sample_vector(domain_.texture_frequency);
      texture.phase[static_cast<size_t>(i)] = random_.uniform(0, kTurn);
    }
    return texture;
  }

  /// Converts hue, saturation and brightness to RGB.
  Color sample_color() {
    const double hue = random_.uniform(0, 6);
    const double saturation = in(domain_.saturation);
    const double brightness = in(domain_.brightness);
    Color color{};
    for (size_t c = 0; c < 3; ++c) {
      const double distance = std::abs(std::fmod(hue + (c == 0 ? 0 : c == 1 ? 4 : 2), 6) - 3);
      const double pure = std::min(std::max(distance - 1, 0.0), 1.0);
      color[c] = brightness * (1 - saturation + saturation * pure);
    }
    return color;
  }

  Shape sample_shape() {
    static constexpr std::array<double, 3> kExponents = {1, 2, 6};
    Shape shape;
    shape.exponent = kExponents[static_cast<size_t>(random_.uniform(0, 3))];
    const double size = random_.uniform(0.12, 0.26);
    shape.radius = {size, size * random_.uniform(0.7, 1)};
    shape.position = {random_.uniform(0.1, aspect_ - 0.1), random_.uniform(0.1, 0.9)};
    shape.velocity = sample_vector(domain_.shape_speed);
    shape.angle = random_.uniform(0, kTurn);
    shape.spin = in(domain_.spin);
    shape.color = sample_color();
    shape.stripe_color = sample_color();
    shape.stripe_frequency = in(domain_.stripe_frequency);
    shape.stripe_phase = random_.uniform(0, kTurn);
    return shape;
  }

  const Domain& domain_;
  double aspect_;
  RandomStream random_;
};

std::string color_name(const Color& color) {
  const auto [least, most] = std::minmax_element(color.begin(), color.end());
  if (*most - *least < 0.15) return *most < 0.35 ? "dark" : *most < 0.7 ? "gray" : "white";
  const double red = color[0], green = color[1], blue = color[2];
  const double middle = red + green + blue - *least - *most;
  const bool mixed = middle - *least > 0.5 * (*most - *least);
  if (*most == red) return !mixed ? "red" : green > blue ? "orange" : "pink";
  if (*most == green) return !mixed ? "green" : red > blue ? "yellow" : "cyan";
  return !mixed ? "blue" : red > green ? "purple" : "cyan";
}

std::string direction_name(const Point& v) {
  if (std::abs(v[0]) > std::abs(v[1])) return v[0] > 0 ? "right" : "left";
  return v[1] > 0 ? "down" : "up";
}

std::string shape_name(const Shape& shape) {
  return shape.exponent < 1.5 ? "diamond" : shape.exponent < 4 ? "disc" : "box";
}

}  // namespace

Scene sample_scene(const Domain& domain, uint64_t seed, uint64_t index, double aspect) {
  return SceneSampler(domain, seed, index, aspect).sample();
}

std::string describe(const Scene& scene) {
  std::vector<std::string> parts;
  for (const Shape& shape : scene.shapes) {
    if (shape.presence == 0) continue;
    parts.push_back(fmt::format("a {} striped {} moves {}", color_name(shape.color),
                                shape_name(shape), direction_name(shape.velocity)));
  }
  return fmt::format("{}, over a {} background, the camera pans {}", join(parts, ", "),
                     color_name(scene.background), direction_name(scene.pan));
}

}  // namespace cox::engine
