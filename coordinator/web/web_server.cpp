#include "coordinator/web/web_server.h"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/web/page_files.h"
#include "coordinator/web/playable_video.h"
#include "coordinator/web/views.h"

namespace cox::web {

namespace {

/// An open page holds one thread for its event stream.
constexpr std::size_t kThreads = 96;
constexpr std::size_t kMaxRequestBytes = 256'000;
/// A stream ends after so long, and the page opens the next: a page that is gone is noticed then.
constexpr std::chrono::seconds kStreamLife{60};
constexpr std::chrono::milliseconds kPollInterval{1000};
/// The listening thread is up within milliseconds.
constexpr std::chrono::seconds kMaxStart{10};
constexpr std::chrono::milliseconds kStartPoll{1};
constexpr std::uint64_t kMaxVideoBytes = 512'000'000;

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

int http_status(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalidArgument:
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kFailedPrecondition:
      return 409;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

void answer_error(const Status& status, httplib::Response& response) {
  response.status = http_status(status.code());
  response.set_content(report::json_line({{"error", status.message()}}), "application/json");
}

/// The names under which a browser may know a loopback server.
std::set<std::string> host_names(const std::string& host, int port) {
  std::set<std::string> names;
  for (const std::string& name :
       {host, std::string("localhost"), std::string("127.0.0.1"), std::string("[::1]")}) {
    names.insert(fmt::format("{}:{}", name, port));
  }
  return names;
}

using View = Result<OrderedJson> (*)(const report::Query&, const Request&);

const std::map<std::string, View>& views() {
  static const std::map<std::string, View> kViews = {
      {"series-list", series_list}, {"series", series_view}, {"run", run_view},
      {"compare", compare_view},    {"item", item_view},     {"queue", queue_view},
      {"failures", failures_view},  {"query", query_view},
  };
  return kViews;
}

/// Number of the newest event; 0 without any.
Result<std::int64_t> newest_event(const report::Query& query) {
  COX_ASSIGN_OR_RETURN(const report::Table table,
                       query("SELECT coalesce(max(sequence), 0) AS sequence FROM"
                             " (SELECT sequence FROM v_events ORDER BY sequence DESC LIMIT 1)"));
  return report::RowReader(table, 0).integer("sequence");
}

/// The path of a job's generated or reference video, from the database: no request names a file.
Result<std::string> video_path(const report::Query& query, const std::string& job,
                               const std::string& which) {
  COX_ASSIGN_OR_RETURN(
      const report::Table table,
      query(fmt::format("SELECT {}_path AS path FROM v_results WHERE job_digest = {} LIMIT 1",
                        which, report::sql_text(job))));
  if (table.rows.empty()) return not_found(fmt::format("no result of job '{}'", job));
  std::string path = report::RowReader(table, 0).text("path");
  if (path.empty()) return not_found(fmt::format("job '{}' kept no {} video", job, which));
  return path;
}

}  // namespace

struct WebServer::State {
  State(WebOptions web_options, report::Query results)
      : options(std::move(web_options)), query(std::move(results)), videos(options.cache_folder) {}

  void define_routes();
  void serve_view(const httplib::Request& request, httplib::Response& response);
  void serve_file(const httplib::Request& request, httplib::Response& response) const;
  void serve_video(const httplib::Request& request, httplib::Response& response);
  void serve_events(httplib::Response& response);
  bool sleep(std::chrono::milliseconds duration);

