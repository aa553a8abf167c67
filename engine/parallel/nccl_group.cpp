#include "engine/parallel/nccl_group.h"

#include <fmt/format.h>

#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "engine/device/cuda.h"
#include "engine/parallel/bounded_call.h"
#include "engine/parallel/nccl.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

int sum_type(const at::Tensor& x) {
  if (x.scalar_type() == at::kFloat) return Nccl::kFloat32;
  if (x.scalar_type() == at::kBFloat16) return Nccl::kBfloat16;
  throw EngineError(FailureCause::kCrash,
                    fmt::format("sum over GPUs: expected float32 or bfloat16, got {}",
                                at::toString(x.scalar_type())),
                    kPartFailure);
}

/// Frees a communicator, which ends the calls that wait in it. One that NCCL does not free within
/// the bound is left behind, so that the others are freed too.
void free_communicator(Nccl::Communicator communicator) noexcept {
  constexpr std::chrono::seconds kBound{5};
  try {
    const Nccl& library = nccl();
    if (call_within(kBound, [&library, communicator] { library.abort(communicator); })) return;
    log(LogLevel::kError, "engine", "NCCL did not free a communicator; it is leaked",
        {{"waited_s", fmt::to_string(kBound.count())}});
  } catch (const std::exception& error) {
    log(LogLevel::kError, "engine", "cannot free a communicator", {{"error", error.what()}});
  }
}

/// Communicators of some GPUs while NCCL makes them. Nobody wants those that it makes too late.
class Making {
 public:
  explicit Making(const std::vector<at::Device>& devices) : made_(devices.size(), nullptr) {
    for (const at::Device& device : devices) indices_.push_back(device_index(device));
  }

  /// The bound is not that of this call: this thread may be abandoned.
  void run() COX_EXCLUDES(mutex_) {
    const Nccl& library = nccl();
    std::vector<Nccl::Communicator> made(indices_.size(), nullptr);
    const Nccl::Result result =
        library.init_all(made.data(), static_cast<int>(indices_.size()), indices_.data());
    {
      const MutexLock lock(mutex_);
      result_ = result;
      if (!left_) made_.swap(made);
    }
    for (const Nccl::Communicator late : made) {
      if (late != nullptr) free_communicator(late);
    }
  }

  /// Returns the communicator; nothing if it is not ready, in which case it will be freed.
  std::vector<Nccl::Communicator> take() COX_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    left_ = true;
    if (!result_) return {};
    nccl().check(*result_, fmt::format("creating a communicator of {} GPUs", indices_.size()));
    return made_;
  }

 private:
  std::vector<int> indices_;
  Mutex mutex_;
  bool left_ COX_GUARDED_BY(mutex_) = false;
  std::optional<Nccl::Result> result_ COX_GUARDED_BY(mutex_);
  std::vector<Nccl::Communicator> made_ COX_GUARDED_BY(mutex_);
};

/// NCCL waits for all GPUs without a bound of its own.
std::vector<Nccl::Communicator> make_communicators(const std::vector<at::Device>& devices,
                                                   std::chrono::milliseconds bound) {
  const auto making = std::make_shared<Making>(devices);
  call_within(bound, [making] { making->run(); });
  std::vector<Nccl::Communicator> made = making->take();
  if (!made.empty()) return made;
  throw EngineError(FailureCause::kCrash,
                    fmt::format("NCCL: {} GPUs did not connect within {} s", devices.size(),
                                std::chrono::duration<double>(bound).count()),
                    kPartFailure);
}

