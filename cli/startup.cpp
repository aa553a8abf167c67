#include "cli/startup.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

namespace cox::cli {

void prepare_process() {
  // The lowest free number is taken, so each closed stream gets its own.
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1) continue;
    const int mode = descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR;
    if (open("/dev/null", mode) != descriptor) _exit(1);  // nowhere to say why
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace cox::cli
