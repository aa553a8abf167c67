#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "base/file.h"
#include "coordinator/sweep/load_sweep.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep::test;

namespace {

// Each error once, as `text` -> what the message must hold.
struct Case {
  const char* text;
  const char* expected;
};

template <size_t N>
void check_cases(const Sandbox& sandbox, const Case (&cases)[N]) {
  for (const Case& wrong : cases) {
    const std::string message = sandbox.errors(wrong.text);
    INFO(wrong.text << "gave\n" << message);
    CHECK(message.find(wrong.expected) != std::string::npos);
    CHECK(message.find("a.yaml:") == 0);
  }
}

}  // namespace

TEST_CASE("an unknown parameter gives place, suggestion, source line, caret and allowed keys") {
  const Sandbox sandbox;
  const std::string message = sandbox.errors("method: none\nparams:\n  cond_frame: 5\n");
  CHECK(
      message.find("a.yaml:7:3: unknown key 'cond_frame' in params of method 'none'; did you mean "
                   "'cond_frames'?\n"
                   "      cond_frame: 5\n"
                   "      ^\n"
                   "  allowed: color, cond_frames, constant_prompt, ") == 0);
}

TEST_CASE("a value out of range gives place, bound and value") {
  const Sandbox sandbox;
  CHECK(sandbox.errors("method: adasteer\nparams:\n  groups: 0\n") ==
        "a.yaml:7:11: groups: expected at least 1, got 0\n"
        "      groups: 0\n"
        "              ^");
  CHECK(sandbox.errors("method: full\nparams:\n  optimizer: adam\n") ==
        "a.yaml:7:14: optimizer: expected one of adamw, sgd; did you mean 'adamw'?, got adam\n"
        "      optimizer: adam\n"
        "                 ^");
}

TEST_CASE("all errors of a file come at once") {
  const Sandbox sandbox;
  const std::string message = sandbox.errors(
      "method: full\n"
      "params:\n"
      "  num_step: 5\n"
      "  lr: fast\n"
      "matrix: {seed: 3}\n"
      "policy: {fail_fast: yes}\n"
      "derive: {lr: \"1 +\"}\n"
      "prio: 3\n");
  CHECK(message.find("7:3: unknown key 'num_step' in params of method 'full'; did you mean "
                     "'steps'?") != std::string::npos);
  CHECK(message.find("8:7: lr: expected a float, got 'fast'") != std::string::npos);
  CHECK(message.find("9:16: matrix.seed: expected a list of values, got '3'") != std::string::npos);
  CHECK(message.find("10:21: policy.fail_fast: expected true or false, got 'yes'") !=
        std::string::npos);
  CHECK(message.find("11:18: in expression: expected a value, got the end") != std::string::npos);
  CHECK(message.find("12:1: unknown key 'prio' in a sweep file") != std::string::npos);
}

