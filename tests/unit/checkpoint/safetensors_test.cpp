#include "engine/checkpoint/safetensors.h"
#include "base/text.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/checkpoint/weight_map.h"
#include "engine/tensors/error.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

/// A file of this header and `data_bytes` of zeros.
std::string write_raw(const cox::test::TemporaryDirectory& directory, const std::string& header,
                      size_t data_bytes) {
  const std::string path = directory / "raw.safetensors";
  const uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), 8);
  bytes += header + std::string(data_bytes, '\0');
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string error_of_opening(const std::string& path) {
  try {
    Checkpoint::open(path);
  } catch (const EngineError& error) {
    CHECK(error.cause() == FailureCause::kUser);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("Tensors come back with their values, shapes and dtypes") {
  const cox::test::TemporaryDirectory directory;
  const std::string path = directory / "some.safetensors";
  const std::map<std::string, at::Tensor> tensors = {
      {"a", at::arange(6, at::kFloat).view({2, 3})},
      {"b", at::arange(4, at::kFloat).to(at::kBFloat16)},
      {"count", at::arange(3, at::kLong)},
      {"empty", at::zeros({0, 5})},
      {"flag", at::ones({2}, at::kBool)},
      {"scalar", at::full({}, 2.5, at::kDouble)},
      {"transposed", at::arange(6, at::kFloat).view({2, 3}).t()},
  };
  save_safetensors(path, tensors, {{"trunk", "random"}});
  const Checkpoint checkpoint = Checkpoint::open(path);
  CHECK(checkpoint.metadata().at("trunk") == "random");
  const auto loaded = checkpoint.load_all();
  REQUIRE(loaded.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    INFO(name);
    CHECK(loaded.at(name).scalar_type() == tensor.scalar_type());
    CHECK(at::equal(loaded.at(name), tensor));
  }
  CHECK(checkpoint.load("a", at::kCPU, at::kBFloat16).scalar_type() == at::kBFloat16);
}

TEST_CASE("A loaded tensor owns its memory: writing to it does not change the file") {
  const cox::test::TemporaryDirectory directory;
  const std::string path = directory / "some.safetensors";
  save_safetensors(path, {{"a", at::ones({4})}});
  const Checkpoint checkpoint = Checkpoint::open(path);
  checkpoint.load("a").zero_();
  CHECK(at::equal(checkpoint.load("a"), at::ones({4})));
}

TEST_CASE("A truncated file is refused by name at every length") {
  const cox::test::TemporaryDirectory directory;
  const std::string whole = directory / "whole.safetensors";
  save_safetensors(whole, {{"weight", at::ones({3, 2})}});
  std::ifstream in(whole, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::string path = directory / "cut.safetensors";
  for (size_t length = 0; length < bytes.size(); ++length) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes.substr(0, length);
    REQUIRE_THAT(error_of_opening(path), Contains("cut.safetensors"));
  }
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes.substr(0, bytes.size() - 1);
  CHECK_THAT(error_of_opening(path), Contains("'weight'") && Contains("23 bytes"));
}

TEST_CASE("Headers that lie are refused with file and tensor named") {
  const cox::test::TemporaryDirectory directory;
  const auto entry = [](const char* name, const char* dtype, const char* shape, int begin,
                        int end) {
    return cox::concat("\"", name, "\":{\"dtype\":\"", dtype, "\",\"shape\":", shape,
                       ",\"data_offsets\":[", begin, ",", end, "]}");
  };
  const struct {
    std::string header;
    size_t data_bytes;
    std::string expected;
  } cases[] = {
      {"{" + entry("w", "F32", "[2]", 0, 8) + "}", 4, "'w' has bytes 0 to 8"},
      {"{" + entry("w", "F32", "[2]", 0, 4) + "}", 4, "'w' needs 8 bytes"},
      {"{" + entry("w", "F32", "[2]", 4, 12) + "}", 12, "begins at byte 4, expected 0"},
      {"{" + entry("w", "F32", "[2]", 0, 8) + "}", 12, "end at byte 8, the data at 12"},
      {"{" + entry("w", "F31", "[2]", 0, 8) + "}", 8, "unknown dtype 'F31'"},
      {"{" + entry("w", "F32", "[-2]", 0, 8) + "}", 8, "impossible shape"},
      {"{" + entry("w", "F32", "[4611686018427387904,4]", 0, 8) + "}", 8, "impossible shape"},
      {"{" + entry("w", "F32", "[2]", 0, 8) + "," + entry("w", "F32", "[2]", 8, 16) + "}", 16,
       "'w' twice"},
      {"{" + entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[2]", 4, 12) + "}", 12,
       "'b' begins at byte 4, expected 8"},
      {"{\"w\":{\"dtype\":\"F32\"}}", 0, "'w'"},
      {"{\"w\":3}", 0, "'w'"},
      {"[]", 0, "not a JSON object"},
      {"{\"w\"", 0, "not JSON"},
  };
  for (const auto& c : cases) {
    INFO(c.header);
    CHECK_THAT(error_of_opening(write_raw(directory, c.header, c.data_bytes)),
               Contains("raw.safetensors") && Contains(c.expected));
  }
}

TEST_CASE("A sharded set is read through its index, which must be exact") {
  const cox::test::TemporaryDirectory directory;
  const auto write_index = [&](const std::string& map) {
    std::ofstream(directory / "model.safetensors.index.json") << "{\"weight_map\":{" << map << "}}";
  };
  save_safetensors(directory / "model-1.safetensors", {{"a", at::ones({2})}});
  save_safetensors(directory / "model-2.safetensors", {{"b", at::zeros({3})}});

  write_index(R"("a":"model-1.safetensors","b":"model-2.safetensors")");
  const Checkpoint checkpoint = Checkpoint::open(directory.path());
  CHECK(at::equal(checkpoint.load("a"), at::ones({2})));
  CHECK(at::equal(checkpoint.load("b"), at::zeros({3})));

  write_index(R"("a":"model-2.safetensors","b":"model-2.safetensors")");
  CHECK_THAT(error_of_opening(directory.path()), Contains("'a' is not in"));
  write_index(R"("a":"model-1.safetensors","b":"model-3.safetensors")");
  CHECK_THAT(error_of_opening(directory.path()), Contains("model-3.safetensors"));
  save_safetensors(directory / "model-2.safetensors",
                   {{"b", at::zeros({3})}, {"c", at::ones({1})}});
  write_index(R"("a":"model-1.safetensors","b":"model-2.safetensors")");
  CHECK_THAT(error_of_opening(directory.path()), Contains("'c' is not in the weight_map"));
}

TEST_CASE("Errors for missing files and folders without weights name what was looked for") {
  const cox::test::TemporaryDirectory directory;
  CHECK_THAT(error_of_opening(directory / "absent"), Contains("no such file"));
  CHECK_THAT(error_of_opening(directory.path()), Contains("contains neither"));
}

TEST_CASE("Keys are checked both ways and shapes too, first differences named") {
  const cox::test::TemporaryDirectory directory;
  const std::string path = directory / "some.safetensors";
  save_safetensors(path, {{"a", at::ones({2})}, {"b", at::ones({3})}, {"odd", at::ones({1})}});
  const Checkpoint checkpoint = Checkpoint::open(path);
  CHECK_NOTHROW(check_keys(checkpoint, {{"a", {2}}, {"b", {3}}, {"odd", {1}}}, "DiT"));
  CHECK_THROWS_WITH(check_keys(checkpoint, {{"a", {2}}, {"b", {4}}, {"gone", {1}}}, "DiT"),
                    Contains("1 missing: gone") && Contains("1 extra: odd") &&
                        Contains("b (config: [4], file: [3])"));
}

TEST_CASE("Null metadata counts as no metadata") {
  const cox::test::TemporaryDirectory directory;
  const std::string path =
      write_raw(directory,
                R"({"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4);
  const Checkpoint checkpoint = Checkpoint::open(path);
  CHECK(checkpoint.metadata().empty());
  CHECK(checkpoint.tensors().size() == 1);
}

TEST_CASE(
    "A dtype of the format that is not read here is named, and the file is not called damaged") {
  const cox::test::TemporaryDirectory directory;
  for (const std::string dtype : {"F8_E4M3", "F8_E5M2"}) {
    const std::string error = error_of_opening(write_raw(
        directory, R"({"a":{"dtype":")" + dtype + R"(","shape":[4],"data_offsets":[0,4]}})", 4));
    CHECK_THAT(error, Contains("tensor 'a'") && Contains(dtype) && Contains("not supported"));
    CHECK_THAT(error, !Contains("damaged"));
  }
}

TEST_CASE("Written files state that their tensors are PyTorch's, which transformers requires") {
  const cox::test::TemporaryDirectory directory;
  const std::string path = directory / "some.safetensors";
  save_safetensors(path, {{"a", at::zeros({1})}});
  CHECK(Checkpoint::open(path).metadata() == std::map<std::string, std::string>{{"format", "pt"}});
}

// A model's digest covers what is below its folder, hidden names and Markdown pages excepted
// (base/digest.h): weights from anywhere else would give results of another model.
TEST_CASE("Hidden files in a weights folder are not read, as the model's digest leaves them out") {
  const cox::test::TemporaryDirectory directory;
  save_safetensors(directory / ".hidden.safetensors", {{"a", at::zeros({2})}});
  CHECK_THAT(error_of_opening(directory.path()), Contains("contains neither"));
  save_safetensors(directory / "model.safetensors", {{"a", at::ones({2})}});
  std::ofstream(directory / "._model.safetensors") << "left by another system's archiver";
  CHECK(at::equal(Checkpoint::open(directory.path()).load("a"), at::ones({2})));
}

TEST_CASE("A weight_map names safetensors files in the model's folder and no others") {
  const cox::test::TemporaryDirectory directory;
  const std::string folder = directory / "model";
  std::filesystem::create_directories(folder + "/.cache");
  for (const char* file : {"/../outside.safetensors", "/.cache/a.safetensors", "/.a.safetensors",
                           "/a.md", "/a.safetensors"}) {
    save_safetensors(folder + file, {{"a", at::ones({2})}});
  }
  const auto name_shard = [&](const std::string& shard) {
    std::ofstream(folder + "/model.safetensors.index.json")
        << "{\"weight_map\":{\"a\":\"" << shard << "\"}}";
  };
  name_shard("a.safetensors");
  CHECK(at::equal(Checkpoint::open(folder).load("a"), at::ones({2})));
  for (const std::string shard : {"../outside.safetensors", "x/../../outside.safetensors",
                                  ".cache/a.safetensors", ".a.safetensors", "a.md", ""}) {
    INFO(shard);
    name_shard(shard);
    CHECK_THAT(error_of_opening(folder), Contains("model.safetensors.index.json") &&
                                             Contains("'" + shard + "'") &&
                                             Contains("expected a safetensors file"));
  }
  name_shard(folder + "/a.safetensors");
  CHECK_THAT(error_of_opening(folder), Contains("expected a safetensors file"));
}
