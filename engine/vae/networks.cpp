#include "engine/vae/networks.h"

#include "engine/tensors/torch.h"
#include "engine/vae/causal_conv3d.h"

namespace cox::engine {

VaeNetworks::VaeNetworks(const VaeConfig& config, WeightSource& weights)
    : encoder_(VaeBuild{weights, encoder_slots_, "encoder"}, config),
      quant_conv_(VaeBuild{weights, encoder_slots_, "quant_conv"}, 2 * config.z_dim,
                  2 * config.z_dim),
      post_quant_conv_(VaeBuild{weights, decoder_slots_, "post_quant_conv"}, config.z_dim,
                       config.z_dim),
      decoder_(VaeBuild{weights, decoder_slots_, "decoder"}, config) {}

at::Tensor VaeNetworks::encode(const at::Tensor& frames, std::int64_t group) const {
  FeatureCache cache(encoder_slots_.count());
  std::vector<at::Tensor> chunks;
  std::int64_t begin = 0;
  while (begin < frames.size(kTimeAxis)) {
    const std::int64_t length = begin == 0 ? 1 : group;
    chunks.push_back(encoder_.forward(frames.narrow(kTimeAxis, begin, length), cache));
    cache.next_chunk();
    begin += length;
  }
  return quant_conv_.forward(at::cat(chunks, kTimeAxis));
}

at::Tensor VaeNetworks::decode(const at::Tensor& latents, std::int64_t group) const {
  const at::Tensor frames = post_quant_conv_.forward(latents);
  FeatureCache cache(decoder_slots_.count());
  std::vector<at::Tensor> chunks;
  std::int64_t begin = 0;
  while (begin < frames.size(kTimeAxis)) {
    const std::int64_t length = begin == 0 ? 1 : group;
    chunks.push_back(decoder_.forward(frames.narrow(kTimeAxis, begin, length), cache));
    cache.next_chunk();
    begin += length;
  }
  return at::cat(chunks, kTimeAxis);
}

}  // namespace cox::engine