TEST_CASE("each wrong value, row and axis is named") {
  const Sandbox sandbox;
  const Case cases[] = {
      {"method: adastee\n", "5:9: unknown method 'adastee'; did you mean 'adasteer'?"},
      {"params: {seed: 1}\n", "no method: set `method` at the top level or in the run"},
      {"method: none\nparams: [1]\n", "params must be a map of parameters, got a list"},
      {"method: none\nparams: {lr: 1e-3}\n", "'lr' is not a parameter of method 'none'"},
      {"method: none\nparams: {method: full}\n", "`method` belongs at the top level"},
      {"method: full\nparams: {early_stop: {patiense: 3}}\n",
       "unknown key 'early_stop.patiense' in params of method 'full'; did you mean "
       "'early_stop.patience'?"},
      {"method: full\nparams: {early_stop: {patience: 3}, early_stop.patience: 4}\n",
       "'early_stop.patience' is given twice, first at a.yaml:6:23"},
      {"method: full\nparams: {steps: 1.5}\n", "steps: expected an int, got '1.5'"},
      {"method: full\nparams: {steps: }\n", "steps: expected an int, got nothing"},
      {"method: full\nparams: {lr: 1e300}\n",
       "lr: expected at most 3.4e+38 in magnitude (fp32 limit), got 1e+300"},
      {"method: full\nparams: {adam_eps: 1e-50}\n",
       "adam_eps: expected 0 or at least 1.2e-38 in magnitude (fp32 limit), got 1e-50"},
      {"method: full\nparams: {lr: 1e-3}\nparams: {lr: 1e-4}\n", "duplicate key 'params'"},
      {"method: none\nparams: {metrics: [psnr, psnr]}\n", "expected each item once"},
      {"method: none\nparams: {metrics: []}\n", "expected at least one item"},
      {"method: none\nparams: {metrics: [fvd]}\n", "expected one of psnr, ssim, lpips"},
      {"method: none\nruns: []\n", "runs must be a list of rows, got an empty list"},
      {"method: none\nruns: [{seed: 1}]\n", "a run needs an `id`"},
      {"method: none\nruns: [{id: A}, {id: A}]\n", "run 'A' is given twice"},
      {"method: none\nruns: [{id: A, sed: 1}]\n", "unknown key 'sed' in run 'A'"},
      {"method: none\nruns: [{id: a/b}]\n", "cannot name a run because of '/'"},
      {"method: none\nmatrix: {seed: []}\n", "got an empty list"},
      {"method: none\nmatrix: []\n", "a.yaml:6:9: matrix must be a map of lists or a list of such"},
      {"method: full\nfrom_best: {series: r, metric: psnr, take: []}\n", "at least one parameter"},
      {"method: none\nmatrix: {seed: [1, 1]}\n", "matrix.seed: 1 is listed twice"},
      {"method: none\nmatrix: {seed: [1, 2]}\nzip: {seed: [3]}\n", "axis of matrix and of zip"},
      {"method: none\nzip: {seed: [1, 2], height: [96]}\n", "lists of equal length"},
      {"method: none\nmatrix: {seed: [1]}\nexclude: [{seed: 2}]\n", "no combination matches"},
      {"method: none\nmatrix: {seed: [1]}\nexclude: [{width: 96}]\n", "is not an axis"},
      {"method: none\nmatrix: {seed: [1]}\nexclude: [{seed: 1}]\n", "leaves no combination"},
      {"method: none\nmatrix: {seed: [1]}\ninclude: [{seed: 1}]\n",
       "matches an existing combination and changes nothing"},
      {"method: none\nmatrix: {seed: [1]}\ninclude: [{height: 96}]\n", "at least one axis"},
      {"method: none\ninclude: [{seed: 1}]\n", "need a `matrix` or `zip`"},
      {"method: none\nmatrix: {seed: [1]}\nruns: [{id: A, seed: 2}]\n", "its runs would be equal"},
  };
  check_cases(sandbox, cases);
}

