#include <fmt/format.h>

#include "base/text.h"
#include "coordinator/cluster/devices.h"
#include "coordinator/cluster/hosts.h"
#include "coordinator/cluster/shell.h"

namespace cox::cluster {

namespace {

/// A process belongs to a name when its command line holds the name: process ids come round again.
constexpr const char* kTools = R"sh(tell() { printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }
pid_of() {
  local pid
  pid=$(cat "$folder/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -e "$1" && echo "$pid"
}
last_words() { tail -n 1 "$folder/$1.log" 2>/dev/null | cut -c 1-300 | tr '\t' ' '; }
drain() {
  local name pid
  for name in "${names[@]}"; do
    if pid=$(pid_of "$name"); then kill -TERM "$pid"; fi
  done
  local deadline=$(($(date +%s) + patience))
  for name in "${names[@]}"; do
    while pid_of "$name" >/dev/null && [ "$(date +%s)" -lt "$deadline" ]; do sleep 0.1; done
  done
}
health() {
  [ "$health_port" -gt 0 ] || return
  { printf 'GET /health HTTP/1.0\r\n\r\n' >&3 && timeout 5 cat <&3; } \
    2>/dev/null 3<>"/dev/tcp/127.0.0.1/$((health_port + $1))" |
    grep -o '"state":"[a-z]*"' | cut -d '"' -f 4 | grep . || echo 'no answer'
}
show() {
  local i name pid is
  for i in "${!names[@]}"; do
    name=${names[$i]}
    if pid=$(pid_of "$name"); then
      is=$(health "$i")
      tell "$name" "$1" "process $pid${is:+, $is}"
    else tell "$name" stopped "$(last_words "$name")"
    fi
  done
}
)sh";

/// A start is reported after a second: a worker with invalid options has exited by then.
constexpr const char* kUp = R"sh(up() {
  local i name pid before=()
  for i in "${!names[@]}"; do
    name=${names[$i]}
    before[$i]=$(pid_of "$name") || start "$name" "$i"
  done
  sleep 1
  for i in "${!names[@]}"; do
    name=${names[$i]}
    if ! pid=$(pid_of "$name"); then tell "$name" failed "$(last_words "$name")"
    elif [ -n "${before[$i]}" ]; then tell "$name" running "process $pid"
    else tell "$name" started "process $pid"; fi
  done
}
)sh";

std::string start_function(const HostsFile& file, const Host& host) {
  std::vector<std::string> words = {file.worker};
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {name, value});
  };
  add("--coordinator", file.coordinator);
  add("--ca-file", file.ca_file);
  add("--token-file", file.token_file);
  if (host.gpus == 0) add("--device", "cpu");
  words.insert(words.end(), file.worker_options.begin(), file.worker_options.end());
  return fmt::format(
      "start() {{\n  setsid nohup {} --out \"$out\" --name \"$1\"{}{} </dev/null "
      ">>\"$folder/$1.log\" 2>&1 &\n  echo \"$!\" >\"$folder/$1.pid\"\n}}\n",
      shell_line(words), host.gpus > 0 ? R"( --device "${devices[$2]}")" : "",
      file.health_port > 0 ? R"sh( --health "127.0.0.1:$((health_port + $2))")sh" : "");
}

const char* act_text(HostAct act) {
  switch (act) {
    case HostAct::kUp:
      return "up\n";
    case HostAct::kRestart:
      return "drain\nup\n";
    case HostAct::kDown:
      return "drain\nshow draining\n";
    case HostAct::kStatus:
      return "show running\n";
    case HostAct::kLogs:
      return R"sh(for name in "${names[@]}"; do
  echo "==> $name <=="
  tail -n 1000 "$folder/$name.log" 2>/dev/null
done
)sh";
  }
  return "";
}

}  // namespace

std::string host_script(const HostsFile& file, const Host& host, HostAct act,
                        std::chrono::seconds patience) {
  std::string text = "set -u\nunset COX_COORDINATOR COX_CA_FILE COX_TOKEN COX_DB\n";
  text += fmt::format("out={}\nfolder=\"$out/hosts\"\npatience={}\n", shell_quoted(file.out),
                      patience.count());
  text += "mkdir -p \"$folder\" || exit 1\n";
  text += fmt::format("names=({})\nhealth_port={}\n", shell_line(worker_names(file, host)),
                      file.health_port);
  if (host.gpus > 0) {
    text +=
        fmt::format("devices=({})\n", join(devices_of_workers(host.gpus, file.gpus_per_job), " "));
  }
  text += kTools;
  text += start_function(file, host);
  return text + kUp + act_text(act);
}

}  // namespace cox::cluster
