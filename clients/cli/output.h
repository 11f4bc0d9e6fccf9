// clients/cli/output.h: what the user sees: tables and sentences, or one JSON document.
//
// Colours and progress only on a terminal. Single-threaded.
#ifndef MENTORLOG_CLIENTS_CLI_OUTPUT_H_
#define MENTORLOG_CLIENTS_CLI_OUTPUT_H_

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/status.h"
#include "nlohmann/json_fwd.hpp"

namespace mentorlog::cli {

enum class Tone { kPlain, kStrong, kGood, kWarn, kBad, kFaint };

class Output {
 public:
  // `terminal`: whether `out` is one; `error_terminal` likewise for `err`. The streams outlive this.
  Output(std::ostream& out, std::ostream& err, bool json, bool terminal, bool error_terminal);

  bool json() const { return json_; }
  // One document, or with --json of a stream one per line.
  void Json(const nlohmann::ordered_json& document, bool one_line = false);
  // One line of text.
  void Line(std::string_view text);
  // Shows what was written so far, also to a pipe.
  void Flush();
  // Text in a tone, for use within a line; unchanged off a terminal.
  std::string Toned(Tone tone, std::string_view text) const;
  // Columns padded to their widest cell. The header is left out if empty.
  void Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
  // Prints why, and answers the exit code.
  int Fail(const Failure& failure);
  // A note to the person, never part of the answer.
  void Note(std::string_view text);
  // A line that is overwritten: what is being done, and how far it is. Nothing off a terminal.
  void Progress(std::string_view what, std::uint64_t done, std::uint64_t total);
  void EndProgress();

 private:
  std::ostream& out_;
  std::ostream& err_;
  const bool json_;
  const bool terminal_;
  const bool error_terminal_;
  bool progress_shown_ = false;
};

// `{"error": {...}}`, as every failure is told with --json.
nlohmann::ordered_json ErrorJson(const Failure& failure);
// Columns that a text takes on a terminal: code points, wide ones twice, combining ones not at all.
std::size_t DisplayWidth(std::string_view text);
// `3 people`, `1 person`.
std::string Count(std::uint64_t number, std::string_view one, std::string_view many);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_OUTPUT_H_
