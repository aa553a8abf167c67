#include <catch2/catch.hpp>

#include <filesystem>
#include <set>

#include "base/file.h"
#include "engine/adaptation/method.h"
#include "engine/families/registry.h"
#include "engine/tensors/error.h"
#include "tests/support/schema_defaults.h"
#include "tests/support/temporary_directory.h"
#include "tools/init/init_model.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

/// A method on the published transformer that stands for the family, as shapes.
void attach(const Family& family, const std::string& method, Parameters parameters) {
  for (const auto& [name, value] : cox::engine::test::own_defaults(method))
    parameters.emplace(name, value);
  const auto shapes =
      family.transformers().shapes(published_transformer(family.schema().published).config);
  ParameterReader reader(parameters);
  const VideoRandom random;
  find_method(method).make(reader, {*shapes, random});
}

bool is_refused(const Family& family, const std::string& method, const std::string& parameter,
                const std::string& value) {
  for (const MethodRefusal& refusal : family.schema().refusals) {
    const auto asked = refusal.with.find(parameter);
    if (refusal.method == method && asked != refusal.with.end() && asked->second == value) {
      return true;
    }
  }
  return false;
}

/// The parameters of a run of a method on the family's backbone.
std::shared_ptr<const Recipe> read(const Family& family, const Parameters& changed, bool trains) {
  const Parameters parameters = cox::engine::test::schema_defaults(trains ? "adasteer" : "none",
                                                                   changed, family.schema().name);
  ParameterReader reader(parameters);
  return family.read(reader, trains);
}

}  // namespace

TEST_CASE("every family has a schema, and every schema a family") {
  std::set<std::string> declared;
  for (const BackboneSchema& schema : backbone_schemas()) declared.insert(schema.name);
  const std::vector<std::string> names = family_names();
  CHECK(declared == std::set<std::string>(names.begin(), names.end()));
  for (const std::string& name : names) {
    INFO(name);
    CHECK(find_family(name).schema().name == name);
    CHECK_FALSE(find_family(name).schema().title.empty());
  }
}

TEST_CASE("what a family's schema refuses is what its transformer cannot do") {
  for (const std::string& name : family_names()) {
    const Family& family = find_family(name);
    for (const char* tensors : {"cross_attn_norm", "qk_norm", "adaln_affine", "all_norm"}) {
      INFO(name << " " << tensors);
      bool works = true;
      try {
        attach(family, "norm", {{"tensors", tensors}});
      } catch (const EngineError&) {
        works = false;
      }
      CHECK(works == !is_refused(family, "norm", "tensors", canonical_text(Value(tensors))));
    }
    for (const char* method : {"adasteer", "obc", "full", "film", "hidden", "lora", "stas"}) {
      INFO(name << " " << method);
      CHECK_NOTHROW(attach(family, method, {}));
    }
  }
}

TEST_CASE("every family reads its defaults, with and without training") {
  for (const std::string& name : family_names()) {
    INFO(name);
    for (const bool trains : {false, true}) CHECK(read(find_family(name), {}, trains) != nullptr);
  }
  CHECK_THROWS_WITH(read(find_family("wan2.1"), {{"solver", "ddim"}}, false),
                    Contains("solver: expected one of unipc"));
  CHECK_THROWS_WITH(read(find_family("cogvideox"), {{"solver", "unipc"}}, false),
                    Contains("solver: expected one of ddim"));
  CHECK(read(find_family("open-sora"), {{"motion_score", 7}}, false)->prompt("A cat.") ==
        "A cat. 7 motion score.");
  CHECK(read(find_family("wan2.2"), {}, false)->prompt("A cat.") == "A cat.");
}

TEST_CASE("a model's family is recognized by its files, and another one is named") {
  const cox::test::TemporaryDirectory folder;
  for (const char* preset : {"wan2.1-tiny", "wan2.2-tiny", "cogvideox-tiny", "open-sora-tiny"}) {
    INFO(preset);
    const std::string model = folder / preset;
    write_random_model({model, preset, 1});
    const std::string name = std::string(preset).substr(0, std::string(preset).rfind('-'));
    CHECK(family_of_model(model).schema().name == name);
    for (const BackboneSchema& schema : backbone_schemas()) {
      const Status status = check_family(model, schema);
      CHECK(status.is_ok() == (schema.name == name));
      if (schema.name == name) continue;
      CHECK_THAT(status.message(), Contains("write backbone.name: " + name));
    }
  }
  CHECK_THROWS_WITH(family_of_model(folder.path()), Contains(folder / "dit/config.json"));
  REQUIRE(write_file_atomically(folder / "dit/config.json", "{}").is_ok());
  CHECK(check_family(folder.path(), *find_backbone("longcat-video")).code() ==
        StatusCode::kNotFound);
}

TEST_CASE("a Wan2.2 transformer accepts Wan2.1's VAE, and a residual VAE is not Wan2.1's") {
  const cox::test::TemporaryDirectory folder;
  const std::string small = folder / "small", plain = folder / "plain";
  write_random_model({small, "small-wan", 1});
  const Family& family = family_of_model(small);
  CHECK(family.schema().name == "wan2.2");
  const auto model = family.load(small, {});
  CHECK(model->vae->spatial_scale() == 8);
  CHECK(model->backbone->shape().latent_channels == 16);

  write_random_model({plain, "wan2.2-tiny", 1});
  CHECK(family_of_model(plain).load(plain, {})->vae->spatial_scale() == 16);
  std::filesystem::remove(plain + "/model_index.json");
  CHECK_THROWS_WITH(family_of_model(plain),
                    Contains("no known family") &&
                        Contains("model_index.json with expand_timesteps true for Wan2.2"));
}

TEST_CASE("parts of two families, and a model that sees an image, are refused before weights") {
  const cox::test::TemporaryDirectory folder;
  const std::string wan = folder / "wan", cogvideox = folder / "cogvideox";
  write_random_model({wan, "wan2.1-tiny", 1});
  write_random_model({cogvideox, "cogvideox-tiny", 1});
  const std::string good = read_file(wan + "/transformer/config.json").value();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    REQUIRE(write_file_atomically(wan + "/transformer/config.json", text).is_ok());
  };
  with("\"in_channels\": 16", "\"in_channels\": 36");
  CHECK_THROWS_WITH(find_family("wan2.1").load(wan, {}), Contains("sees an image"));
  with("\"out_channels\": 16", "\"out_channels\": 12");
  CHECK_THROWS_WITH(find_family("wan2.1").parts(wan),
                    Contains("out_channels is 12, but vae has 16"));
  REQUIRE(write_file_atomically(wan + "/transformer/config.json", good).is_ok());
  std::filesystem::remove_all(wan + "/vae");
  std::filesystem::copy(cogvideox + "/vae", wan + "/vae");
  CHECK_THROWS_WITH(find_family("wan2.1").load(wan, {}),
                    Contains("vae/config.json") && Contains("AutoencoderKLCogVideoX"));
}
