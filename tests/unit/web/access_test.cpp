#include "coordinator/web/access.h"

#include <catch2/catch.hpp>

#include "coordinator/web/change.h"

using namespace cox;
using web::Access;
using web::Role;

namespace {

Role role_of_token(const std::string& token) {
  if (token == "the token that submits") return Role::kSubmit;
  return token == "the token that reads" ? Role::kRead : Role::kNone;
}

}  // namespace

TEST_CASE("without tokens everybody has the one role", "[web]") {
  const Access access(Role::kRead, {});
  CHECK(!access.has_login());
  CHECK(access.role_of("") == Role::kRead);
  CHECK(access.role_of("anything") == Role::kRead);
}

TEST_CASE("with tokens a login gives the role of its token", "[web]") {
  Access access(Role::kSubmit, role_of_token);
  CHECK(access.has_login());
  CHECK(access.role_of("") == Role::kNone);
  CHECK(access.log_in("guessed").status().code() == StatusCode::kUnauthenticated);
  const std::string reader = access.log_in("the token that reads").value();
  const std::string submitter = access.log_in("the token that submits").value();
  CHECK(access.role_of(reader) == Role::kRead);
  CHECK(access.role_of(submitter) == Role::kSubmit);
  CHECK(access.role_of(reader + "x") == Role::kNone);
}

TEST_CASE("the oldest login is forgotten when there are too many", "[web]") {
  Access access(Role::kNone, role_of_token);
  const std::string first = access.log_in("the token that reads").value();
  for (std::size_t i = 1; i < Access::kMaxSessions; ++i) {
    REQUIRE(access.log_in("the token that reads").is_ok());
  }
  CHECK(access.role_of(first) == Role::kRead);
  REQUIRE(access.log_in("the token that reads").is_ok());
  CHECK(access.role_of(first) == Role::kNone);
}

TEST_CASE("a page's token is known, and of each server another", "[web]") {
  const Access access(Role::kRead, {});
  CHECK(access.page_token().size() == 64);
  CHECK(access.is_page_token(access.page_token()));
  CHECK(!access.is_page_token(""));
  CHECK(!access.is_page_token(Access(Role::kRead, {}).page_token()));
}

TEST_CASE("a cookie is found by its whole name", "[web]") {
  CHECK(web::cookie_in("a=1; cox_session_7=abc; b=2", "cox_session_7") == "abc");
  CHECK(web::cookie_in("xcox_session_7=abc", "cox_session_7") == "");
  CHECK(web::cookie_in("", "cox_session_7") == "");
}

TEST_CASE("a change names a verb and a target", "[web]") {
  const web::Change change =
      web::change_of(R"({"verb": "cancel", "series": "s", "run": "r"})").value();
  CHECK(change.verb == web::Change::Verb::kCancel);
  CHECK(change.series == "s");
  CHECK(change.run == "r");
  CHECK(web::change_of(R"({"verb": "retry", "job": "abc"})").value().job == "abc");
  for (const char* wrong :
       {"", "[]", R"({"verb": "pause"})", R"({"verb": "stop", "series": "s"})",
        R"({"verb": "pause", "series": "s", "job": "j"})", R"({"verb": "pause", "run": "r"})",
        R"({"verb": "pause", "series": 1})", R"({"verb": "pause", "series": "s", "all": "yes"})"}) {
    INFO(wrong);
    CHECK(web::change_of(wrong).status().code() == StatusCode::kInvalidArgument);
  }
}