TEST_CASE("each wrong expression and section is named") {
  const Sandbox sandbox;
  const Case cases[] = {
      {"method: none\nmatrix: {seed: [1, 2]}\nname: same\n", "two runs are named 'same'"},
      {"method: none\nname: \"x{sed}\"\n", "{sed} has no value in every run"},
      {"method: none\nname: \"x{seed\"\n", "unmatched '{'"},
      {"method: none\nderive: {seed: \"1 / 0\"}\n", "in expression: division by zero"},
      {"method: none\nderive: {seed: \"0.5\"}\n", "derive.seed: expected int, got 0.5"},
      {"method: none\nderive: {seed: \"sed + 1\"}\n", "unknown name 'sed'; did you mean 'seed'?"},
      {"method: none\nderive: {a: b + 1, b: a + 1}\n", "'a' is derived from itself"},
      {"method: none\nderive: {seed: seed + 1}\n", "'seed' is derived from itself"},
      {"method: none\ncheck: [seed]\n", "check: expected true or false, got 42"},
      {"method: none\ncheck: [\"groups > 1\"]\n", "'groups' has no value with method 'none'"},
      {"method: none\nwhen: {seeds: \"true\"}\n", "unknown parameter 'seeds' in when"},
      {"method: none\nparams: {seed: 1}\nwhen: {seed: \"seed > 1\"}\n",
       "'seed' is itself under `when`"},
      {"method: none\nreplicates: 0\n", "replicates: expected 1 to 1000, got 0"},
      {"method: none\nparams: {replicate: 1}\nreplicates: 2\n", "drop one"},
      {"method: none\nreplicate: adasteer-2025\n", "did you mean 'adasteer-2026'?"},
      {"method: none\nfrom_best: {series: x, metric: psnr, take: [seed], where: \"lr >\"}\n",
       "from_best.where: in expression: expected a value, got the end"},
      {"method: none\nfrom_best: {series: x, metric: psnr, take: [seed], where: \"lrr > 1\"}\n",
       "from_best.where: unknown name 'lrr'; did you mean 'lr'?"},
      {"method: none\nfrom_best: {series: x}\n", "from_best needs `metric`"},
      {"method: none\nfrom_best: {series: x, metric: psnrr, take: [seed]}\n",
       "unknown metric 'psnrr'; did you mean 'psnr'?"},
      {"method: none\nfrom_best: {series: x, metric: psnr, goal: top, take: [seed]}\n",
       "expected max or min, got 'top'"},
      {"method: none\nfrom_best: {series: x, metric: psnr, take: [sed]}\n",
       "unknown parameter 'sed' in from_best.take; did you mean 'seed'?"},
      {"method: none\nfrom_best: {series: x, metric: psnr, take: [seed]}\n",
       "needs the results of series 'x', which are not available here"},
      {"method: none\nbaseline: A\n", "baseline: no run 'A' in this sweep"},
      {"method: none\ncontrols: [A]\n", "controls: no run 'A' in this sweep"},
      {"method: none\ncontrols: A\n", "controls: expected a list of runs, got 'A'"},
      {"method: none\nequivalence: {psnr: 0}\n",
       "equivalence.psnr: expected a difference above 0, got '0'"},
      {"method: none\nequivalence: {psnr: wide}\n", "equivalence.psnr: expected a float"},
      {"method: none\nequivalence: {pnsr: 0.1}\n", "unknown key 'pnsr'"},
      {"method: none\ntables: [{title: T, rows: [A], columns: [psnr]}]\n", "tables: no run 'A'"},
      {"method: none\ntables: [{title: T, rows: [s], columns: [psnrr]}]\n",
       "unknown column 'psnrr'; did you mean 'psnr'?"},
      {"method: none\nkeep: some\n", "keep: expected all, none, {best: 3}"},
      {"method: none\nkeep: [cat]\n", "keep: expected all, none, {best: 3}"},
      {"method: none\nkeep: {best: 1, items: [cat]}\n", "keep: expected all, none, {best: 3}"},
      {"method: none\nkeep: {best: 0}\n", "keep.best: expected 1 to"},
      {"method: none\nkeep: {best: 1, metric: psrn}\n", "did you mean 'psnr'?"},
      {"method: none\nkeep: {best: 1, count: 2}\n", "unknown key 'count' in keep"},
      {"method: none\nkeep: {items: []}\n", "expected at least one video id"},
      {"method: none\nkeep: {items: [cta]}\n",
       "no item 'cta' in the data set; did you mean 'cat'?"},
  };
  check_cases(sandbox, cases);
}

