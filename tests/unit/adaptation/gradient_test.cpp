#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("gradients of every method equal finite differences in fp64") {
  for (const MethodEntry& method : methods()) {
    if (method.trains) check_gradients(method.name);
  }
}
