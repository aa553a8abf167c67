#include "coordinator/sweep/share_keys.h"

#include <catch2/catch.hpp>

using namespace cox;
using namespace cox::sweep;

namespace {

const Schemas& schemas() {
  static const Schemas loaded = load_schemas().value();
  return loaded;
}

Parameters defaults_of(const MethodSchema& method) {
  Parameters parameters;
  for (const auto& [name, schema] : method.parameters) {
    if (schema.default_value) parameters.emplace(name, *schema.default_value);
  }
  return parameters;
}

ModelFiles model() {
  ModelFiles files;
  files.backbone = "longcat-video";
  files.digest = "d";
  return files;
}

/// Another value of the same type, which means something else.
Value other(const Value& value) {
  if (const auto* flag = value.get_if<bool>()) return !*flag;
  if (const auto* integer = value.get_if<std::int64_t>()) return *integer + 1;
  if (const auto* real = value.get_if<double>()) return *real + 1;
  if (const auto* text = value.get_if<std::string>()) return *text + "x";
  Value::List list = *value.get_if<Value::List>();
  list.push_back(list.empty() ? Value(0) : list.at(0));
  return list;
}

}  // namespace

TEST_CASE("each parameter changes the keys that its stage and role say, and no others") {
  for (const auto& [name, method] : schemas().methods) {
    const Parameters base = defaults_of(method);
    const ShareKeys keys = share_keys(method, base, model());
    CHECK(keys.trajectory.empty() == !method.trains);
    for (const auto& [parameter, schema] : method.parameters) {
      INFO(name << " " << parameter);
      Parameters changed = base;
      changed[parameter] = other(base.at(parameter));
      // The next latent frame.
      if (parameter == "adaptation_window.context_frames") changed[parameter] = 18;
      const ShareKeys now = share_keys(method, changed, model());
      const bool is_early = schema.stage == Stage::kSource || schema.stage == Stage::kAdaptation;
      const bool only_looks = schema.role == Role::kHorizon || schema.role == Role::kObserver;
      const bool is_label = schema.role == Role::kLabel;
      CHECK((now.trajectory != keys.trajectory) ==
            (method.trains && is_early && !only_looks && !is_label));
      const bool is_read = schema.stage == Stage::kSource || schema.stage == Stage::kGeneration;
      CHECK((now.generation != keys.generation) == (is_read && !is_label));
    }
  }
}

TEST_CASE("fp8 shares the adaptations of bf16, and no generation") {
  for (const auto& [name, method] : schemas().methods) {
    INFO(name);
    Parameters parameters = defaults_of(method);
    parameters["dtype"] = "bf16";
    const ShareKeys narrow = share_keys(method, parameters, model());
    const std::string passes = passes_key(method, parameters, model());
    parameters["dtype"] = "fp8";
    const ShareKeys rounded = share_keys(method, parameters, model());
    CHECK(rounded.trajectory == narrow.trajectory);
    CHECK(rounded.generation != narrow.generation);
    CHECK(passes_key(method, parameters, model()) == passes);
    parameters["dtype"] = "fp32";
    const ShareKeys wide = share_keys(method, parameters, model());
    CHECK((wide.trajectory != narrow.trajectory) == method.trains);
    CHECK(wide.generation != narrow.generation);
  }
}

TEST_CASE("windows of equal latent frames are one trajectory, and one generation each") {
  const MethodSchema& full = *schemas().find_method("full");
  const Parameters defaults = defaults_of(full);  // 8 latent frames, 4 of context, 1 held out
  const ShareKeys keys = share_keys(full, defaults, model());
  const auto trajectory = [&](const char* name, const Value& value) {
    Parameters changed = defaults;
    changed[name] = value;
    const ShareKeys now = share_keys(full, changed, model());
    CHECK(now.generation == keys.generation);
    return now.trajectory;
  };
  for (const double fraction : {0.125, 0.25, 0.375}) {
    CHECK(trajectory("early_stop.holdout_fraction", fraction) == keys.trajectory);
  }
  CHECK(trajectory("early_stop.holdout_fraction", 0.5) != keys.trajectory);
  CHECK(trajectory("adaptation_window.context_frames", 13) == keys.trajectory);
  CHECK(trajectory("adaptation_window.context_frames", 12) != keys.trajectory);
}

TEST_CASE("every parameter of a shipped method has the stage where the engine reads it") {
  const MethodSchema& adasteer = *schemas().find_method("adasteer");
  const auto stage = [&](const char* name) { return adasteer.parameters.at(name).stage; };
  CHECK(stage("gen_start_frame") == Stage::kSource);
  CHECK(stage("cond_frames") == Stage::kGeneration);
  CHECK(stage("metrics") == Stage::kMetrics);
  CHECK(stage("early_stop.holdout_fraction") == Stage::kAdaptation);
  CHECK(adasteer.parameters.at("early_stop.holdout_fraction").role == Role::kIdentity);
  CHECK(stage("groups") == Stage::kAdaptation);
}

TEST_CASE("trained methods generate like the pretrained model at step 0; other models never do") {
  const auto keys = [](const char* method, const ModelFiles& files) {
    const MethodSchema& schema = *schemas().find_method(method);
    return share_keys(schema, defaults_of(schema), files);
  };
  CHECK(keys("none", model()).generation == keys("adasteer", model()).generation);
  CHECK(keys("adasteer", model()).trajectory != keys("hidden", model()).trajectory);

  ModelFiles tuned = model();
  tuned.loras.push_back({"/l", "e", 1});
  CHECK(keys("none", model()).generation != keys("none", tuned).generation);
  CHECK(keys("adasteer", model()).trajectory != keys("adasteer", tuned).trajectory);

  const MethodSchema& adasteer = *schemas().find_method("adasteer");
  Parameters longer = defaults_of(adasteer);
  longer["steps"] = 100;
  CHECK(share_keys(adasteer, longer, model()).horizon == 100);
  CHECK(keys("none", model()).horizon == 0);

  ModelFiles scored = model();
  scored.metric_weights["lpips"] = {"/w", "f", 1};
  CHECK(keys("adasteer", model()) == keys("adasteer", scored));
}

TEST_CASE("a method that steers without training never equals the pretrained model") {
  MethodSchema steers = *schemas().find_method("none");
  steers.name = "steers";
  const Parameters parameters = defaults_of(steers);
  CHECK(share_keys(steers, parameters, model()).generation !=
        share_keys(*schemas().find_method("none"), parameters, model()).generation);
}

TEST_CASE("the passes of a method on the output do not depend on how its bias is trained") {
  const MethodSchema& obc = *schemas().find_method("obc");
  const Parameters defaults = defaults_of(obc);
  const std::string passes = passes_key(obc, defaults, model());
  CHECK(passes.size() == 64);
  for (const auto& [name, schema] : obc.parameters) {
    INFO(name);
    Parameters changed = defaults;
    changed[name] = "another";
    const bool is_early = schema.stage == Stage::kSource || schema.stage == Stage::kAdaptation;
    const bool replays = schema.role != Role::kIdentity;
    CHECK((passes_key(obc, changed, model()) != passes) == (is_early && !replays));
  }
  for (const char* name : {"lr", "optimizer", "weight_decay", "steps", "early_stop.patience"}) {
    INFO(name);
    CHECK(obc.parameters.at(name).role != Role::kIdentity);
  }
  // Adapted together with another method, its passes are that method's.
  for (const char* method : {"adasteer", "none", "adasteer+obc", "lora"}) {
    const MethodSchema& schema = *schemas().find_method(method);
    CHECK(passes_key(schema, defaults_of(schema), model()).empty());
  }
}
