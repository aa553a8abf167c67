#include "worker/output_folder.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.h"

using cox::test::TemporaryDirectory;
using cox::worker::check_writable;

TEST_CASE("A folder that can be written is made and left empty") {
  const TemporaryDirectory directory;
  CHECK(check_writable(directory / "new/out").is_ok());
  CHECK(std::filesystem::is_empty(directory / "new/out"));
}

TEST_CASE("A folder that cannot be written is named, with the cause") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "file") << "no folder";
  for (const std::string& folder : {directory / "file", directory / "file/out",
                                    std::string("/proc/self")}) {  // that one stops root, too
    const cox::Status status = check_writable(folder);
    REQUIRE_FALSE(status.is_ok());
    CHECK(status.message().find("'" + folder + "'") != std::string::npos);
    CHECK(status.message().find("--out") != std::string::npos);
  }
}
