#include "engine/tensors/checksum.h"

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// SplitMix64's finaliser: a bijection that spreads every bit.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

uint64_t fnv1a(const std::string& text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

constexpr int64_t kRowWords = 1024;

/// Sum over rows of 1,024 words, each row's wrapped sum times an odd number of its own, so that
/// moved rows show; no temporary is larger than a thousandth of the tensor.
uint64_t sum_of_words(const at::Tensor& words) {
  const int64_t rows = words.numel() / kRowWords;
  uint64_t sum = 0;
  if (rows > 0) {
    const at::Tensor row_sums = words.narrow(0, 0, rows * kRowWords).view({rows, kRowWords}).sum(1);
    const at::Tensor weights = at::arange(rows, words.options()) * 2 + 1;
    sum = static_cast<uint64_t>((row_sums * weights).sum().item<int64_t>());
  }
  const at::Tensor tail = words.narrow(0, rows * kRowWords, words.numel() - rows * kRowWords);
  const at::Tensor weights = at::arange(tail.numel(), words.options()) * 2 + 1;
  return sum + mix(static_cast<uint64_t>((tail * weights).sum().item<int64_t>()));
}

}  // namespace

uint64_t checksum_of(const at::Tensor& tensor) {
  const at::NoGradGuard no_grad;
  const at::Tensor bytes = tensor.detach().contiguous().view({-1}).view(at::kByte);
  const int64_t whole = bytes.numel() / 8 * 8;
  uint64_t sum = sum_of_words(bytes.narrow(0, 0, whole).view(at::kLong));
  if (whole < bytes.numel()) {
    sum += mix(~sum_of_words(bytes.narrow(0, whole, bytes.numel() - whole).to(at::kLong)));
  }
  return mix(sum + static_cast<uint64_t>(bytes.numel()));
}

uint64_t checksum_of(const std::vector<std::pair<std::string, at::Tensor>>& tensors) {
  uint64_t total = 0;
  for (const auto& [name, tensor] : tensors) total += mix(fnv1a(name) ^ checksum_of(tensor));
  return total;
}

}  // namespace cox::engine
