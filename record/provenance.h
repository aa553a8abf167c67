#pragma once

#include <cstdint>
#include <string>

#include "record/field.h"

namespace cox {

/// The machine, software and inputs that computed a result.
struct Provenance {
  std::string machine;
  std::string device;
  std::string device_name;
  std::string driver;
  std::string dtype;
  std::string engine_build;
  std::string torch_version;
  std::string model_digest;
  std::string video_digest;
  std::uint64_t backbone_checksum = 0;
  std::int32_t gpus = 0;
  std::int32_t threads = 0;
  std::string kernels;
  std::string trajectory;
  std::string generation;

  bool operator==(const Provenance&) const = default;

  static constexpr auto fields() {
    using P = Provenance;
    return std::tuple{
        Field{"machine", "", "Host name of the worker's machine.", &P::machine},
        Field{"device", "", "cpu or cuda.", &P::device},
        Field{"device_name", "", "Processor or GPU model.", &P::device_name},
        Field{"driver", "", "GPU driver version; empty on a CPU.", &P::driver},
        Field{"dtype", "",
              "Compute type: fp32, bf16, or fp8, which is bf16 with e4m3 products in generation.",
              &P::dtype},
        Field{"engine_build", "", "Version and commit of the engine.", &P::engine_build},
        Field{"torch_version", "", "Version of LibTorch.", &P::torch_version},
        Field{"model_digest", "", "SHA-256 of the model directory that was loaded.",
              &P::model_digest},
        Field{"video_digest", "", "SHA-256 of the item's video file; empty for a prompt.",
              &P::video_digest},
        Field{"backbone_checksum", "",
              "Checksum of the backbone's parameters, equal before and after adaptation.",
              &P::backbone_checksum},
        Field{"gpus", "", "GPUs that computed the job together; 0 on a CPU.", &P::gpus},
        Field{"threads", "", "CPU threads of tensor work.", &P::threads},
        Field{"kernels", "",
              "Between matrix products: stock (LibTorch's operators), fused (the engine's own GPU "
              "kernels) or fused+cudnn (and cuDNN's attention where gradients flow).",
              &P::kernels},
        Field{"trajectory", "",
              "Digest of what the adapted states follow from besides the video; empty when nothing "
              "trained.",
              &P::trajectory},
        Field{"generation", "",
              "Digest of what the generated frames follow from: equal digests, equal frames.",
              &P::generation},
    };
  }
};

}  // namespace cox
