#include "clients/cli/plot.h"

#include <algorithm>
#include <cmath>

namespace mentorlog::cli {
namespace {

constexpr std::size_t kLabel = 6;

std::string Label(std::size_t row, std::size_t height) {
  const auto percent = (height - 1 - row) * 100 / (height - 1);
  auto text = std::to_string(percent) + " %";
  return std::string(kLabel - std::min(kLabel, text.size()), ' ') + text;
}

}  // namespace

std::vector<std::string> PlotSteps(const std::vector<CurvePoint>& curve, std::size_t width, std::size_t height) {
  const std::size_t columns = width - kLabel - 2;
  const std::uint32_t end = curve.empty() ? 1 : std::max<std::uint32_t>(1, curve.back().x);
  std::vector<std::string> lines;
  for (std::size_t row = 0; row < height; ++row) lines.push_back(Label(row, height) + " |" + std::string(columns, ' '));
  std::size_t next = 0;
  double y = 1;
  for (std::size_t column = 0; column < columns; ++column) {
    // The last step at or before this column's right edge.
    while (next < curve.size() &&
           static_cast<std::uint64_t>(curve[next].x) * columns <= static_cast<std::uint64_t>(end) * (column + 1)) {
      y = curve[next++].y;
    }
    const auto above = std::lround((1 - std::clamp(y, 0.0, 1.0)) * static_cast<double>(height - 1));
    lines[static_cast<std::size_t>(above)][kLabel + 2 + column] = '*';
  }
  lines.push_back(std::string(kLabel, ' ') + " +" + std::string(columns, '-'));
  const auto last = std::to_string(end) + " days";
  lines.push_back(std::string(kLabel + 2, ' ') + "0" +
                  std::string(columns - 1 - std::min(columns - 1, last.size()), ' ') + last);
  return lines;
}

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    if (end > begin) words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace mentorlog::cli
