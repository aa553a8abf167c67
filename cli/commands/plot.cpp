#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output/drawing.h"
#include "cli/sources/query.h"
#include "coordinator/report/figures/draw.h"

namespace cox::cli {

namespace {

class Plot final : public Command {
 public:
  CommandText text() const override {
    return {.name = "plot",
            .summary = "Draw a figure of a series for a paper, as SVG, PNG or PDF",
            .examples =
                "cox plot differences demo -o differences.pdf\n"
                "cox plot items demo --run lora --metric ssim -o lora.svg\n"
                "cox plot heat rates --rows lr --columns steps -o rates.png\n"
                "cox plot frames demo --item motion_1 --run none --run lora -o frames.svg"};
  }

  void declare(CLI::App& app) override {
    app.add_option("KIND", request_.kind, kinds_text())->required()->type_name("");
    app.add_option("SERIES", request_.series, "Series")->required()->type_name("");
    app.add_option("-o,--out", out_, "File to write: NAME.svg, NAME.png or NAME.pdf")
        ->required()
        ->check(not_empty)
        ->type_name("FILE");
    app.add_option("--metric", request_.metric, "Metric (default psnr, or the first measured)")
        ->type_name("NAME");
    app.add_option("--baseline", request_.baseline,
                   "RUN or SERIES/RUN; replaces the sweep's baseline")
        ->type_name("RUN");
    app.add_option("--run", request_.runs, "Run to show; repeatable")
        ->type_name("RUN")
        ->allow_extra_args(false);
    app.add_option("--item", request_.item, "Item of frames, loss and early-stop")
        ->type_name("ITEM");
    app.add_option("--rows", request_.rows, "Factor in the rows of a heat map")->type_name("NAME");
    app.add_option("--columns", request_.columns, "Factor in its columns")->type_name("NAME");
    source_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const ImageFormat format, image_format_of(out_));
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source_));
    COX_ASSIGN_OR_RETURN(const std::string svg, report::draw_figure(query, request_));
    COX_ASSIGN_OR_RETURN(const std::string bytes, drawn(svg, format));
    COX_RETURN_IF_ERROR(of_surroundings(write_file_atomically(out_, bytes)));
    session.say(fmt::format("wrote {}", out_));
    return kExitOk;
  }

 private:
  static std::string kinds_text() {
    std::vector<std::string> kinds;
    for (const report::FigureKind& kind : report::figure_kinds()) {
      kinds.push_back(fmt::format("{} ({})", kind.name, kind.summary));
    }
    return fmt::format("What to draw: {}", join(kinds, "; "));
  }

  report::FigureRequest request_;
  std::string out_;
  SourceOptions source_;
};

}  // namespace

CommandPtr make_plot() { return std::make_unique<Plot>(); }

}  // namespace cox::cli
