// Who may include whom (the house's table): arrows never turn back. Reads every source file of the tree.
#include <filesystem>
#include <fstream>
#include <regex>
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
       std::regex("storage/.*|mentorlog/log/v1/.*|mentorlog/event/v1/log\\.pb\\.h|openssl/.*|" + pure + "|" + std_header +
                  "|" + system)},
      {"the vocabulary of the cores is pure", std::regex("services/decider/.*"),
       std::regex("services/decider/.*|storage/(types|refusal)\\.h|mentorlog/log/v1/.*|" + pure + "|" + std_header)},
      {"the runtime knows no domain", std::regex("services/runtime/.*"),
       std::regex("services/(runtime|decider)/.*|storage/.*|mentorlog/log/v1/.*|mentorlog/v1/(common|errors)\\.pb\\.h|"
                  "mentorlog/view/v1/state\\.pb\\.h|google/rpc/.*|grpcpp/.*|grpc/.*|spdlog/.*|" +
                  pure + "|" + std_header + "|" + system)},
      {"the server wires everything", std::regex("services/server/.*"), std::regex(".*")},
      {"handlers, views and rooms never include another room's handlers",
       std::regex("services/[a-z]+/[a-z_]*(_service|_view|_room|_rows|directory)\\.(h|cc)|services/(steward|today|import|feed|admin)/.*"),
       std::regex("services/(runtime|decider)/.*|services/(?!server/)[a-z]+/(?![a-z_]*_(service|room)\\.h)[a-z_]*\\.h|"
                  "storage/(?!rocks_).*|" +
                  stored + "|mentorlog/v1/.*|google/rpc/.*|grpcpp/.*|grpc/.*|" + pure + "|" + std_header)},
      {"a core includes facts, states and the decider alone", std::regex("services/.*"),
       std::regex("services/decider/.*|storage/(types|refusal)\\.h|services/(?!server/|runtime/)[a-z]+/(?![a-z_]*(_service|_view|_room|directory)\\.h)[a-z_]*\\.h|" +
                  stored + "|" + pure + "|" + std_header)},
      {"a client knows the API and the facts", std::regex("clients/.*"),
       std::regex("clients/.*|mentorlog/(v1|event/v1|log/v1|bench/v1)/.*|google/rpc/.*|grpcpp/.*|grpc/.*|CLI/.*|nlohmann/.*|csv\\.h|"
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

TEST(Architecture, EveryFolderThatHoldsCodeHasAReadme) {
  const fs::path root = MENTORLOG_SOURCE_DIR;
  std::vector<std::string> missing;
  for (const auto* folder : {".", "proto", "storage", "services", "services/runtime", "clients", "deploy", "deploy/sample", "tests"}) {
    if (!fs::exists(root / folder / "README.md")) missing.emplace_back(folder);
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

// Whether a test expects it: as a literal of its own, or after its code, as in "DATA_LOSS LOG_DAMAGED".
bool Expects(const std::string& tests, const std::string& reason) {
  if (tests.find('"' + reason + '"') != std::string::npos) return true;
  return std::regex_search(tests, std::regex("\"[A-Z_]+ " + reason + "\""));
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
