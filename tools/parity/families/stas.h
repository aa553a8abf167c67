#pragma once

#include "tools/parity/parity_job.h"

namespace cox::engine {

// Ops on hidden states alone: every family beside LongCat-Video has them, and none differs.
void parity_stas(ParityJob& job);
void parity_stas_profile(ParityJob& job);

}  // namespace cox::engine