TEST_CASE("each wrong setting of the queue is named") {
  const Sandbox sandbox;
  const Case cases[] = {
      {"method: none\nretry: {backoff: {base: 10}}\n", "expected a time up to 24h"},
      {"method: none\nretry: {backoff: {base: 2h, max: 1s}}\n", "is above max"},
      {"method: none\nretry: {crash: -1}\n", "expected 0 to"},
      {"method: none\nmethod_params: {nothing: {}}\n", "unknown key 'nothing' in method_params"},
      {"method: none\nmethod_params: {none: {lr: 1}}\n", "is not a parameter of method 'none'"},
      {"method: none\nlabels: [a]\n", "labels must be a map"},
      {"method: none\nresources: {gpu: 1}\n", "did you mean 'gpus'?"},
      {"method: none\nresources: {gpus: 65}\n", "resources.gpus: expected 0 to 64, got 65"},
      {"method: none\nresources: {gpu_memory: 80}\n", "expected a size such as 80GB"},
      {"method: none\nresources: {memory: 1.5GiB}\n", "resources.memory: expected a size"},
      {"method: none\nresources: {gpus: 0, gpu_memory: 8GB}\n", "gpu_memory requires a GPU"},
      {"method: none\nresources: {time: soon}\n", "expected a time up to 24h"},
      {"method: none\npolicy: {max_gpu_hours: 0}\n", "expected hours above 0"},
      {"method: none\npolicy: {stop_runs: {rule: best, metric: psnr, min_items: 2}}\n",
       "expected median or asha, got 'best'"},
      {"method: none\npolicy: {stop_runs: {rule: median, metric: fvd, min_items: 2}}\n",
       "unknown metric 'fvd'"},
      {"method: none\npolicy: {stop_runs: {rule: median, metric: psnr}}\n",
       "'min_items' is missing"},
      {"method: none\npolicy: {stop_runs: {rule: median, metric: psnr, min_items: 2, factor: "
       "3}}\n",
       "belongs to asha"},
  };
  check_cases(sandbox, cases);
}

TEST_CASE("the required sections are asked for") {
  const Sandbox sandbox;
  const auto loaded = sandbox.load("method: none\n");
  REQUIRE_FALSE(loaded.is_ok());
  CHECK(loaded.status().code() == cox::StatusCode::kInvalidArgument);
  for (const char* section : {"version", "series", "dataset", "backbone"}) {
    CHECK(loaded.status().message().find(std::string("a sweep file needs `") + section) !=
          std::string::npos);
  }
  CHECK(sandbox.load("- 1\n").status().message().find("must be a map, got a list") !=
        std::string::npos);
  CHECK(sandbox.load("").status().message().find("must be a map, got nothing") !=
        std::string::npos);
}

TEST_CASE("a grid is bounded") {
  const Sandbox sandbox;
  std::string list = "[0";
  for (int i = 1; i < 400; ++i) list += ", " + std::to_string(i);
  list += "]";
  CHECK(sandbox.errors("method: none\nmatrix: {seed: " + list + ", replicate: " + list + "}\n")
            .find("more than 100000 runs") != std::string::npos);
}

