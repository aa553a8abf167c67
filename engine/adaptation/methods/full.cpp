
#include "base/log.h"
#include "engine/adaptation/method.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Every parameter of the transformer. A value is the live parameter itself where dtypes agree, and
/// otherwise a master that is rounded to the live parameter after each step.
class Full final : public Adaptation, private Adapter {
 public:
  explicit Full(const MethodContext& context) {
    for (const NamedTensor& parameter : context.backbone.parameters()) {
      const at::Tensor live = parameter.tensor;
      // The untouched copy rests in host memory, so that the GPU holds live, master and gradient.
      const at::Tensor pretrained =
          live.is_cuda() ? live.to(at::kCPU) : live.clone(at::MemoryFormat::Preserve);
      const at::Tensor value =
          live.scalar_type() == context.trained_dtype ? live : live.to(context.trained_dtype);
      tensors_.push_back({parameter.name, value, live, pretrained});
    }
    // Only now that every copy is there: nothing to undo when memory runs out above.
    for (TrainedTensor& tensor : tensors_) tensor.leaf.set_requires_grad(true);
  }

  ~Full() override {
    for (TrainedTensor& tensor : tensors_) restore(tensor);
  }

  const Adapter& adapter() const override { return *this; }
  bool trains_linear_layers() const override { return true; }
  std::vector<ParameterGroup> groups() override { return {{tensors_}}; }

  void parameters_changed() override {
    for (TrainedTensor& tensor : tensors_) {
      if (!tensor.leaf.is_same(tensor.value)) tensor.leaf.detach().copy_(tensor.value);
    }
  }

 private:
  /// Never throws: a device that fails here is found by the checksum that follows every job.
  static void restore(TrainedTensor& tensor) noexcept {
    try {
      tensor.leaf.set_requires_grad(false);
      tensor.leaf.mutable_grad() = at::Tensor();
      tensor.leaf.copy_(tensor.start);
    } catch (const std::exception& error) {
      log(LogLevel::kError, "engine", "could not restore a parameter",
          {{"name", tensor.name}, {"error", error.what()}});
    }
  }

  std::vector<TrainedTensor> tensors_;
};

}  // namespace

std::unique_ptr<Adaptation> make_full(ParameterReader&, const MethodContext& context) {
  return std::make_unique<Full>(context);
}

}  // namespace cox::engine
