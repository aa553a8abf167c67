#include "engine/checkpoint/checksum.h"

#include <array>

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// SplitMix64's finalizer: a bijection that spreads every bit.
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
constexpr int64_t kWordBytes = 8;

/// [sum over rows of 1,024 words, sum over the rest], each row's wrapped sum times an odd number of
/// its own, so that moved rows show; no temporary is larger than a thousandth of the tensor.
std::array<at::Tensor, 2> sums_of_words(const at::Tensor& words) {
  const int64_t rows = words.numel() / kRowWords;
  const at::Tensor row_sums = words.narrow(0, 0, rows * kRowWords).view({rows, kRowWords}).sum(1);
  const at::Tensor row_weights = at::arange(rows, words.options()) * 2 + 1;
  const at::Tensor tail = words.narrow(0, rows * kRowWords, words.numel() - rows * kRowWords);
  const at::Tensor tail_weights = at::arange(tail.numel(), words.options()) * 2 + 1;
  return {(row_sums * row_weights).sum(), (tail * tail_weights).sum()};
}

/// Returns the parts of a checksum as int64 [3] on the tensor's device: rows and tail of its whole
/// words, and the sum of the remaining bytes.
at::Tensor sums_of(const at::Tensor& tensor) {
  const at::Tensor bytes = tensor.detach().contiguous().view({-1}).view(at::kByte);
  const int64_t whole = bytes.numel() / kWordBytes * kWordBytes;
  const auto [rows, tail] = sums_of_words(bytes.narrow(0, 0, whole).view(at::kLong));
  const at::Tensor odd = bytes.narrow(0, whole, bytes.numel() - whole).to(at::kLong);
  return at::stack({rows, tail, sums_of_words(odd)[1]});
}

uint64_t finish(const int64_t* sums, uint64_t bytes) {
  const auto word = [&](int i) { return static_cast<uint64_t>(sums[i]); };
  uint64_t sum = word(0) + mix(word(1));
  if (bytes % kWordBytes != 0) sum += mix(~mix(word(2)));
  return mix(sum + bytes);
}

/// Reading a number from a device waits for all earlier work, so all sums are read at once.
std::vector<uint64_t> checksums_of(const std::vector<at::Tensor>& tensors) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> sums;
  for (const at::Tensor& tensor : tensors) sums.push_back(sums_of(tensor));
  const at::Tensor read = at::stack(sums).cpu();
  std::vector<uint64_t> checksums;
  for (size_t i = 0; i < tensors.size(); ++i) {
    checksums.push_back(finish(read.const_data_ptr<int64_t>() + 3 * i, tensors[i].nbytes()));
  }
  return checksums;
}

}  // namespace

uint64_t checksum_of(const at::Tensor& tensor) { return checksums_of({tensor}).front(); }

uint64_t checksum_of(const std::vector<std::pair<std::string, at::Tensor>>& tensors) {
  if (tensors.empty()) return 0;
  std::vector<at::Tensor> values;
  for (const auto& [name, tensor] : tensors) values.push_back(tensor);
  const std::vector<uint64_t> checksums = checksums_of(values);
  uint64_t total = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    total += mix(fnv1a(tensors[i].first) ^ checksums[i]);
  }
  return total;
}

}  // namespace cox::engine