TEST_CASE("impossible geometry is named with its numbers and where they come from") {
  const Sandbox sandbox;
  const Case cases[] = {
      {"method: none\nparams: {cond_frames: 28}\n",
       "a.yaml:6:23: frames: total_frames 28 must be more than cond_frames 28"},
      {"method: none\nparams: {height: 100}\n",
       "size: height 100 is not a multiple of 16; use 96 or 112"},
      {"method: none\nparams: {gen_start_frame: 8}\n",
       "start: gen_start_frame 8 leaves fewer than cond_frames 14"},
      {"method: obc\nparams: {gen_start_frame: 16}\n",
       "adaptation_window: total_frames 32 does not fit before gen_start_frame 16"},
      {"method: obc\nparams: {adaptation_window: {context_frames: 33}}\n",
       "context: adaptation_window.context_frames 33 must be at most "
       "adaptation_window.total_frames 32"},
      {"method: obc\nparams: {adaptation_window: {context_frames: 32}}\n",
       "train_latents: of 8 latent frames in the adaptation window, 7 are context and 1 held out"},
      {"method: lora\nparams: {rank: 0}\n", "rank: expected at least 1, got 0"},
      {"method: lora\nparams: {blocks: [1, 48]}\n",
       "blocks: expected numbers from 0 to 47, the blocks of the model"},
      {"method: lora\nparams: {blocks: [1, 1]}\n", "blocks: expected each item once, got 1 twice"},
      {"method: lora\nparams: {blocks: [1], last_blocks: 2}\n",
       "blocks: last_blocks 2 chooses blocks too"},
      {"method: adasteer\nparams: {blocks: [1, 2], groups: 3}\n",
       "groups: expected at most 2, the number of listed blocks, got groups 3"},
      {"method: adasteer\nparams: {blocks: [1], inject: global}\n",
       "blocks: inject global reaches every block"},
      {"method: full\nparams: {momentum: 1}\n", "momentum: expected less than 1"},
      {"method: full\nparams: {momentum: 0.9, optimizer: adamw}\n",
       "momentum: expected 0 for adamw, which has its own averages, got 0.9"},
      {"method: norm\nparams: {form: in_place, param_dtype: bf16, dtype: fp32}\n",
       "param_dtype: bf16 would round the stored fp32 values"},
      {"method: obc\nparams: {adaptation_window: {context_frames: 31}}\n",
       "train_latents: context takes all 8 latent frames"},
      {"method: obc\nparams: {adaptation_window: {context_frames: 28}}\n",
       "1 held out for checks; none is left to train on"},
      {"method: obc\nparams: {steps: 3}\n",
       "early_stop_checks: early_stop.check_every 5 is more than steps 3"},
      {"method: adasteer\nparams: {groups: 4, inject: global}\n",
       "groups: inject global requires one group, got groups 4"},
      {"method: none\nparams: {distill: true, inference_steps: 16}\n",
       "distill: enhance_hf would replace distilled noise levels by ten others"},
      {"method: none\nparams: {distill: true, inference_steps: 51, enhance_hf: false}\n",
       "distill: inference_steps 51 is more than the 50 noise levels of the distilled model"},
      {"method: none\nparams: {metrics: [psnr, lpips], height: 16, width: 64}\n",
       "metric_size: lpips needs frames of at least 32x32, got 64x16"},
      {"method: none\nparams: {metrics: [temporal_flickering], total_frames: 15}\n",
       "metric_frames: temporal_flickering needs at least 2 scored frames, got 1: total_frames 15 "
       "less 14 that are known"},
  };
  check_cases(sandbox, cases);
  CHECK(sandbox.errors("method: none\nmatrix: {seed: [1, 2]}\nparams: {cond_frames: 28}\n") ==
        "a.yaml:7:23: frames: total_frames 28 must be more than cond_frames 28; nothing would be "
        "generated: cond_frames = 28 (a.yaml:7:23), total_frames = 28 (schema)\n"
        "    params: {cond_frames: 28}\n"
        "                          ^\n"
        "  in run seed=1, seed=2");
}

TEST_CASE("without early stopping the last latent frame may be trained on") {
  const Sandbox sandbox;
  CHECK(sandbox
            .plan("method: obc\nparams: {adaptation_window: {context_frames: 28}, "
                  "early_stop: {enabled: false}}\n")
            .runs.size() == 1);
}

TEST_CASE("a failing check lists the values, their origin and the runs") {
  const Sandbox sandbox;
  CHECK(sandbox.errors("method: adasteer\n"
                       "matrix: {groups: [4, 5]}\n"
                       "check: [\"48 % groups == 0\"]\n") ==
        "a.yaml:7:10: check failed: 48 % groups == 0 with groups = 5 (a.yaml:6:22) in the row at "
        "a.yaml:6:9\n"
        "    check: [\"48 % groups == 0\"]\n"
        "             ^\n"
        "  in run groups=5");
}

