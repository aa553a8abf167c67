#include "engine/checkpoint/checksum.h"

#include "engine/tensors/random.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;

namespace {

at::Tensor sample(int64_t count) {
  return RandomStream({3, 0, "checksum", Purpose::kInit, 0}).normal({count});
}

}  // namespace

TEST_CASE("A checksum changes with any single bit, wherever it is") {
  for (const int64_t count : {1, 3, 2047, 2049, 10'001}) {
    const at::Tensor x = sample(count);
    const uint64_t before = checksum_of(x);
    CHECK(checksum_of(x.clone()) == before);
    for (const int64_t place : {int64_t{0}, count / 2, count - 1}) {
      at::Tensor changed = x.clone();
      changed.view(at::kInt)[place].bitwise_xor_(1);
      CHECK(checksum_of(changed) != before);
    }
  }
}

TEST_CASE("Swapped values and rows change a checksum") {
  const at::Tensor x = sample(5000);
  CHECK(checksum_of(x.flip({0})) != checksum_of(x));
  const at::Tensor rows = sample(4096 * 4).view({4, 4096});
  CHECK(checksum_of(rows.roll(1, 0)) != checksum_of(rows));
}

TEST_CASE("A model's checksum does not depend on order, but on which tensor has which name") {
  const at::Tensor a = sample(10), b = sample(20);
  CHECK(checksum_of({{"a", a}, {"b", b}}) == checksum_of({{"b", b}, {"a", a}}));
  CHECK(checksum_of({{"a", a}, {"b", a}}) != checksum_of({{"a", a}, {"c", a}}));
  CHECK(checksum_of({{"a", a}, {"b", b}}) != checksum_of({{"a", b}, {"b", a}}));
}
