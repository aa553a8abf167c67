#include "coordinator/web/web_server.h"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>

#include "base/abandon.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/figures/draw.h"
#include "coordinator/web/document_cache.h"
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
/// A document is of a version that was the newest at most so long ago.
constexpr std::chrono::milliseconds kVersionAge{100};
/// The listening thread is up within milliseconds.
constexpr std::chrono::seconds kMaxStart{10};
constexpr std::chrono::milliseconds kStartPoll{1};
constexpr std::uint64_t kMaxVideoBytes = 512'000'000;
constexpr std::string_view kScheme = "http://";
constexpr int kStillComputing = 202;  ///< the page asks again

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

int http_status(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalidArgument:
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kPermissionDenied:
      return 403;
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

void answer(const Result<OrderedJson>& document, httplib::Response& response) {
  if (!document.is_ok()) return answer_error(document.status(), response);
  response.set_content(report::json_line(*document), "application/json");
}

/// A document of the page. Those that read many rows are kept: see DocumentCache.
struct View {
  Result<OrderedJson> (*view)(const report::Query&, const Request&);
  bool is_kept = false;
};

const std::map<std::string, View>& views() {
  static const std::map<std::string, View> kViews = {
      {"series-list", {series_list, true}},
      {"series", {series_view, true}},
      {"series-summary", {series_summary}},
      {"run", {run_view, true}},
      {"compare", {compare_view, true}},
      {"item", {item_view, true}},
      {"queue", {queue_view, true}},
      {"failures", {failures_view}},
      {"query", {query_view}},
  };
  return kViews;
}

/// Number of the newest event; 0 without any.
Result<std::int64_t> newest_event(const report::Query& query) {
  COX_ASSIGN_OR_RETURN(const report::Table table,
                       query("SELECT coalesce(max(sequence), 0) AS sequence FROM"
                             " (SELECT sequence FROM v_journal ORDER BY sequence DESC LIMIT 1)"));
  return report::RowReader(table, 0).integer("sequence");
}

struct ResultVideo {
  std::string path;
  std::int64_t scored_frames = 0;
};

/// A job's generated or reference video, from the database: no request names a file.
Result<ResultVideo> result_video(const report::Query& query, const std::string& job,
                                 const std::string& which) {
  COX_ASSIGN_OR_RETURN(
      const report::Table table,
      query(fmt::format(
          "SELECT {}_path AS path, scored_frames FROM v_results WHERE job_digest = {} LIMIT 1",
          which, report::sql_text(job))));
  if (table.rows.empty()) return not_found(fmt::format("no result of job '{}'", job));
  const report::RowReader row(table, 0);
  ResultVideo video{row.text("path"), row.integer("scored_frames")};
  if (video.path.empty()) return not_found(fmt::format("job '{}' kept no {} video", job, which));
  return video;
}

}  // namespace

/// The number of the newest event, read once for many pages.
class NewestEvent {
 public:
  explicit NewestEvent(report::Query query) : query_(std::move(query)) {}

  /// As it was at most `age` ago.
  Result<std::int64_t> number(std::chrono::milliseconds age) {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (!read_ || now - *read_ > age) {
      known_ = newest_event(query_);
      read_ = now;
    }
    return known_;
  }

  /// The next call reads it: something was changed.
  void forget() {
    const std::lock_guard lock(mutex_);
    read_.reset();
  }

 private:
  report::Query query_;
  std::mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> read_;
  Result<std::int64_t> known_ = std::int64_t{0};
};

struct WebServer::State {
  State(WebOptions web_options, report::Query results)
      : options(std::move(web_options)),
        query(abandonable(std::move(results))),
        newest(query),
        videos(options.cache_folder),
        access(options.open_role, options.role_of_token) {}

  /// The same, ended when the server stops.
  report::Query abandonable(report::Query asked) const {
    const std::string source = asked.source();
    return {[asked = std::move(asked), stop = abandon.get_token()](const std::string& sql) {
              const MayBeAbandoned may_be_abandoned(stop);
              return asked(sql);
            },
            source};
  }
  void define_routes();
  void define_reading();
  void define_changing();
  Role role_of(const httplib::Request& request) const;
  Status check_change(const httplib::Request& request) const;
  httplib::Server::Handler reading(void (State::*serve)(const httplib::Request&,
                                                        httplib::Response&));
  void serve_session(const httplib::Request& request, httplib::Response& response) const;
  void serve_login(const httplib::Request& request, httplib::Response& response);
  void serve_change(const httplib::Request& request, httplib::Response& response);
  void serve_view(const httplib::Request& request, httplib::Response& response);
  void serve_file(const httplib::Request& request, httplib::Response& response) const;
  void serve_figure(const httplib::Request& request, httplib::Response& response);
  void serve_video(const httplib::Request& request, httplib::Response& response);
  void serve_events(const httplib::Request& request, httplib::Response& response);
  bool sleep(std::chrono::milliseconds duration);

