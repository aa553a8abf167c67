#pragma once

#include "record/field.h"

namespace cox {

/// Wall seconds of each stage of a job, counted separately. Stages that did not run are 0. A stage
/// whose work was shared has the measured time that it would have taken for this job by itself.
struct StageTimings {
  double load_model_s = 0;
  double decode_s = 0;
  double encode_s = 0;
  double train_s = 0;
  double early_stop_s = 0;
  double generate_s = 0;
  double latent_decode_s = 0;
  double metrics_s = 0;
  double write_s = 0;
  double alone_s = 0;
  double spent_s = 0;

  bool operator==(const StageTimings&) const = default;

  static constexpr auto fields() {
    using S = StageTimings;
    return std::tuple{
        Field{"load_model_s", "s", "Loading the model; 0 when it was in memory.", &S::load_model_s},
        Field{"decode_s", "s", "From video file to pixels, resize included.", &S::decode_s},
        Field{"encode_s", "s", "VAE and text encoder.", &S::encode_s},
        Field{"train_s", "s", "Optimizer steps, without early-stop checks.", &S::train_s},
        Field{"early_stop_s", "s", "Early-stop checks.", &S::early_stop_s},
        Field{"generate_s", "s", "Prefill and sampling.", &S::generate_s},
        Field{"latent_decode_s", "s", "From latents to pixels.", &S::latent_decode_s},
        Field{"metrics_s", "s", "Measuring.", &S::metrics_s},
        Field{"write_s", "s", "Writing video files.", &S::write_s},
        Field{"alone_s", "s", "The whole job by itself, shared work included.", &S::alone_s},
        Field{"spent_s", "s", "What was spent on the job, after what others had computed for it.",
              &S::spent_s},
    };
  }
};

}  // namespace cox