class NcclGroup final : public Group {
 public:
  NcclGroup(int rank, int size, at::Device device, Nccl::Communicator communicator)
      : rank_(rank), size_(size), device_(device), communicator_(communicator) {}
  ~NcclGroup() override { abort(); }
  NcclGroup(const NcclGroup&) = delete;
  NcclGroup& operator=(const NcclGroup&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  at::Tensor all_to_all(const at::Tensor& x) override {
    const c10::DeviceGuard guard(device_);
    const at::Tensor from = x.contiguous(), to = at::empty(from.sizes(), from.options());
    const size_t bytes = from.nbytes() / static_cast<size_t>(size_);
    const Use use(*this);
    const Nccl& library = nccl();
    const auto* out = static_cast<const char*>(from.const_data_ptr());
    auto* in = static_cast<char*>(to.mutable_data_ptr());
    library.check(library.group_start(), "all-to-all");
    for (int peer = 0; peer < size_; ++peer) {
      const size_t offset = bytes * static_cast<size_t>(peer);
      library.check(library.send(out + offset, bytes, Nccl::kUint8, peer, communicator_, stream()),
                    "send");
      library.check(
          library.receive(in + offset, bytes, Nccl::kUint8, peer, communicator_, stream()),
          "receive");
    }
    library.check(library.group_end(), "all-to-all");
    return to;
  }

  at::Tensor all_gather(const at::Tensor& x) override {
    const c10::DeviceGuard guard(device_);
    const at::Tensor from = x.contiguous();
    std::vector<int64_t> shape = from.sizes().vec();
    shape.insert(shape.begin(), size_);
    const at::Tensor to = at::empty(shape, from.options());
    const Use use(*this);
    const Nccl& library = nccl();
    library.check(library.all_gather(from.const_data_ptr(), to.mutable_data_ptr(), from.nbytes(),
                                     Nccl::kUint8, communicator_, stream()),
                  "all-gather");
    return to;
  }

  void sum(const at::Tensor& x) override {
    const c10::DeviceGuard guard(device_);
    const Use use(*this);
    const Nccl& library = nccl();
    library.check(
        library.all_reduce(x.const_data_ptr(), x.mutable_data_ptr(), static_cast<size_t>(x.numel()),
                           sum_type(x), Nccl::kSum, communicator_, stream()),
        "all-reduce");
  }

  at::Tensor sum_scatter(const at::Tensor& x) override {
    const c10::DeviceGuard guard(device_);
    const at::Tensor from = x.contiguous(), to = at::empty(from.sizes().slice(1), from.options());
    const Use use(*this);
    const Nccl& library = nccl();
    library.check(library.reduce_scatter(from.const_data_ptr(), to.mutable_data_ptr(),
                                         static_cast<size_t>(to.numel()), sum_type(from),
                                         Nccl::kSum, communicator_, stream()),
                  "reduce-scatter");
    return to;
  }

  void check() override { const Use use(*this); }

  void abort() noexcept override {
    if (!open_.exchange(false)) return;
    // The abort frees the communicator, so a call that is about to return must not use it
    // afterwards. A call that waits for another part returns only because of the abort.
    const auto deadline = std::chrono::steady_clock::now() + kGrace;
    while (users_ > 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(kLookAgain);
    }
    free_communicator(communicator_);
  }

 private:
  static constexpr std::chrono::milliseconds kGrace{500}, kLookAgain{1};

  /// Keeps the communicator while one thread uses it. A failure of another part or of the link is
  /// seen here, before more work is queued on it.
  class Use {
   public:
    explicit Use(NcclGroup& group) : group_(group) {
      ++group_.users_;
      try {
        group_.check_open();
      } catch (const std::exception&) {
        --group_.users_;
        throw;
      }
    }
    ~Use() { --group_.users_; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    NcclGroup& group_;
  };

  void check_open() const {
    if (!open_) {
      throw EngineError(FailureCause::kCrash, fmt::format("one of {} GPUs failed", size_),
                        kPartFailure);
    }
    Nccl::Result error = Nccl::kSuccess;
    const Nccl& library = nccl();
    library.check(library.async_error(communicator_, &error), "state of the communicator");
    library.check(error, "an earlier call");
  }

  Nccl::Stream stream() const {
    return c10::impl::VirtualGuardImpl(device_.type()).getStream(device_).native_handle();
  }

  int rank_;
  int size_;
  at::Device device_;
  Nccl::Communicator communicator_;
  std::atomic<bool> open_ = true;
  std::atomic<int> users_ = 0;
};

}  // namespace

std::vector<std::unique_ptr<Group>> make_nccl_groups(const std::vector<at::Device>& devices,
                                                     std::chrono::milliseconds bound) {
  nccl();  // throws if it is missing
  const std::vector<Nccl::Communicator> communicators = make_communicators(devices, bound);
  std::vector<std::unique_ptr<Group>> groups;
  for (size_t i = 0; i < devices.size(); ++i) {
    groups.push_back(std::make_unique<NcclGroup>(
        static_cast<int>(i), static_cast<int>(devices.size()), devices[i], communicators[i]));
  }
  return groups;
}

}  // namespace cox::engine
