// Who may include whom (the house's table): arrows never turn back. Reads every source file of the tree.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mentorlog {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

struct Rule {
  // What the rule is about, for the message.
  std::string_view name;
  // Files it holds for: paths from the root.
  std::regex files;
  // Includes that these files may have, among those that are ours or a library's; std headers have no slash or dot.
  std::regex allowed;
};

// The first rule whose `files` matches decides.
const std::vector<Rule>& Rules() {
  const std::string pure = R"(absl/.*|google/protobuf/.*)";
  const std::string std_header = R"([a-z_0-9]+|(stdint|stddef)\.h)";
  const std::string system = R"((sys|netinet|arpa)/.*|(unistd|fcntl|signal|poll|csignal|stdlib|limits)\.h)";
  const std::string stored = R"(mentorlog/(event|view|log)/v1/.*)";
  static const auto* const rules = new std::vector<Rule>{
      {"tests may include everything", std::regex("tests/.*"), std::regex(".*")},
      {"RocksDB is met in storage/rocks_* alone", std::regex("storage/rocks_.*"),
       std::regex("storage/.*|mentorlog/log/v1/.*|rocksdb/.*|" + pure + "|" + std_header + "|" + system)},
      {"storage knows no domain and no gRPC (log.proto is the log's own event)", std::regex("storage/.*"),
       std::regex("storage/.*|mentorlog/log/v1/.*|mentorlog/event/v1/log\\.pb\\.h|openssl/.*|" + pure + "|" +
                  std_header + "|" + system)},
      {"the vocabulary of the cores is pure", std::regex("services/decider/.*"),
       std::regex("services/decider/.*|storage/(types|refusal)\\.h|mentorlog/log/v1/.*|" + pure + "|" + std_header)},
      {"the runtime knows no domain", std::regex("services/runtime/.*"),
       std::regex("services/(runtime|decider)/.*|storage/.*|mentorlog/log/v1/.*|mentorlog/v1/(common|errors)\\.pb\\.h|"
                  "mentorlog/view/v1/state\\.pb\\.h|google/rpc/.*|grpcpp/.*|grpc/.*|spdlog/.*|" +
                  pure + "|" + std_header + "|" + system)},
      {"the server wires everything", std::regex("services/server/.*"), std::regex(".*")},
      {"handlers, views and rooms never include another room's handlers",
       std::regex("services/[a-z]+/[a-z_]*(_service|_view|_room|_rows|directory)\\.(h|cc)|services/"
                  "(steward|today|import|feed|admin)/.*"),
       std::regex("services/(runtime|decider)/.*|services/(?!server/)[a-z]+/(?![a-z_]*_(service|room)\\.h)[a-z_]*\\.h|"
                  "storage/(?!rocks_).*|" +
                  stored + "|mentorlog/v1/.*|google/rpc/.*|grpcpp/.*|grpc/.*|" + pure + "|" + std_header)},
      {"a core includes facts, states and the decider alone", std::regex("services/.*"),
       std::regex("services/decider/.*|storage/(types|refusal)\\.h|services/(?!server/|runtime/)[a-z]+/"
                  "(?![a-z_]*(_service|_view|_room|directory)\\.h)[a-z_]*\\.h|" +
                  stored + "|" + pure + "|" + std_header)},
      {"a client knows the API and the facts", std::regex("clients/.*"),
       std::regex("clients/.*|mentorlog/(v1|event/v1|log/v1|bench/v1)/.*|google/rpc/.*|grpcpp/.*|grpc/.*|CLI/"
                  ".*|nlohmann/.*|csv\\.h|"
                  "openssl/.*|" +
                  pure + "|" + std_header + "|" + system)},
  };
  return *rules;
}

// The room of a path like services/people/..., or nothing.
std::string RoomOf(const std::string& path) {
  std::smatch match;
  return std::regex_search(path, match, std::regex("^services/([a-z]+)/")) ? match[1].str() : std::string();
}

// The sentence about what is wrong with this include, or nothing.
std::string Verdict(const std::string& file, const std::string& include) {
  for (const auto& rule : Rules()) {
    if (!std::regex_match(file, rule.files)) continue;
    const bool own_room = !RoomOf(file).empty() && RoomOf(file) == RoomOf(include);
    const bool own_handler_from_edge = own_room && rule.name.starts_with("handlers");
    if (own_handler_from_edge || std::regex_match(include, rule.allowed)) return {};
    return file + " includes " + include + ": " + std::string(rule.name);
  }
  return file + ": no rule says where this file belongs";
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<fs::path> Sources() {
  std::vector<fs::path> sources;
  const fs::path root = MENTORLOG_SOURCE_DIR;
  for (const auto* folder : {"storage", "services", "clients", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".h" || extension == ".cc") sources.push_back(fs::relative(entry.path(), root));
    }
  }
  return sources;
}

