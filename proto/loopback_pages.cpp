#include "proto/loopback_pages.h"

#include <fmt/format.h>
#include <httplib.h>

#include <charconv>
#include <thread>
#include <utility>

namespace cox {

namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kMostRequestBytes = 4'000;
constexpr std::chrono::seconds kMaxStart{10};
constexpr std::chrono::milliseconds kStartPoll{1};

struct Place {
  std::string host;
  int port = 0;
};

Result<Place> place_of(const std::string& option, const std::string& address) {
  const std::size_t colon = address.rfind(':');
  Place place;
  const char* const end = address.data() + address.size();
  bool is_port = false;
  if (colon != std::string::npos) {
    place.host = address.substr(0, colon);
    const auto [stop, error] = std::from_chars(address.data() + colon + 1, end, place.port);
    is_port = error == std::errc{} && stop == end && place.port >= 0 && place.port <= 65'535;
  }
  const bool is_loopback =
      place.host == "127.0.0.1" || place.host == "localhost" || place.host == "[::1]";
  if (is_port && is_loopback) return place;
  return invalid_argument(
      fmt::format("{} '{}': expected 127.0.0.1:PORT, [::1]:PORT or localhost:PORT. It has neither "
                  "TLS nor tokens: for a reader elsewhere, run an agent here or use ssh -L",
                  option, address));
}

std::string bare(const std::string& host) { return host == "[::1]" ? "::1" : host; }

}  // namespace

struct LoopbackPages::State {
  std::string address;
  httplib::Server server;
  std::jthread thread;
};

Status LoopbackPages::check(const std::string& option, const std::string& address) {
  return place_of(option, address).status();
}

Result<std::unique_ptr<LoopbackPages>> LoopbackPages::start(const std::string& option,
                                                            const std::string& address,
                                                            Pages pages) {
  COX_ASSIGN_OR_RETURN(Place place, place_of(option, address));
  auto state = std::make_unique<State>();
  httplib::Server& server = state->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  // Without httplib's SO_REUSEPORT: a port that another program listens on is in use.
  server.set_socket_options([](int socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  server.set_payload_max_length(kMostRequestBytes);
  for (auto& [path, answer] : pages) {
    server.Get(path,
               [answer = std::move(answer)](const httplib::Request&, httplib::Response& response) {
                 const LoopbackPage page = answer();
                 response.status = page.http_status;
                 response.set_content(page.body, page.type);
               });
  }
  const bool bound = place.port == 0 ? (place.port = server.bind_to_any_port(bare(place.host))) > 0
                                     : server.bind_to_port(bare(place.host), place.port);
  if (!bound) {
    return unavailable(fmt::format("{}: cannot listen on {}:{}; is it in use? Choose another port",
                                   option, place.host, place.port));
  }
  state->address = fmt::format("http://{}:{}", place.host, place.port);
  state->thread = std::jthread([&server] { server.listen_after_bind(); });
  // Until it runs, httplib ignores a stop, and the destructor would wait for the thread forever.
  const auto give_up = std::chrono::steady_clock::now() + kMaxStart;
  while (!server.is_running()) {
    if (std::chrono::steady_clock::now() > give_up) {
      return unavailable(
          fmt::format("{} did not start to listen within {} s", state->address, kMaxStart.count()));
    }
    std::this_thread::sleep_for(kStartPoll);
  }
  return std::unique_ptr<LoopbackPages>(new LoopbackPages(std::move(state)));
}

LoopbackPages::LoopbackPages(std::unique_ptr<State> state) : state_(std::move(state)) {}

LoopbackPages::~LoopbackPages() { state_->server.stop(); }

const std::string& LoopbackPages::address() const { return state_->address; }

}  // namespace cox
