#pragma once

#include <catch2/catch.hpp>
#include <utility>

#include "base/status.h"

namespace cox::test {

/// The value, or a failed test that says why there is none.
template <typename T>
T must(Result<T> result) {
  INFO(result.status().to_string());
  REQUIRE(result.is_ok());
  return std::move(result).value();
}

}  // namespace cox::test
