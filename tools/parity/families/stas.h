#pragma once

#include "tools/parity/parity_job.h"

namespace cox::engine {

// Ops on hidden states only; all families except LongCat-Video have the same ones.
void parity_stas(ParityJob& job);
void parity_stas_profile(ParityJob& job);

}  // namespace cox::engine
