#pragma once

namespace cox::cli {

/// Opens standard streams that the caller closed, as cron and launchers do, before any file can
/// take their numbers: a message would overwrite a database otherwise. What was closed accepts no
/// output, so that a table with nowhere to go is an error. Also makes a file size limit (`ulimit
/// -f`) an error of the write instead of a signal. Call it first in main.
void prepare_process();

}  // namespace cox::cli
