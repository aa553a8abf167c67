#include "coordinator/dataset/manifest.h"

#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// A manifest; written, what was read is read again.
Reader manifest_reader() {
  const auto scratch = std::make_shared<Scratch>();
  return {"manifest",
          {R"("format":)",
           R"("cox-manifest/1")",
           R"("videos":[)",
           R"("rejected":[)",
           R"("id":)",
           R"("path":)",
           R"("sha256":)",
           R"("frames":)",
           R"("rotation":90,)",
           R"("caption":)",
           R"("seed":)",
           "{",
           "}",
           "[",
           "]",
           ",",
           "1e999",
           "18446744073709551615",
           "-1",
           "null",
           R"("\u0000")",
           R"("\ud800")"},
          [scratch](const std::string& input) {
            const auto manifest = dataset::read_manifest(scratch->file("m.json", input));
            require_told(manifest.status());
            if (!manifest.is_ok()) return;
            const std::string path = scratch->path() + "/again.json";
            const Status written = dataset::write_manifest(path, *manifest);
            require(written.is_ok(), "what was read cannot be written: " + written.message());
            const auto again = dataset::read_manifest(path);
            require(again.is_ok() && *again == *manifest, "another manifest at the second reading");
          }};
}

}  // namespace cox::fuzz
