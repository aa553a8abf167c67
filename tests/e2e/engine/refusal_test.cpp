// What cox-engine's verbs refuse before they begin: options, outputs, files and tensors.

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "base/file.h"
#include "base/text.h"
#include "engine/checkpoint/safetensors.h"
#include "tests/support/command.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;
using Catch::Contains;
using cox::concat;
using cox::test::Ended;
using cox::test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

using Arguments = std::vector<std::string>;

/// A model and a clip, made once, and a folder of this test.
class Place {
 public:
  Place() {
    if (fs::exists(shared() / "model")) return;
    REQUIRE(run({"init-model", model()}).exit_code == 0);
    REQUIRE(run({"synth", shared() / "clips", "--clips", "1", "--frames", "9", "--height", "32",
                 "--width", "48"})
                .exit_code == 0);
  }
  std::string model() const { return shared() / "model"; }
  std::string clip() const { return shared() / "clips/train_0.mp4"; }
  std::string operator/(const std::string& name) const { return folder_ / name; }

  Ended run(Arguments arguments) const {
    arguments.insert(arguments.begin(), std::string(COX_BIN_DIR) + "/cox-engine");
    cox::test::Surroundings surroundings;
    surroundings.directory = folder_.path();  // where an empty path would lead
    return cox::test::run(arguments, surroundings);
  }
  std::string refusal(const Arguments& arguments, int exit_code = 2) const {
    const Ended ended = run(arguments);
    INFO(ended.all());
    CHECK(ended.exit_code == exit_code);
    CHECK(ended.out.empty());
    CHECK_THAT(ended.err, !Contains("Exception raised") && !Contains("c10"));
    return ended.err;
  }

 private:
  static const TemporaryDirectory& shared() {
    static const TemporaryDirectory directory;
    return directory;
  }
  TemporaryDirectory folder_;
};

struct Refused {
  const char* option;
  const char* value;
  const char* said;
};

/// `call` with one option in place of what it has, or besides.
Arguments with(Arguments call, const std::string& option, const std::string& value) {
  const auto found = std::find(call.begin(), call.end(), option);
  if (found == call.end()) {
    call.insert(call.end(), {option, value});
  } else {
    *(found + 1) = value;
  }
  return call;
}

Arguments encoding(const Place& place) {
  return {"encode",
          "--model",
          place.model(),
          "--video",
          place.clip(),
          "--frames",
          "5",
          "--height",
          "32",
          "--width",
          "48",
          "--output",
          place / "latents.safetensors"};
}

}  // namespace

TEST_CASE("encode names the option that cannot be, its bounds and what it got") {
  const Place place;
  const Refused cases[] = {{"--frames", "0", "from 1 to 100000, got 0"},
                           {"--frames", "-1", "got -1"},
                           {"--first", "-1", "from 0 to 100000, got -1"},
                           {"--height", "0", "a multiple of 8 from 8 to 16384, got 0"},
                           {"--height", "-32", "got -32"},
                           {"--height", "12", "a multiple of 8"},
                           {"--height", "2147483648", "got 2147483648"},
                           {"--height", "4294967312", "got 4294967312"},
                           {"--width", "99999999999999999999", "got 99999999999999999999"}};
  for (const Refused& wrong : cases) {
    CHECK_THAT(place.refusal(with(encoding(place), wrong.option, wrong.value)),
               Contains(wrong.option) && Contains(wrong.said));
  }
  CHECK(place.run(with(encoding(place), "--height", "40")).exit_code == 0);
}

