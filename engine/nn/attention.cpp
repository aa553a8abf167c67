#include "engine/nn/attention.h"

#include <ATen/Context.h>

#include "base/mutex.h"
#include "engine/nn/device_attention.h"
#include "engine/nn/heads.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// LibTorch turns cuDNN's attention off altogether under deterministic algorithms, but only its
/// backward pass adds in varying order. Without gradients it is allowed while this lives: on an
/// H200 it runs at 1.7 times the speed of the next best kernel. The setting is the process's, so
/// threads that each drive a GPU share it: it returns when the last of them is done.
class AllowForwardOnlyKernels {
 public:
  explicit AllowForwardOnlyKernels(const at::Tensor& q)
      : active_(q.is_cuda() && !at::GradMode::is_enabled()) {
    if (!active_) return;
    const MutexLock lock(mutex);
    at::Context& context = at::globalContext();
    if (users == 0) restore = context.deterministicAlgorithms();
    ++users;
    if (restore) context.setDeterministicAlgorithms(false, /*warn_only=*/false);
  }
  ~AllowForwardOnlyKernels() {
    if (!active_) return;
    const MutexLock lock(mutex);
    if (--users == 0 && restore) {
      at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
    }
  }
  AllowForwardOnlyKernels(const AllowForwardOnlyKernels&) = delete;
  AllowForwardOnlyKernels& operator=(const AllowForwardOnlyKernels&) = delete;

 private:
  inline static Mutex mutex;
  inline static int users COX_GUARDED_BY(mutex) = 0;
  inline static bool restore COX_GUARDED_BY(mutex) = false;
  bool active_;
};

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const at::Tensor& key_mask) {
  if (!key_mask.defined() && needs_gradient({q, k, v}) && device_attention_serves(q)) {
    return device_attention(q, k, v, /*clean=*/0);
  }
  std::optional<at::Tensor> mask;
  if (key_mask.defined()) mask = key_mask.unsqueeze(1).unsqueeze(1);
  const AllowForwardOnlyKernels allow(q);
  return at::scaled_dot_product_attention(q, k, v, mask);
}

at::Tensor clean_first_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 int64_t clean) {
  if (clean == 0) return attention(q, k, v);
  if (needs_gradient({q, k, v}) && device_attention_serves(q)) {
    return device_attention(q, k, v, clean);
  }
  const int64_t noisy = q.size(2) - clean;
  return join_tokens(attention(q.narrow(2, 0, clean), k.narrow(2, 0, clean), v.narrow(2, 0, clean)),
                     attention(q.narrow(2, clean, noisy), k, v));
}

}  // namespace cox::engine
