#include <catch2/catch.hpp>
#include <filesystem>

#include "coordinator/web/export/export_page.h"
#include "coordinator/web/export/inline_text.h"
#include "engine/video/write.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using test::StudyDatabase;

namespace {

constexpr const char* kHostile = "<script>alert(1)</script>\u202E";

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

/// Runs `none` and `better` on four items, one with a hostile name; `better` gains most on `c`.
class ExportStudy {
 public:
  ExportStudy() {
    std::vector<video::RgbImage> frames(2, video::RgbImage(32, 32));
    COX_CHECK(video::write_video(folder_ / "clip.mkv", frames, {}).is_ok(), "a clip of a test");
    study_.submit("s",
                  {{"none", "none", R"({"replicate":0,"seed":1})"},
                   {"better", "lora", R"({"lr":0.1,"replicate":0,"seed":1})"}},
                  {"a", "b", "c", kHostile});
    study_.run([this](const std::string& run, const std::string& video) -> StudyDatabase::Outcome {
      JobOutput output = test::scored(run == "none" ? 20 : video == "c" ? 23 : 20.5, 0.5);
      output.metrics[0].per_frame = {20, 21};
      output.generated_path = folder_ / "clip.mkv";
      output.reference_path = folder_ / "clip.mkv";
      return output;
    });
  }

  Result<web::ExportedPage> page(const web::ClipChoice& clips = {}) {
    web::PlayableVideos videos(folder_ / "playable");
    return web::export_page(study_.query(), "s", {{}, clips}, videos);
  }

 private:
  test::TemporaryDirectory folder_;
  StudyDatabase study_;
};

}  // namespace

TEST_CASE("base64 is RFC 4648's", "[web]") {
  CHECK(web::base64("") == "");
  CHECK(web::base64("f") == "Zg==");
  CHECK(web::base64("fo") == "Zm8=");
  CHECK(web::base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("an inline script is allowed by its digest", "[web]") {
  // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
  CHECK(web::inline_source("alert(1)") == "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='");
}

TEST_CASE("joined modules have no imports left", "[web]") {
  const std::string script = web::joined_modules({"dom.js", "player.js", "export.js"});
  CHECK(script.find("\nimport ") == std::string::npos);
  CHECK(script.find("\nexport ") == std::string::npos);
  CHECK(script.find("function players(") != std::string::npos);
}

TEST_CASE("an exported page holds figures, tables and clips, and asks for nothing else", "[web]") {
  ExportStudy study;
  const auto page = study.page();
  INFO(page.status());
  REQUIRE(page.is_ok());
  CHECK(page->notes.empty());
  CHECK(count(page->html, "<svg ") >= 4);
  CHECK(count(page->html, "class=\"clip\"") == 3);
  CHECK(count(page->html, "data:video/mp4;base64,") == 9);
  CHECK(page->html.find("better gains most here: +3.00 dB") != std::string::npos);
  CHECK(page->html.find("http://") == page->html.find("http://www.w3.org/2000/svg"));
  CHECK(page->html.find("src=\"/") == std::string::npos);
  CHECK(page->html.find("default-src 'none'") != std::string::npos);
}

TEST_CASE("hostile names stay text in an exported page", "[web]") {
  ExportStudy study;
  const auto page = study.page({.items = {kHostile}});
  INFO(page.status());
  REQUIRE(page.is_ok());
  CHECK(page->html.find("<script>alert") == std::string::npos);
  CHECK(page->html.find("&lt;script&gt;alert(1)&lt;/script&gt;\\u202e") != std::string::npos);
}

TEST_CASE("clips beyond the bound are left out with a note, or refused when named", "[web]") {
  ExportStudy study;
  const auto page = study.page({.most_bytes = 10});
  REQUIRE(page.is_ok());
  CHECK(page->notes.size() == 3);
  CHECK(page->html.find("is left out") != std::string::npos);
  CHECK(count(page->html, "class=\"clip\"") == 0);
  const auto named = study.page({.items = {"a"}, .most_bytes = 10});
  CHECK(named.status().code() == StatusCode::kInvalidArgument);
  CHECK(named.status().message().find("--max-mb") != std::string::npos);
}

TEST_CASE("an item or run that does not exist is told", "[web]") {
  ExportStudy study;
  CHECK(study.page({.items = {"zz"}}).status().code() == StatusCode::kNotFound);
  CHECK(study.page({.runs = {"zz"}}).status().code() == StatusCode::kNotFound);
}