TEST(Architecture, ArrowsNeverTurnBack) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  const auto sources = Sources();
  ASSERT_GT(sources.size(), 20U) << "the tree was not found";
  std::vector<std::string> wrong;
  for (const auto& source : sources) {
    std::istringstream lines(ReadFile(fs::path(MENTORLOG_SOURCE_DIR) / source));
    std::smatch match;
    for (std::string line; std::getline(lines, line);) {
      if (!std::regex_search(line, match, kInclude)) continue;
      const auto verdict = Verdict(source.string(), match[1].str());
      if (!verdict.empty()) wrong.push_back(verdict);
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Architecture, EveryHeaderSaysWhatItIs) {
  std::vector<std::string> silent;
  for (const auto& source : Sources()) {
    if (source.extension() != ".h") continue;
    if (!ReadFile(fs::path(MENTORLOG_SOURCE_DIR) / source).starts_with("// ")) silent.push_back(source.string());
  }
  EXPECT_THAT(silent, IsEmpty());
}

// As .clang-format has it. Counts code points.
TEST(Architecture, NoLineIsLongerThan120Columns) {
  constexpr std::ptrdiff_t kColumnsMax = 120;
  std::vector<std::string> wrong;
  for (const auto& source : Sources()) {
    std::istringstream lines(ReadFile(fs::path(MENTORLOG_SOURCE_DIR) / source));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
      if (columns > kColumnsMax) wrong.push_back(source.string() + ":" + std::to_string(number));
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

// Every folder that holds code, found by itself, so that a new one is not forgotten.
TEST(Architecture, EveryFolderThatHoldsCodeHasAReadme) {
  const fs::path root = MENTORLOG_SOURCE_DIR;
  std::set<fs::path> folders = {".",      "proto",         "services", "clients",
                                "deploy", "deploy/sample", "tests",    "tests/golden"};
  for (const auto& source : Sources()) folders.insert(source.parent_path());
  std::vector<std::string> missing;
  for (const auto& folder : folders) {
    // The tests of a room belong to the room.
    if (folder.parent_path() == "tests/services") continue;
    if (!fs::exists(root / folder / "README.md")) missing.push_back(folder.string());
  }
  EXPECT_THAT(missing, IsEmpty());
}

// The values of the enum that starts with `enum NAME {` in errors.proto.
std::vector<std::string> ValuesOf(const std::string& name) {
  const auto text = ReadFile(fs::path(MENTORLOG_SOURCE_DIR) / "proto/mentorlog/v1/errors.proto");
  const auto start = text.find("enum " + name + " {");
  const auto body = text.substr(start, text.find("\n}", start) - start);
  static const std::regex kValue(R"(\n  ([A-Z0-9_]+) = [1-9][0-9]*;)");
  std::vector<std::string> values;
  for (std::sregex_iterator it(body.begin(), body.end(), kValue), end; it != end; ++it) values.push_back((*it)[1]);
  return values;
}

// Every source file below these folders, as one text.
std::string TextOf(const std::vector<std::string>& folders) {
  std::string all;
  for (const auto& source : Sources()) {
    for (const auto& folder : folders) {
      if (source.string().starts_with(folder)) all += ReadFile(fs::path(MENTORLOG_SOURCE_DIR) / source);
    }
  }
  return all;
}

// Where the statement begins in which `at` stands.
std::size_t StatementStart(const std::string& text, std::size_t at) {
  std::size_t start = 0;
  for (const auto* end : {";", "{\n", "}\n"}) {
    const auto found = text.rfind(end, at);
    if (found != std::string::npos) start = std::max(start, found + 1);
  }
  return start;
}

// Whether the words before a literal make it what a test waits for: it stands in an expectation, or in a cell of a
// table. What a test makes up itself, to see what becomes of it, is none.
bool IsExpectation(const std::string& before) {
  static const std::regex kMadeUp(R"(\b(set_reason|Refuse|Failure|RejectedRow|Advise)[({])");
  static const std::regex kExpected(R"(\b(EXPECT|ASSERT)_|\b(ExpectRefused|RefusedWith)\()");
  if (std::regex_search(before, kMadeUp)) return false;
  if (std::regex_search(before, kExpected)) return true;
  const auto last = before.find_last_not_of(" \n");
  const bool in_a_list = last != std::string::npos && (before[last] == '{' || before[last] == ',');
  return in_a_list && std::count(before.begin(), before.end(), '(') == std::count(before.begin(), before.end(), ')');
}

// Whether a test expects it: as a literal of its own, or beside a code or a field, as in "DATA_LOSS LOG_DAMAGED".
bool Expects(const std::string& tests, const std::string& reason) {
  constexpr std::string_view kWords = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_ ";
  for (auto at = tests.find(reason); at != std::string::npos; at = tests.find(reason, at + 1)) {
    const auto quote = tests.find_last_not_of(kWords, at - 1);
    const char before = tests[at - 1];
    const char after = tests[at + reason.size()];
    if (quote == std::string::npos || tests[quote] != '"') continue;
    if ((before != '"' && before != ' ') || (after != '"' && after != ' ')) continue;
    const auto start = StatementStart(tests, quote);
    if (IsExpectation(tests.substr(start, quote - start))) return true;
  }
  return false;
}

TEST(Reasons, EveryReasonIsGivenSomewhereAndExpectedByATest) {
  const auto code = TextOf({"storage/", "services/", "clients/"});
  const auto tests = TextOf({"tests/storage", "tests/services", "tests/clients", "tests/e2e"});
  std::vector<std::string> missing;
  for (const auto* name : {"Reason", "AdviceReason"}) {
    const auto values = ValuesOf(name);
    ASSERT_FALSE(values.empty());
    for (const auto& value : values) {
      if (code.find('"' + value + '"') == std::string::npos) missing.push_back(value + " is given by no code");
      if (!Expects(tests, value)) missing.push_back(value + " is expected by no test");
    }
  }
  EXPECT_THAT(missing, IsEmpty());
}

TEST(Reasons, WhatATestMakesUpIsNoExpectation) {
  EXPECT_TRUE(Expects(R"(EXPECT_EQ(reason, "ROW_CHANGED");)", "ROW_CHANGED"));
  EXPECT_TRUE(Expects(R"(x();
  EXPECT_THAT(answers, ElementsAre("TAKEN", "ROW_CHANGED kind"));)",
                      "ROW_CHANGED"));
  EXPECT_TRUE(Expects(R"(const auto refused = RefusedWith(kNotFound, "ROW_CHANGED");)", "ROW_CHANGED"));
  EXPECT_TRUE(Expects(R"(constexpr Row kTable[] = {
      {kClosed, "", "ROW_CHANGED"},)",
                      "ROW_CHANGED"));
  EXPECT_FALSE(Expects(R"(EXPECT_EQ(reason, "ROW_CHANGED_TWICE");)", "ROW_CHANGED"));
  EXPECT_FALSE(Expects(R"(answer.set_reason("ROW_CHANGED");)", "ROW_CHANGED"));
  EXPECT_FALSE(Expects(R"(EXPECT_EQ(ToGrpc(Refuse(kAborted, "ROW_CHANGED", "")).error_code(), 1);)", "ROW_CHANGED"));
  EXPECT_FALSE(Expects(R"(facts.push_back("ROW_CHANGED");)", "ROW_CHANGED"));
}

TEST(Architecture, RefusesEveryForbiddenArrow) {
  EXPECT_NE(Verdict("storage/ledger.cc", "grpcpp/grpcpp.h"), "");
  EXPECT_NE(Verdict("storage/ledger.cc", "rocksdb/db.h"), "");
  EXPECT_NE(Verdict("storage/ledger.cc", "mentorlog/event/v1/people.pb.h"), "");
  EXPECT_NE(Verdict("storage/ledger.cc", "services/decider/decider.h"), "");
  EXPECT_NE(Verdict("services/decider/decider.cc", "storage/ledger.h"), "");
  EXPECT_NE(Verdict("services/runtime/call.cc", "mentorlog/v1/people_service.pb.h"), "");
  EXPECT_NE(Verdict("services/people/person.cc", "services/runtime/call.h"), "");
  EXPECT_NE(Verdict("services/people/person.cc", "storage/ledger.h"), "");
  EXPECT_NE(Verdict("services/people/person.cc", "mentorlog/v1/people_service.pb.h"), "");
  EXPECT_NE(Verdict("services/people/people_service.cc", "services/assignments/assignments_service.h"), "");
  EXPECT_NE(Verdict("services/people/people_service.cc", "services/server/server.h"), "");
  EXPECT_NE(Verdict("services/import/import_service.cc", "services/people/people_service.h"), "");
  EXPECT_NE(Verdict("clients/cli/main.cc", "services/people/person.h"), "");
  EXPECT_NE(Verdict("clients/cli/main.cc", "storage/types.h"), "");
}

TEST(Architecture, LetsTheWantedArrowsPass) {
  EXPECT_EQ(Verdict("storage/rocks_store.cc", "rocksdb/db.h"), "");
  EXPECT_EQ(Verdict("services/people/people_service.cc", "services/people/people_service.h"), "");
  EXPECT_EQ(Verdict("services/people/people_service.cc", "grpcpp/server_context.h"), "");
  EXPECT_EQ(Verdict("services/import/import_service.cc", "services/people/people_commands.h"), "");
  EXPECT_EQ(Verdict("services/assignments/assignments_commands.cc", "services/people/people_commands.h"), "");
  EXPECT_EQ(Verdict("services/people/person.cc", "vector"), "");
  EXPECT_EQ(Verdict("tests/storage/ledger_test.cc", "services/server/server.h"), "");
}

}  // namespace
}  // namespace mentorlog
