#include "tools/training/render.h"

#include <ATen/ops/cos.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tanh.h>

#include <functional>
#include <vector>

#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Width of a shape's edge, in pixels of the rendered height.
constexpr double kEdgePixels = 1.5;

/// Broadcasts everything to [N, F, H, W].
class Renderer {
 public:
  Renderer(std::span<const Scene> scenes, const RenderSize& size, at::Device device)
      : scenes_(scenes), size_(size), device_(device) {
    const auto pixels = at::TensorOptions().dtype(at::kFloat).device(device);
    const double height = static_cast<double>(size.height);
    x_ = ((at::arange(size.width, pixels) + 0.5) / height).view({1, 1, 1, size.width});
    y_ = ((at::arange(size.height, pixels) + 0.5) / height).view({1, 1, size.height, 1});
    time_ = ((at::arange(size.frames, pixels) + size.first_frame) / size.frame_rate)
                .view({1, size.frames, 1, 1});
    aspect_ = static_cast<double>(size.width) / height;
  }

  at::Tensor picture() const {
    std::vector<at::Tensor> channels = background();
    for (size_t k = 0; k < Scene::kShapes; ++k) paint_shape(k, channels);
    const at::Tensor light =
        1 + each([](const Scene& s) { return s.light_amplitude; }) *
                at::sin(kTurn * each([](const Scene& s) { return s.light_frequency; }) * time_ +
                        each([](const Scene& s) { return s.light_phase; }));
    for (at::Tensor& channel : channels) channel = (channel * light).clamp(0, 1);
    return at::stack(channels, 1);
  }

 private:
  /// Returns one number of every scene, as [N, 1, 1, 1].
  at::Tensor each(const std::function<double(const Scene&)>& number) const {
    std::vector<float> values;
    for (const Scene& scene : scenes_) values.push_back(static_cast<float>(number(scene)));
    const int64_t count = static_cast<int64_t>(values.size());
    return at::from_blob(values.data(), {count}, at::kFloat)
        .clone()
        .to(device_)
        .view({count, 1, 1, 1});
  }

  /// Returns the camera's position at each time on one axis: [N, F, 1, 1].
  at::Tensor camera(size_t axis) const {
    const at::Tensor tremble =
        at::sin(kTurn * 3.1 * time_ + each([=](const Scene& s) { return s.shake_phase[axis]; })) +
        at::sin(kTurn * 5.3 * time_ +
                each([=](const Scene& s) { return s.shake_phase[axis + 2]; }));
    return each([=](const Scene& s) { return s.camera[axis]; }) +
           each([=](const Scene& s) { return s.pan[axis]; }) * time_ +
           each([=](const Scene& s) { return s.acceleration[axis]; }) * time_ * time_ / 2 +
           each([](const Scene& s) { return s.shake; }) * tremble;
  }

  /// Returns the mean of the waves at world position (x, y), in [-1, 1], sharpened if the scene has
  /// edges.
  at::Tensor texture(size_t which, const at::Tensor& x, const at::Tensor& y) const {
    at::Tensor sum;
    for (size_t w = 0; w < Texture::kWaves; ++w) {
      const auto frequency = [=](size_t axis) {
        return [=](const Scene& s) { return s.textures[which].frequency[w][axis]; };
      };
      const at::Tensor wave =
          at::sin(kTurn * (each(frequency(0)) * x + each(frequency(1)) * y) +
                  each([=](const Scene& s) { return s.textures[which].phase[w]; }));
      sum = sum.defined() ? sum + wave : wave;
    }
    const at::Tensor mean = sum * (2.0 / Texture::kWaves);
    const at::Tensor sharp = each([](const Scene& s) { return s.texture_sharpness; });
    const at::Tensor blend = (sharp > 0).to(at::kFloat);
    return mean * (1 - blend) + at::tanh(mean * (sharp * 2 + 1e-3)) * blend;
  }

