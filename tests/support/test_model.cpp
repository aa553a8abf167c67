// cox-test-model DIRECTORY: writes the smallest model with random weights. A program, because its
// headers lie beside LibTorch's own copy of protobuf, which tests of the service cannot share.

#include <cstdio>
#include <exception>

#include "tools/init/init_model.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    cox::engine::write_random_model({.directory = argv[1], .preset = "tiny", .seed = 1});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cox-test-model: %s\n", error.what());
    return 1;
  }
}
