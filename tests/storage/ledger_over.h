// tests/storage/ledger_over.h: a log over one kind of store, for tests that hold over each.
#ifndef MENTORLOG_TESTS_STORAGE_LEDGER_OVER_H_
#define MENTORLOG_TESTS_STORAGE_LEDGER_OVER_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/storage/ledger_script.h"
#include "tests/storage/temporary_folder.h"

namespace mentorlog::storage {

// A log over one kind of store.
class LedgerOver {
 protected:
  explicit LedgerOver(const std::string& kind) : log(NewStore(kind)) { EXPECT_EQ(Verdict(log.Open()), "OK"); }

  std::unique_ptr<Store> NewStore(const std::string& kind) {
    if (kind == "Memory") return NewMemoryStore();
    folder.emplace();
    auto opened = OpenRocksStore(folder->path(), {});
    EXPECT_EQ(Verdict(opened), "OK");
    return *std::move(opened);
  }

  std::vector<std::string> Opens() {
    std::vector<std::string> opens;
    EXPECT_EQ(Verdict(log.ledger().Snapshot()->Scan({},
                                                    [&](Record&& record) {
                                                      EXPECT_EQ(record.position().value, opens.size() + 1);
                                                      opens.push_back(record.open);
                                                      return true;
                                                    })),
              "OK");
    return opens;
  }

  // Outlives the store in it.
  std::optional<TemporaryFolder> folder;
  OpenLog log;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_TESTS_STORAGE_LEDGER_OVER_H_