  WebOptions options;
  report::Query query;
  PlayableVideos videos;
  std::set<std::string> hosts;
  std::string address;
  httplib::Server server;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::jthread thread;
};

/// False when the server stops meanwhile.
bool WebServer::State::sleep(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex);
  return !changed.wait_for(lock, duration, [&] { return stopping; });
}

void WebServer::State::serve_view(const httplib::Request& request, httplib::Response& response) {
  const auto view = views().find(request.matches[1].str());
  if (view == views().end()) {
    return answer_error(not_found(fmt::format("no document '{}'", request.path)), response);
  }
  const Request parameters({request.params.begin(), request.params.end()});
  const Result<OrderedJson> document = view->second(query, parameters);
  if (!document.is_ok()) return answer_error(document.status(), response);
  response.set_content(report::json_line(*document), "application/json");
}

void WebServer::State::serve_file(const httplib::Request& request,
                                  httplib::Response& response) const {
  const std::string name = request.path == "/" ? "index.html" : request.path.substr(1);
  const auto file = page_files().find(name);
  if (file == page_files().end()) {
    return answer_error(not_found(fmt::format("no page '{}'", request.path)), response);
  }
  response.set_content(file->second.data(), file->second.size(), content_type(name).data());
}

void WebServer::State::serve_video(const httplib::Request& request, httplib::Response& response) {
  const Result<std::string> source =
      video_path(query, request.matches[1].str(), request.matches[2].str());
  if (!source.is_ok()) return answer_error(source.status(), response);
  const Result<std::string> playable = videos.copy_of(*source);
  if (!playable.is_ok()) return answer_error(playable.status(), response);
  Result<std::string> bytes = read_file(*playable, kMaxVideoBytes);
  if (!bytes.is_ok()) return answer_error(bytes.status(), response);
  response.set_content(std::move(*bytes), "video/mp4");
}

/// Server-sent events: the number of the newest event, again whenever it has changed.
void WebServer::State::serve_events(httplib::Response& response) {
  const auto end = std::chrono::steady_clock::now() + kStreamLife;
  auto last = std::make_shared<std::int64_t>(-1);
  response.set_chunked_content_provider(
      "text/event-stream", [this, end, last](std::size_t, httplib::DataSink& sink) {
        const Result<std::int64_t> newest = newest_event(query);
        const bool moved = newest.is_ok() && *newest != *last;
        if (moved) *last = *newest;
        const std::string line =
            moved ? fmt::format("data: {}\n\n", *last) : std::string(": alive\n\n");
        if (!sink.write(line.data(), line.size())) return false;
        if (!sleep(kPollInterval) || std::chrono::steady_clock::now() > end) sink.done();
        return true;
      });
}

void WebServer::State::define_routes() {
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  // Without httplib's SO_REUSEPORT: a port that another program listens on is in use.
  server.set_socket_options([](int socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  server.set_payload_max_length(kMaxRequestBytes);
  server.set_keep_alive_max_count(100);
  server.set_default_headers({{"Content-Security-Policy", kPolicy},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Cross-Origin-Resource-Policy", "same-origin"},
                              {"Cache-Control", "no-store"}});
  server.set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        if (hosts.contains(request.get_header_value("Host"))) {
          return httplib::Server::HandlerResponse::Unhandled;
        }
        answer_error(
            failed_precondition(fmt::format("this server is {}; open it by that address", address)),
            response);
        response.status = 421;
        return httplib::Server::HandlerResponse::Handled;
      });
  server.Get("/api/events", [this](const httplib::Request&, httplib::Response& response) {
    serve_events(response);
  });
  server.Get(R"(/api/([a-z-]+))",
             [this](const httplib::Request& request, httplib::Response& response) {
               serve_view(request, response);
             });
  server.Get(R"(/video/([0-9a-f]{64})/(generated|reference)\.mp4)",
             [this](const httplib::Request& request, httplib::Response& response) {
               serve_video(request, response);
             });
  server.Get(R"(/.*)", [this](const httplib::Request& request, httplib::Response& response) {
    serve_file(request, response);
  });
}

Result<std::unique_ptr<WebServer>> WebServer::start(const WebOptions& options,
                                                    report::Query query) {
  if (options.host != "127.0.0.1" && options.host != "::1" && options.host != "localhost") {
    return invalid_argument(fmt::format(
        "host '{}': expected a loopback address (127.0.0.1, ::1, localhost). From another machine: "
        "ssh -L {}:127.0.0.1:{} HOST",
        options.host, options.port, options.port));
  }
  auto state = std::make_unique<State>(options, std::move(query));
  state->define_routes();
  int port = options.port;
  const bool bound = port == 0 ? (port = state->server.bind_to_any_port(options.host)) > 0
                               : state->server.bind_to_port(options.host, port);
  if (!bound) {
    return unavailable(
        fmt::format("cannot listen on {}:{}; is it in use? Choose another with "
                    "--listen",
                    options.host, options.port));
  }
  state->hosts = host_names(options.host == "::1" ? "[::1]" : options.host, port);
  state->address =
      fmt::format("http://{}:{}/", options.host == "::1" ? "[::1]" : options.host, port);
  state->thread = std::jthread([raw = state.get()] { raw->server.listen_after_bind(); });
  // Until it runs, httplib ignores a stop, and the destructor would wait for the thread forever.
  const auto give_up = std::chrono::steady_clock::now() + kMaxStart;
  while (!state->server.is_running()) {
    if (std::chrono::steady_clock::now() > give_up) {
      return unavailable(
          fmt::format("{} did not start to listen within {} s", state->address, kMaxStart.count()));
    }
    std::this_thread::sleep_for(kStartPoll);
  }
  return std::unique_ptr<WebServer>(new WebServer(std::move(state)));
}

WebServer::WebServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

WebServer::~WebServer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  state_->server.stop();
}

const std::string& WebServer::address() const { return state_->address; }

}  // namespace cox::web