TEST_CASE("--set is as strict as the file") {
  const Sandbox sandbox;
  CHECK(sandbox.errors("method: full\n", {"num_step=5"})
            .find("--set:1:1: unknown --set key 'num_step'; "
                  "did you mean 'steps'?\n"
                  "    num_step=5\n"
                  "    ^") == 0);
  CHECK(sandbox.errors("method: full\n", {"steps=many"}) ==
        "--set:1:7: steps: expected an int, got 'many'\n"
        "    steps=many\n"
        "          ^");
  CHECK(sandbox.errors("method: full\n", {"steps"}).find("expected key=value") !=
        std::string::npos);
  CHECK(sandbox.errors("method: full\n", {"steps="}).find("expected a value in YAML") !=
        std::string::npos);
  CHECK(sandbox.errors("method: none\n", {"steps=5"}).find("no run of this sweep has") !=
        std::string::npos);
  CHECK(sandbox.errors("method: none\n", {"backbone.modle=x"}).find("did you mean 'model'?") !=
        std::string::npos);
}

TEST_CASE("--set of a grid's axis is refused: equal runs would have different names") {
  const Sandbox sandbox;
  CHECK(sandbox.errors("method: adasteer\nmatrix: {groups: [1, 4]}\n", {"groups=2"}) ==
        "a.yaml:6:19: --set groups=2: 'groups' is an axis of matrix: its runs would be equal "
        "although their names differ\n"
        "    matrix: {groups: [1, 4]}\n"
        "                      ^\n"
        "  drop the --set, or remove 'groups' from the matrix");
  const Case cases[] = {
      {"zip: {seed: [1, 2], groups: [1, 4]}\n", "--set groups=2: 'groups' is an axis of zip"},
      {"matrix: {groups: [4]}\nname: \"g{groups}\"\n", "'groups' is an axis of matrix"},
      {"matrix: [{seed: [1, 2]}, {groups: [1]}]\n", "a.yaml:6:36: --set groups=2"},
      {"matrix: {seed: [1]}\ninclude: [{seed: 2, groups: 4}]\n", "is an axis of include"},
  };
  for (const Case& wrong : cases) {
    const std::string message =
        sandbox.errors(std::string("method: adasteer\n") + wrong.text, {"groups=2"});
    INFO(wrong.text << "gave\n" << message);
    CHECK(message.find(wrong.expected) != std::string::npos);
  }
  CHECK(sandbox.errors("matrix: {method: [none, full]}\n", {"method=none"})
            .find("--set method=none: 'method' is an axis of matrix") != std::string::npos);
  const auto other = sandbox.plan("method: adasteer\nmatrix: {groups: [1, 4]}\n", {"seed=7"});
  CHECK(names_of(other) == std::vector<std::string>{"groups=1", "groups=4"});
}

TEST_CASE("--set that leaves two rows equal is refused, and one that does not is taken") {
  const Sandbox sandbox;
  const std::string rows = "method: full\nruns:\n  - {id: a, lr: 1}\n  - {id: b, lr: 2}\n";
  CHECK(sandbox.errors(rows, {"lr=3"}) ==
        "a.yaml:8:17: --set lr=3 makes run 'b' equal to run 'a', which differs in 'lr'\n"
        "      - {id: b, lr: 2}\n"
        "                    ^\n"
        "  drop the --set, or remove one of the rows from the file");
  CHECK(sandbox.errors("method: full\nruns: [{id: a}, {id: b, lr: 2}]\n", {"lr=3"})
            .find("a.yaml:6:29: --set lr=3 makes run 'b' equal to run 'a'") == 0);
  CHECK(sandbox.errors("runs: [{id: a, method: none}, {id: b, method: obc}]\n", {"method=none"})
            .find("--set method=none makes run 'b' equal to run 'a'") != std::string::npos);
  CHECK(sandbox.plan(rows, {"seed=7"}).runs.size() == 2);
  CHECK(sandbox.plan("method: full\nruns: [{id: a, lr: 1}, {id: b, lr: 2, seed: 3}]\n", {"lr=3"})
            .runs.size() == 2);
  // Equal rows of the file stay what they are: one configuration under two names.
  CHECK(sandbox.plan("method: full\nruns: [{id: a, lr: 1}, {id: b, lr: 1}]\n", {"seed=3"})
            .runs.size() == 2);
}

