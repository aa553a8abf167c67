#pragma once

#include <cstdint>
#include <string>

#include "record/field.h"

namespace cox {

/// The work that jobs of one item may share. Two jobs with an equal key do the same work; an empty
/// key shares nothing. Only coordinator/sweep, which makes the keys, knows their content.
struct ShareKeys {
  std::string trajectory;
  std::string generation;
  std::int64_t horizon = 0;

  bool operator==(const ShareKeys&) const = default;

  static constexpr auto fields() {
    using S = ShareKeys;
    return std::tuple{
        Field{"trajectory", "",
              "Digest of what the sequence of adapted states follows from besides the item; empty "
              "for a method that does not train.",
              &S::trajectory},
        Field{"generation", "",
              "Digest of what generation follows from besides the item and the adapted state.",
              &S::generation},
        Field{"horizon", "steps",
              "How far along the trajectory the job reads at most; jobs of one trajectory run in "
              "this order.",
              &S::horizon},
    };
  }
};

}  // namespace cox
