// Every reason that our sources name is declared, so that the edge never has to answer DEFECT for a refusal, and that
// errors.proto holds all that a script may branch on.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/errors.pb.h"

namespace mentorlog::runtime_test {
namespace {

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The first literal in capitals after each `call`, within its statement.
std::set<std::string> NamesAfter(const std::string& text, const std::string& call) {
  static const std::regex literal("^[^;\"]*\"([A-Z][A-Z0-9_]+)\"");
  std::set<std::string> names;
  for (auto at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) {
    const std::string rest = text.substr(at, 400);
    std::smatch match;
    if (std::regex_search(rest, match, literal)) names.insert(match[1]);
  }
  return names;
}

// The literals of several words in capitals in a client's text, but for gRPC's codes and the names of environment
// variables: the reasons that it gives or asks for.
std::set<std::string> NamesInClient(const std::string& text) {
  static const std::regex literal("(env(name)?\\()?\"([A-Z][A-Z0-9]*(_[A-Z0-9]+)+)\"");
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), literal), end; it != end; ++it) {
    if (!(*it)[1].matched) names.insert((*it)[3]);
  }
  for (int code = 0; code <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++code) {
    names.erase(absl::StatusCodeToString(static_cast<absl::StatusCode>(code)));
  }
  return names;
}

template <typename Visit>
void ForEachSource(const std::vector<std::string>& folders, Visit visit) {
  const std::filesystem::path root = MENTORLOG_SOURCE_DIR;
  for (const auto& folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".cc" || extension == ".h") visit(entry.path().string(), Contents(entry.path()));
    }
  }
}

TEST(Reasons, ThatRefusalsNameAreDeclared) {
  std::set<std::string> seen;
  ForEachSource({"storage", "services"}, [&seen](const std::string& path, const std::string& text) {
    for (const auto& name : NamesAfter(text, "Refuse(")) {
      v1::Reason reason;
      EXPECT_TRUE(v1::Reason_Parse(name, &reason)) << path << ": " << name << " is not in mentorlog.v1.Reason";
      seen.insert(name);
    }
  });
  EXPECT_TRUE(seen.contains("REQUEST_ID_REUSED"));
}

TEST(Reasons, ThatAdviceNamesAreDeclared) {
  ForEachSource({"storage", "services"}, [](const std::string& path, const std::string& text) {
    for (const auto& name : NamesAfter(text, "Advise(")) {
      v1::AdviceReason reason;
      EXPECT_TRUE(v1::AdviceReason_Parse(name, &reason)) << path << ": " << name << " is not in AdviceReason";
    }
  });
}

TEST(Reasons, ThatTheClientNamesAreDeclared) {
  std::set<std::string> seen;
  ForEachSource({"clients"}, [&seen](const std::string& path, const std::string& text) {
    for (const auto& name : NamesInClient(text)) {
      v1::Reason reason;
      v1::AdviceReason advice;
      EXPECT_TRUE(v1::Reason_Parse(name, &reason) || v1::AdviceReason_Parse(name, &advice))
          << path << ": " << name << " is in neither Reason nor AdviceReason";
      seen.insert(name);
    }
  });
  EXPECT_TRUE(seen.contains("AMBIGUOUS_PERSON"));
}

}  // namespace
}  // namespace mentorlog::runtime_test