  std::vector<at::Tensor> background() const {
    const at::Tensor world_x = x_ + camera(0);
    const at::Tensor world_y = y_ + camera(1);
    const at::Tensor first = texture(0, world_x, world_y);
    const at::Tensor second = texture(1, world_x, world_y);
    std::vector<at::Tensor> channels;
    for (size_t c = 0; c < 3; ++c) {
      channels.push_back(each([=](const Scene& s) { return s.background[c]; }) +
                         each([=](const Scene& s) { return s.texture_color[0][c]; }) * first +
                         each([=](const Scene& s) { return s.texture_color[1][c]; }) * second);
    }
    return channels;
  }

  /// Returns start + velocity t, reflected into [0, length].
  at::Tensor bounced(const at::Tensor& start, const at::Tensor& velocity, double length) const {
    const at::Tensor unfolded = (start + velocity * time_) / (2 * length);
    return length * (1 - (2 * (unfolded - at::floor(unfolded)) - 1).abs());
  }

  void paint_shape(size_t k, std::vector<at::Tensor>& channels) const {
    const auto of = [=](auto member) {
      return [=](const Scene& s) -> double { return member(s.shapes[k]); };
    };
    const at::Tensor center_x =
        bounced(each(of([](const Shape& s) { return s.position[0]; })),
                each(of([](const Shape& s) { return s.velocity[0]; })), aspect_);
    const at::Tensor center_y = bounced(each(of([](const Shape& s) { return s.position[1]; })),
                                        each(of([](const Shape& s) { return s.velocity[1]; })), 1);
    const at::Tensor angle = each(of([](const Shape& s) { return s.angle; })) +
                             each(of([](const Shape& s) { return s.spin; })) * time_;
    const at::Tensor dx = x_ - center_x;
    const at::Tensor dy = y_ - center_y;
    const at::Tensor along = dx * at::cos(angle) + dy * at::sin(angle);
    const at::Tensor across = dy * at::cos(angle) - dx * at::sin(angle);

    // The p-norm of the position in units of the radii is 1 on the shape's edge.
    const at::Tensor p = each(of([](const Shape& s) { return s.exponent; }));
    const at::Tensor radius = each(of([](const Shape& s) { return s.radius[0]; }));
    const at::Tensor norm = at::pow(
        at::pow((along / radius).abs() + 1e-6, p) +
            at::pow((across / each(of([](const Shape& s) { return s.radius[1]; }))).abs() + 1e-6,
                    p),
        1 / p);
    const at::Tensor edge = radius * (static_cast<double>(size_.height) / kEdgePixels);
    const at::Tensor inside =
        at::sigmoid((1 - norm) * edge * 4) * each(of([](const Shape& s) { return s.presence; }));
    const at::Tensor stripes =
        0.5 +
        0.5 * at::sin(kTurn * each(of([](const Shape& s) { return s.stripe_frequency; })) * along +
                      each(of([](const Shape& s) { return s.stripe_phase; })));
    for (size_t c = 0; c < 3; ++c) {
      const at::Tensor color = each(of([=](const Shape& s) { return s.color[c]; }));
      const at::Tensor stripe = each(of([=](const Shape& s) { return s.stripe_color[c]; }));
      channels[c] = channels[c] * (1 - inside) + (color + (stripe - color) * stripes) * inside;
    }
  }

  std::span<const Scene> scenes_;
  RenderSize size_;
  at::Device device_;
  at::Tensor x_, y_, time_;
  double aspect_ = 1;
};

}  // namespace

std::vector<Scene> sample_scenes(const Domain& domain, uint64_t seed, uint64_t first, int64_t count,
                                 const RenderSize& size) {
  const double aspect = static_cast<double>(size.width) / static_cast<double>(size.height);
  std::vector<Scene> scenes;
  for (int64_t i = 0; i < count; ++i) {
    scenes.push_back(sample_scene(domain, seed, first + static_cast<uint64_t>(i), aspect));
  }
  return scenes;
}

at::Tensor render(std::span<const Scene> scenes, const RenderSize& size, at::Device device) {
  return Renderer(scenes, size, device).picture();
}

}  // namespace cox::engine