TEST_CASE("an empty list of videos is an error: it would mean all of them") {
  const Sandbox sandbox;
  const std::string head =
      "version: 1\nseries: {name: s}\nmethod: none\n"
      "backbone: {name: longcat-video, model: model}\n";
  const auto loaded = sandbox.load(head + "dataset: {manifest: clips.json, include: []}\n");
  REQUIRE_FALSE(loaded.is_ok());
  CHECK(sandbox.without_directory(loaded.status().message())
            .find("a.yaml:5:42: dataset.include: expected at least one video id, got an empty "
                  "list; to take every video leave `include` out") == 0);
  CHECK(sandbox.errors("method: none\n", {"dataset.include=[]"})
            .find("--set:1:17: dataset.include: expected at least one video id") == 0);
  CHECK(sandbox.load(head + "dataset: {manifest: clips.json, exclude: [], expected_failures: []}\n")
            .is_ok());
}

TEST_CASE("a series is named as strictly as a run, and the message stands at its name") {
  const Sandbox sandbox;
  const auto error_of = [&](const std::string& name) {
    return sandbox.errors("method: none\n", {"series.name=" + name});
  };
  CHECK(error_of("a b") ==
        "--set:1:13: series.name: 'a b' cannot name a series because of ' ': letters, digits and "
        ". _ + = , : - are allowed, the first a letter or digit\n"
        "    series.name=a b\n"
        "                ^");
  CHECK(error_of("a/b").find("cannot name a series because of '/'") != std::string::npos);
  CHECK(error_of("..").find("cannot name a series because of '.'") != std::string::npos);
  CHECK(error_of("-x").find("cannot name a series because of '-'") != std::string::npos);
  CHECK(error_of("a*").find("cannot name a series because of '*'") != std::string::npos);
  CHECK(error_of("\"a\\nb\"").find("'a\\x0ab' cannot name a series because of '\\x0a':") !=
        std::string::npos);
  CHECK(error_of("gr\xC3\xBC\xC3\x9F").find("because of '\xC3\xBC':") != std::string::npos);
  CHECK(error_of(std::string(121, 'a')).find("has 121 characters, more than 120") !=
        std::string::npos);
  CHECK(sandbox.plan("method: none\n", {"series.name=" + std::string(120, 'a')}).runs.size() == 1);
  CHECK(sandbox.errors("method: none\nruns: [{id: \xE2\x82\xAC}]\n")
            .find("cannot name a run because of '\xE2\x82\xAC':") != std::string::npos);
}

TEST_CASE("the demo with random damage loads or is refused with a message, never a crash") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const Sandbox sandbox;
  const auto demo = cox::read_file(std::string(COX_SOURCE_DIR) + "/sweeps/demo.yaml");
  REQUIRE(demo.is_ok());
  const std::string marks = ":{}[]-#\"'&*!|>,? \n\t0a";
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    std::string text = *demo;
    for (auto edits = 1 + random() % 4; edits > 0; --edits) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = marks[random() % marks.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 40));
          break;
      }
    }
    sandbox.write("damaged.yaml", text);
    const auto plan = cox::sweep::load_sweep_without_inputs(sandbox.path("damaged.yaml"));
    if (plan.is_ok()) continue;
    ++refused;
    INFO(text);
    REQUIRE_FALSE(plan.status().message().empty());
  }
  CHECK(refused > 0);
}
