// clients/cli/plot.h: a curve in the terminal. Pure.
#ifndef MENTORLOG_CLIENTS_CLI_PLOT_H_
#define MENTORLOG_CLIENTS_CLI_PLOT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mentorlog::cli {

struct CurvePoint {
  std::uint32_t x = 0;
  // 0 to 1.
  double y = 0;
};

// A falling step curve that begins at (0, 1), with its axes: `height` lines of at most `width` columns, and two of
// axis.
std::vector<std::string> PlotSteps(const std::vector<CurvePoint>& curve, std::size_t width, std::size_t height);

// `a,b` -> a and b; empty pieces are left out.
std::vector<std::string> SplitWords(std::string_view text);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_PLOT_H_
