#include <httplib.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "coordinator/web/web_server.h"

using namespace cox;
using nlohmann::json;

namespace {

constexpr const char* kPause = R"({"verb": "pause", "series": "s"})";

/// A server over no results whose changes are written down.
class ChangedServer {
 public:
  explicit ChangedServer(web::WebOptions options = {}) {
    options.port = 0;
    options.change = [this](const web::Change& change) -> Result<web::Changed> {
      if (change.series == "missing") return not_found("no series 'missing'");
      changes.push_back(change);
      return web::Changed{3, 1};
    };
    server_ =
        web::WebServer::start(
            options,
            report::Query(
                [](const std::string&) {
                  return Result<report::Table>(report::Table{{"sequence"}, {{std::int64_t{0}}}});
                },
                "nothing"))
            .value();
  }

  /// `http://127.0.0.1:PORT`
  std::string origin() const { return server_->address().substr(0, server_->address().size() - 1); }
  json session(const httplib::Headers& headers = {}) const {
    return json::parse(httplib::Client(origin()).Get("/api/session", headers)->body);
  }
  int change(const httplib::Headers& headers, const std::string& body = kPause) const {
    return httplib::Client(origin()).Post("/api/change", headers, body, "application/json")->status;
  }
  httplib::Headers page() const {
    return {{"Origin", origin()}, {"X-Cox-Token", session()["token"].get<std::string>()}};
  }

  std::vector<web::Change> changes;

 private:
  std::unique_ptr<web::WebServer> server_;
};

web::WebOptions with_tokens() {
  web::WebOptions options;
  options.role_of_token = [](const std::string& token) {
    return token == "submitting" ? web::Role::kSubmit
           : token == "reading"  ? web::Role::kRead
                                 : web::Role::kNone;
  };
  return options;
}

/// The Cookie header of a login, without attributes.
std::string cookie_of(const ChangedServer& server, const std::string& token) {
  const auto reply = httplib::Client(server.origin())
                         .Post("/api/login", json{{"token", token}}.dump(), "application/json");
  REQUIRE(reply->status == 200);
  const std::string cookie = reply->get_header_value("Set-Cookie");
  CHECK(cookie.find("HttpOnly") != std::string::npos);
  CHECK(cookie.find("SameSite=Strict") != std::string::npos);
  return cookie.substr(0, cookie.find(';'));
}

}  // namespace

TEST_CASE("a page of this server with the submit role changes jobs", "[web]") {
  ChangedServer server({.cache_folder = "", .open_role = web::Role::kSubmit});
  CHECK(server.session()["may_change"] == true);
  CHECK(server.change(server.page()) == 200);
  REQUIRE(server.changes.size() == 1);
  CHECK(server.changes[0].series == "s");
  CHECK(server.change(server.page(), R"({"verb": "pause", "series": "missing"})") == 404);
  CHECK(server.change(server.page(), R"({"verb": "pause"})") == 400);
}

TEST_CASE("without the page's token, its origin or the role nothing is changed", "[web]") {
  ChangedServer server({.cache_folder = "", .open_role = web::Role::kSubmit});
  const std::string token = server.session()["token"];
  CHECK(server.change({}) == 403);
  CHECK(server.change({{"Origin", server.origin()}}) == 403);
  CHECK(server.change({{"X-Cox-Token", token}}) == 403);
  CHECK(server.change({{"Origin", "http://attacker.example"}, {"X-Cox-Token", token}}) == 403);
  CHECK(server.change({{"Origin", "null"}, {"X-Cox-Token", token}}) == 403);
  CHECK(server.change({{"Origin", server.origin()}, {"X-Cox-Token", token + "0"}}) == 403);
  CHECK(server.change(
            {{"Host", "attacker.example"}, {"Origin", server.origin()}, {"X-Cox-Token", token}}) ==
        421);
  CHECK(server.changes.empty());

  ChangedServer reader({.cache_folder = "", .open_role = web::Role::kRead});
  CHECK(reader.session()["may_change"] == false);
  CHECK(reader.session()["token"] == "");
  CHECK(reader.change({{"Origin", reader.origin()}, {"X-Cox-Token", ""}}) == 403);
  CHECK(reader.changes.empty());
}

TEST_CASE("with tokens nothing is read or changed before a login", "[web]") {
  ChangedServer server(with_tokens());
  httplib::Client client(server.origin());
  for (const char* path : {"/api/series-list", "/api/events", "/figure/cost.svg?series=s",
                           "/api/query?sql=SELECT+1"}) {
    INFO(path);
    CHECK(client.Get(path)->status == 401);
  }
  const std::string video = "/video/" + std::string(64, '0') + "/generated.mp4";
  CHECK(client.Get(video)->status == 401);
  CHECK(client.Get("/")->status == 200);
  CHECK(server.change(server.page()) == 403);
  CHECK(client.Post("/api/login", R"({"token": "guessed"})", "application/json")->status == 401);
  CHECK(client.Post("/api/login", "token=submitting", "text/plain")->status == 400);
  CHECK(server.changes.empty());
}

TEST_CASE("a login has the role of its token", "[web]") {
  ChangedServer server(with_tokens());
  const httplib::Headers reads = {{"Cookie", cookie_of(server, "reading")}};
  CHECK(server.session(reads)["role"] == "read");
  CHECK(server.session(reads)["token"] == "");
  httplib::Headers submits = {{"Cookie", cookie_of(server, "submitting")}};
  const std::string token = server.session(submits)["token"];
  submits.emplace("Origin", server.origin());
  submits.emplace("X-Cox-Token", token);
  CHECK(server.change(submits) == 200);
  httplib::Headers stolen = reads;
  stolen.emplace("Origin", server.origin());
  stolen.emplace("X-Cox-Token", token);
  CHECK(server.change(stolen) == 403);
  CHECK(server.changes.size() == 1);
}