TEST_CASE("bench, init-model, generate and check-device name numbers that cannot be") {
  const Place place;
  const Arguments bench = {"bench", "--model", place.model(), "--device", "cpu"};
  const Refused cases[] = {{"--height", "33", "a multiple of 16 from 16 to 16384, got 33"},
                           {"--width", "-16", "got -16"},
                           {"--guidance", "nan", "a finite number of at least 0, got nan"},
                           {"--guidance", "inf", "got inf"},
                           {"--guidance", "-1", "got -1"},
                           {"--cond-frames", "0", "from 1 to 100000, got 0"},
                           {"--window-frames", "0", "got 0"},
                           {"--window-frames", "17", "2 latent frames beyond the condition's"},
                           {"--total-frames", "14", "more than --cond-frames, 14, got 14"},
                           {"--inference-steps", "0", "got 0"},
                           {"--threads", "0", "from 1 to 4096, got 0"}};
  for (const Refused& wrong : cases) {
    CHECK_THAT(place.refusal(with(bench, wrong.option, wrong.value)),
               Contains(wrong.option) && Contains(wrong.said));
  }
  CHECK_THAT(place.refusal({"init-model", place / "m", "--seed", "-1"}),
             Contains("--seed") && Contains("got -1"));
  std::ofstream(place / "run.txt") << "alpha=1\n";
  const Arguments generate = {"generate",        "--model",    place.model(),
                              "--video",         place.clip(), "--params",
                              place / "run.txt", "--out",      place / "out"};
  for (const char* threads : {"0", "-1", "1000000"}) {
    CHECK_THAT(place.refusal(with(generate, "--threads", threads)),
               Contains("--threads") && Contains(concat("got ", threads)));
  }
  CHECK_THAT(place.refusal(with(generate, "--set", "alpha=18446744073709551614")),
             Contains("alpha") && Contains("9223372036854775807"));
  CHECK_FALSE(fs::exists(place / "out"));
}

TEST_CASE("an empty path is refused wherever something would be written") {
  const Place place;
  std::ofstream(place / "run.txt") << "alpha=1\n";
  const Arguments calls[] = {{"generate", "--model", place.model(), "--video", place.clip(),
                              "--params", place / "run.txt", "--out", ""},
                             {"adapt", "--method", "full", "--model", place.model(), "--video",
                              place.clip(), "--params", place / "run.txt", "--out", ""},
                             {"demo-clips", ""},
                             {"synth", ""},
                             {"init-model", ""},
                             {"init-model", "--lpips", ""},
                             {"train", "--model", place.model(), "--stage", "vae", "--steps", "1",
                              "--batch", "1", "--work", ""},
                             with(encoding(place), "--output", "")};
  for (const Arguments& call : calls) {
    INFO(call.front());
    CHECK_THAT(place.refusal(call), Contains("expected a path, got an empty string"));
  }
}

TEST_CASE("an output never replaces a pipe, link or folder") {
  const Place place;
  std::ofstream(place / "old.safetensors") << "old";
  fs::create_symlink("old.safetensors", place / "link.safetensors");
  REQUIRE(::mkfifo((place / "pipe").c_str(), 0600) == 0);
  fs::create_directory(place / "folder");
  for (const char* target : {"link.safetensors", "pipe", "folder"}) {
    const auto before = fs::symlink_status(place / target).type();
    CHECK_THAT(place.refusal(with(encoding(place), "--output", place / target)),
               Contains("--output") && Contains(target));
    CHECK_THAT(place.refusal({"init-model", "--lpips", place / target}), Contains(target));
    CHECK(fs::symlink_status(place / target).type() == before);
    CHECK_THROWS_WITH(save_safetensors(place / target, {{"a", at::ones({1})}}), Contains(target));
  }
  CHECK(*cox::read_file(place / "old.safetensors") == "old");
  CHECK(place.run(with(encoding(place), "--output", place / "old.safetensors")).exit_code == 0);
}

TEST_CASE("a file that is named and not there ends with exit code 3") {
  const Place place;
  std::ofstream(place / "run.txt") << "alpha=1\n";
  const std::string nothing = place / "nothing.safetensors";
  const Arguments generate = {"generate",        "--model",    place.model(),
                              "--video",         place.clip(), "--params",
                              place / "run.txt", "--out",      place / "out"};
  const Arguments metrics = {"metrics", "--reference", place.clip(), "--generated", place.clip()};
  const Arguments calls[] = {
      with(encoding(place), "--video", nothing),
      with(generate, "--video", nothing),
      with(generate, "--lora", nothing),
      with(generate, "--weights", "lpips=" + nothing),
      with(generate, "--params", nothing),
      with(metrics, "--reference", nothing),
      with(metrics, "--generated", nothing),
      with(metrics, "--weights", "lpips=" + nothing),
      {"decode", "--model", place.model(), "--input", nothing, "--output", place / "a.mkv"},
      {"parity", "dit-forward", "--input", nothing, "--output", place / "b.safetensors"}};
  for (const Arguments& call : calls) CHECK_THAT(place.refusal(call, 3), Contains(nothing));
}

