
#include "base/log.h"
#include "engine/adaptation/method.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Every parameter of the transformer. A value is the live parameter itself where dtypes agree, and
/// otherwise a master that is rounded to the live parameter after each step. In a job of several
/// parts each owns a run of every master, and with it of gradients and the optimizer's state.
class Full final : public Adaptation, private Adapter {
 public:
  explicit Full(const MethodContext& context) {
    const Shard shard(context.backbone.group());
    for (const NamedTensor& parameter : context.backbone.parameters()) {
      const at::Tensor live = parameter.tensor;
      // The unchanged copy stays in host memory, so that the GPU holds only the live and master
      // values and the gradient.
      pretrained_.push_back(live.is_cuda() ? live.to(at::kCPU)
                                           : live.clone(at::MemoryFormat::Preserve));
      const bool is_live = shard.is_whole() && live.scalar_type() == context.trained_dtype;
      const at::Tensor value =
          is_live ? live
                  : shard.own(live).to(context.trained_dtype, /*non_blocking=*/false,
                                       /*copy=*/true);
      tensors_.push_back({parameter.name, value, live, shard.own(pretrained_.back()), shard});
    }
    // Change the backbone only after all copies exist, so that running out of memory above leaves
    // nothing to undo.
    for (TrainedTensor& tensor : tensors_) tensor.leaf.set_requires_grad(true);
  }

  ~Full() override {
    for (size_t i = 0; i < tensors_.size(); ++i) restore(tensors_[i], pretrained_[i]);
  }

  const Adapter& adapter() const override { return *this; }
  bool trains_linear_layers() const override { return true; }
  std::vector<ParameterGroup> groups() override { return {{tensors_}}; }

  void parameters_changed() override {
    for (TrainedTensor& tensor : tensors_) {
      if (tensor.leaf.is_same(tensor.value)) continue;
      const at::Tensor live = tensor.leaf.detach();
      live.copy_(tensor.whole(tensor.value.to(live.scalar_type())));
    }
  }

 private:
  /// Never throws: the checksum after every job detects a device that fails here.
  static void restore(TrainedTensor& tensor, const at::Tensor& pretrained) noexcept {
    try {
      tensor.leaf.set_requires_grad(false);
      tensor.leaf.mutable_grad() = at::Tensor();
      tensor.leaf.copy_(pretrained);
    } catch (const std::exception& error) {
      log(LogLevel::kError, "engine", "cannot restore a parameter",
          {{"name", tensor.name}, {"error", error.what()}});
    }
  }

  std::vector<TrainedTensor> tensors_;
  std::vector<at::Tensor> pretrained_;  ///< of each, whole
};

}  // namespace

std::unique_ptr<Adaptation> make_full(ParameterReader&, const MethodContext& context) {
  return std::make_unique<Full>(context);
}

}  // namespace cox::engine