  WebOptions options;
  std::stop_source abandon;
  report::Query query;
  NewestEvent newest;
  PlayableVideos videos;
  DocumentCache documents;
  Access access;
  std::mutex changing;  ///< held by the one change that is made
  std::set<std::string> hosts;
  std::string cookie;  ///< its name: browsers share cookies between the ports of a host
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

Role WebServer::State::role_of(const httplib::Request& request) const {
  return access.role_of(cookie_in(request.get_header_value("Cookie"), cookie));
}

/// A handler that answers only who may read.
httplib::Server::Handler WebServer::State::reading(void (State::*serve)(const httplib::Request&,
                                                                        httplib::Response&)) {
  return [this, serve](const httplib::Request& request, httplib::Response& response) {
    if (role_of(request) == Role::kNone) {
      return answer_error({StatusCode::kUnauthenticated, "log in with a token first"}, response);
    }
    (this->*serve)(request, response);
  };
}

/// Describes the page's user to the page. Only this origin can read the answer.
void WebServer::State::serve_session(const httplib::Request& request,
                                     httplib::Response& response) const {
  const Role role = role_of(request);
  const bool may_change = role == Role::kSubmit && options.change;
  response.set_content(
      report::json_line({{"role", role_name(role)},
                         {"login", access.has_login()},
                         {"may_change", may_change},
                         {"plan", static_cast<bool>(options.plan)},
                         {"token", may_change ? access.page_token() : std::string()}}),
      "application/json");
}

void WebServer::State::serve_login(const httplib::Request& request, httplib::Response& response) {
  const auto body = OrderedJson::parse(request.body, nullptr, false);
  const bool is_login = body.is_object() && body.contains("token") && body["token"].is_string();
  if (!is_login) return answer_error(invalid_argument("expected {\"token\": ...}"), response);
  const Result<std::string> secret = access.log_in(body["token"].get<std::string>());
  if (!secret.is_ok()) return answer_error(secret.status(), response);
  response.set_header("Set-Cookie",
                      fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", cookie, *secret));
  response.set_content("{}\n", "application/json");
}

/// A change must come from a page of this server, by somebody who may.
Status WebServer::State::check_change(const httplib::Request& request) const {
  const Role role = role_of(request);
  if (role != Role::kSubmit || !options.change) {
    return {StatusCode::kPermissionDenied,
            fmt::format("a change needs the role 'submit'; you have '{}'", role_name(role))};
  }
  const std::string origin = request.get_header_value("Origin");
  if (!starts_with(origin, kScheme) || !hosts.contains(origin.substr(kScheme.size()))) {
    return {StatusCode::kPermissionDenied,
            fmt::format("a change must come from a page of {}", address)};
  }
  if (!access.is_page_token(request.get_header_value("X-Cox-Token"))) {
    return {StatusCode::kPermissionDenied, "the page is older than this server; load it again"};
  }
  return Status::ok();
}

void WebServer::State::serve_change(const httplib::Request& request, httplib::Response& response) {
  const Status allowed = check_change(request);
  if (!allowed.is_ok()) return answer_error(allowed, response);
  const Result<Change> change = change_of(request.body);
  if (!change.is_ok()) return answer_error(change.status(), response);
  const std::lock_guard lock(changing);
  const Result<Changed> jobs = options.change(*change);
  newest.forget();
  if (!jobs.is_ok()) return answer_error(jobs.status(), response);
  response.set_content(report::json_line({{"changed_jobs", jobs->changed_jobs},
                                          {"untouched_jobs", jobs->untouched_jobs}}),
                       "application/json");
}

void WebServer::State::serve_view(const httplib::Request& request, httplib::Response& response) {
  const Request parameters({request.params.begin(), request.params.end()});
  if (request.matches[1].str() == "plan" && options.plan) {
    return answer(options.plan(parameters), response);
  }
  const auto view = views().find(request.matches[1].str());
  if (view == views().end()) {
    return answer_error(not_found(fmt::format("no document '{}'", request.path)), response);
  }
  if (!view->second.is_kept) {
    return answer(view->second.view(query, parameters), response);
  }
  const Result<std::int64_t> version = newest.number(kVersionAge);
  if (!version.is_ok()) return answer_error(version.status(), response);
  const DocumentCache::Answer document =
      documents.get(request.target, *version,
                    [this, parameters, run = view->second.view] { return run(query, parameters); });
  if (!document.status.is_ok()) return answer_error(document.status, response);
  if (document.kind == DocumentCache::Answer::Kind::kPending) {
    response.status = kStillComputing;
    return response.set_content("{}\n", "application/json");
  }
  if (document.kind == DocumentCache::Answer::Kind::kEarlier) {
    response.set_header("X-Cox-Stale", "1");
  }
  response.set_content(*document.body, "application/json");
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

/// A figure as `cox plot` draws it, to keep.
void WebServer::State::serve_figure(const httplib::Request& request, httplib::Response& response) {
  const Request parameters({request.params.begin(), request.params.end()});
  const Result<std::string> svg = report::draw_figure(
      query, {request.matches[1].str(), parameters.text("series"), parameters.text("metric"),
              parameters.text("baseline"), parameters.texts("run"), parameters.text("item"),
              parameters.text("rows"), parameters.text("columns")});
  if (!svg.is_ok()) return answer_error(svg.status(), response);
  response.set_content(*svg, "image/svg+xml");
}

void WebServer::State::serve_video(const httplib::Request& request, httplib::Response& response) {
  const Result<ResultVideo> source =
      result_video(query, request.matches[1].str(), request.matches[2].str());
  if (!source.is_ok()) return answer_error(source.status(), response);
  const Result<std::string> playable = videos.copy_of(source->path, source->scored_frames);
  if (!playable.is_ok()) return answer_error(playable.status(), response);
  Result<std::string> bytes = read_file(*playable, kMaxVideoBytes);
  if (!bytes.is_ok()) return answer_error(bytes.status(), response);
  response.set_content(std::move(*bytes), "video/mp4");
}

/// Server-sent events: the number of the newest event, again whenever it has changed.
void WebServer::State::serve_events(const httplib::Request& /*request*/,
                                    httplib::Response& response) {
  const auto end = std::chrono::steady_clock::now() + kStreamLife;
  auto last = std::make_shared<std::int64_t>(-1);
  response.set_chunked_content_provider(
      "text/event-stream", [this, end, last](std::size_t, httplib::DataSink& sink) {
        const Result<std::int64_t> number = newest.number(kPollInterval / 2);
        const bool moved = number.is_ok() && *number != *last;
        if (moved) *last = *number;
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
  define_reading();
  define_changing();
}

void WebServer::State::define_reading() {
  server.Get("/api/session", [this](const httplib::Request& request, httplib::Response& response) {
    serve_session(request, response);
  });
  server.Get("/api/events", reading(&State::serve_events));
  server.Get(R"(/api/([a-z-]+))", reading(&State::serve_view));
  server.Get(R"(/video/([0-9a-f]{64})/(generated|reference)\.mp4)", reading(&State::serve_video));
  server.Get(R"(/figure/([a-z-]+)\.svg)", reading(&State::serve_figure));
  server.Get(R"(/.*)", [this](const httplib::Request& request, httplib::Response& response) {
    serve_file(request, response);
  });
}

void WebServer::State::define_changing() {
  server.Post("/api/login", [this](const httplib::Request& request, httplib::Response& response) {
    serve_login(request, response);
  });
  server.Post("/api/change", [this](const httplib::Request& request, httplib::Response& response) {
    serve_change(request, response);
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
  errno = 0;
  const bool bound = port == 0 ? (port = state->server.bind_to_any_port(options.host)) > 0
                               : state->server.bind_to_port(options.host, port);
  const int error = errno;
  if (!bound) {
    const std::string why = error == 0 ? "no such address" : std::strerror(error);
    return unavailable(fmt::format("cannot listen on {}:{}: {}; choose another port", options.host,
                                   options.port, why));
  }
  state->hosts = host_names(options.host == "::1" ? "[::1]" : options.host, port);
  state->cookie = fmt::format("cox_session_{}", port);
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
  state_->abandon.request_stop();
  state_->changed.notify_all();
  state_->server.stop();
}

const std::string& WebServer::address() const { return state_->address; }

}  // namespace cox::web