TEST_CASE("metrics scores whole videos and numbers that are pixels") {
  const Place place;
  const auto score = [&](const std::string& generated) {
    return place.refusal({"metrics", "--reference", place.clip(), "--generated", generated}, 2);
  };
  const auto tensor = [&](const at::Tensor& frames) {
    save_safetensors(place / "frames.safetensors", {{"frames", frames}});
    return score(place / "frames.safetensors");
  };
  const at::Tensor good = at::full({9, 3, 32, 48}, 0.5);
  CHECK_THAT(tensor(good.to(at::kLong)), Contains("floats [F, 3, H, W]") && Contains("Long"));
  CHECK_THAT(tensor(good.to(at::kBool)), Contains("Bool"));
  CHECK_THAT(tensor(good.mul(3)), Contains("values in [0, 1]"));
  CHECK_THAT(tensor(good.neg()), Contains("values in [0, 1]"));
  CHECK_THAT(tensor(good.div(0.0).mul(0.0)), Contains("values in [0, 1]"));
  CHECK_THAT(tensor(good.narrow(0, 0, 0)), Contains("none of them 0"));
  save_safetensors(place / "good.safetensors", {{"frames", good}});
  CHECK(
      place.run({"metrics", "--reference", place.clip(), "--generated", place / "good.safetensors"})
          .exit_code == 0);

  REQUIRE(place.run(with(encoding(place), "--frames", "9")).exit_code == 0);
  const std::string whole = place / "whole.mkv", cut = place / "cut.mkv";
  REQUIRE(place
              .run({"decode", "--model", place.model(), "--input", place / "latents.safetensors",
                    "--output", whole})
              .exit_code == 0);
  fs::copy_file(whole, cut);
  fs::resize_file(cut, fs::file_size(cut) * 2 / 3);
  CHECK_THAT(place.refusal({"metrics", "--reference", whole, "--generated", cut}, 1),
             Contains("cut.mkv") && Contains("damaged after"));
}

TEST_CASE("decode rejects invalid latents with a message") {
  const Place place;
  const auto decode = [&](const at::Tensor& latents) {
    save_safetensors(place / "latents.safetensors", {{"latents", latents}});
    return place.refusal({"decode", "--model", place.model(), "--input",
                          place / "latents.safetensors", "--output", place / "out.mkv"});
  };
  const at::Tensor good = at::zeros({1, 16, 2, 4, 6});
  CHECK_THAT(decode(good.add(std::numeric_limits<double>::quiet_NaN())),
             Contains("expected finite values, got 768"));
  CHECK_THAT(decode(good.narrow(2, 0, 0)), Contains("[1, 16, T, h, w]") && Contains("0, 4, 6]"));
  CHECK_THAT(decode(good.narrow(3, 0, 0)), Contains("got Float [1, 16, 2, 0, 6]"));
  CHECK_THAT(decode(good.repeat({2, 1, 1, 1, 1})), Contains("[2, 16, 2, 4, 6]"));
  CHECK_THAT(decode(good.squeeze(0)), Contains("[16, 2, 4, 6]"));
  CHECK_THAT(decode(good.narrow(1, 0, 8)), Contains("[1, 8, 2, 4, 6]"));
  CHECK_THAT(decode(good.to(at::kLong)), Contains("Long"));
  CHECK_FALSE(fs::exists(place / "out.mkv"));
}

TEST_CASE("a limit on file sizes is an error of the write with a message, as a full disk is") {
  const Place place;
  const std::string program = std::string(COX_BIN_DIR) + "/cox-engine";
  const auto limited = [&](const std::string& arguments) {
    return cox::test::run({"sh", "-c", "ulimit -f 8; exec " + program + " " + arguments});
  };
  for (const std::string& arguments : {concat("init-model ", place / "limited"),
                                       concat("synth ", place / "clips", " --clips 1")}) {
    const Ended ended = limited(arguments);
    INFO(arguments << "\n" << ended.all());
    CHECK(ended.exit_code == 1);
    CHECK_THAT(ended.err, Contains("cox-engine: ") && Contains("File too large"));
  }
  CHECK_FALSE(fs::exists(place / "limited"));
}
