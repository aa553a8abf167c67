#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/value.h"

namespace cox {

/// Which of a series' generated videos stay on disk when `cox gc` runs. Results stay in any case.
struct Retention {
  enum class Kind {
    kAll,
    kNone,
    kBest,  ///< of the `runs` best runs by the mean of `metric`, and of the baseline
    kItems  ///< of the items in `items`, in every run
  };
  Kind kind = Kind::kAll;
  std::int64_t runs = 0;
  std::string metric = "psnr";
  std::vector<std::string> items = {};

  bool operator==(const Retention&) const = default;
};

/// The form in which the database stores it: `{"kind":"best","metric":"psnr","runs":3}`.
inline std::string retention_json(const Retention& keep) {
  switch (keep.kind) {
    case Retention::Kind::kNone:
      return R"({"kind":"none"})";
    case Retention::Kind::kBest:
      return canonical_parameters({{"kind", "best"}, {"metric", keep.metric}, {"runs", keep.runs}});
    case Retention::Kind::kItems: {
      Value::List items(keep.items.begin(), keep.items.end());
      return canonical_parameters({{"kind", "items"}, {"items", std::move(items)}});
    }
    case Retention::Kind::kAll:
      break;
  }
  return R"({"kind":"all"})";
}

}  // namespace cox
