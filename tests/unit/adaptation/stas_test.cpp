#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;
using Catch::Matchers::Contains;

namespace {

const TokenGrid kGrid{3, 2, 2};
constexpr int64_t kHidden = 12;

/// The method on the backbone of these tests.
struct Steered {
  explicit Steered(Parameters parameters) : backbone(at::kFloat) {
    for (const auto& [name, value] : own_defaults("stas")) parameters.emplace(name, value);
    ParameterReader reader(parameters);
    adaptation = find_method("stas").make(reader, {backbone, random});
    reader.finish();
  }
  /// The output of a block in evaluation `index` of 10.
  at::Tensor output(int block, const at::Tensor& h, int64_t index, int64_t prompt_row = 0) const {
    const Adapter& adapter = adaptation->adapter();
    adapter.begin_pass({kGrid, 0, {index, 10, prompt_row}});
    return adapter.block_output(block, h);
  }

  VideoRandom random{7, 0, "clip"};
  FakeBackbone backbone;
  std::unique_ptr<Adaptation> adaptation;
};

at::Tensor hidden(int64_t batch) {
  return VideoRandom{7, 0, "clip"}
      .stream(Purpose::kRandomModel, 5)
      .normal({batch, kGrid.tokens(), kHidden});
}

const Parameters kOneDim = {{"dims", Value::List{2}}, {"boundary", "none"}, {"alpha", 1.5}};

}  // namespace

TEST_CASE("stas trains nothing") {
  CHECK_FALSE(find_method("stas").trains);
  CHECK(Steered({}).adaptation->groups().empty());
}

TEST_CASE("stas moves the first frame's values to the scaled maximum, and nothing else") {
  const Steered steered(kOneDim);
  const at::Tensor h = hidden(1);
  at::Tensor expected = h.clone();
  const double aim = 1.5 * h.select(2, 2).abs().max().item<double>();
  for (int64_t token = 0; token < kGrid.per_frame(); ++token) {
    const double sign = h[0][token][2].item<double>() < 0 ? -1 : 1;
    expected[0][token][2].fill_(sign * aim);
  }
  CHECK(at::allclose(steered.output(1, h, 0), expected));
}

TEST_CASE("stas acts in the first evaluations of sampling, in its layers only") {
  Parameters parameters = kOneDim;
  parameters["layers"] = Value::List{1};
  const Steered steered(parameters);
  const at::Tensor h = hidden(1);
  CHECK_FALSE(at::equal(steered.output(1, h.clone(), 1), h));
  CHECK(steered.output(1, h, 2).is_same(h));   // steps_fraction 0.2 of 10
  CHECK(steered.output(0, h, 0).is_same(h));   // another layer
  CHECK(steered.output(1, h, -1).is_same(h));  // training
  parameters["site"] = "block_input";
  CHECK_FALSE(at::equal(Steered(parameters).output(0, h.clone(), 0), h));
}

TEST_CASE("stas on the branch of the prompt leaves the other rows") {
  Parameters parameters = kOneDim;
  parameters["branch"] = "prompt";
  const Steered steered(parameters);
  const at::Tensor h = hidden(2);
  const at::Tensor made = steered.output(0, h.clone(), 0, /*prompt_row=*/1);
  CHECK(at::equal(made[0], h[0]));
  CHECK_FALSE(at::equal(made[1], h[1]));
  CHECK(steered.output(0, h, 0, /*prompt_row=*/-1).is_same(h));
}

TEST_CASE("stas refuses layers, channels and tokens that are not there") {
  const auto refusal = [](const char* name, const Value& value) {
    Parameters parameters = kOneDim;
    parameters[name] = value;
    const at::Tensor h = hidden(1);
    return [parameters, h] { Steered(parameters).output(0, h, 0); };
  };
  CHECK_THROWS_WITH(refusal("layers", Value::List{4})(), Contains("numbers from 0 to 3"));
  CHECK_THROWS_WITH(refusal("layers", Value::List{1, 1})(), Contains("each layer only once"));
  CHECK_THROWS_WITH(refusal("dims", Value::List{12})(), Contains("channels from 0 to 11"));
  CHECK_THROWS_WITH(refusal("first_frame", false)(), Contains("nothing would be steered"));
  Parameters rows = kOneDim;
  rows["boundary"] = "rows";
  rows["head"] = 5.0;
  const at::Tensor h = hidden(1);
  CHECK_THROWS_WITH(Steered(rows).output(0, h, 0), Contains("from 0 to 4"));
}

TEST_CASE("stas needs the first frame among the tokens of the pass") {
  const Steered steered(kOneDim);
  CHECK_THROWS_WITH(steered.adaptation->adapter().begin_pass({kGrid, 2, {0, 10, 0}}),
                    Contains("use_kv_cache: false"));
}
