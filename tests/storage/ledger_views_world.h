// tests/storage/ledger_views_world.h: a log with views that count, for the tests of views beside a serving log.
#ifndef MENTORLOG_TESTS_STORAGE_LEDGER_VIEWS_WORLD_H_
#define MENTORLOG_TESTS_STORAGE_LEDGER_VIEWS_WORLD_H_

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/storage/ledger_script.h"

namespace mentorlog::storage {

// Counts the records of every stream: entity and key are the stream. A record that says "poison" cannot be folded.
class CountView final : public View {
 public:
  CountView(std::uint16_t id, ViewMode mode, std::uint32_t definition = 1, int step = 1)
      : info_{id, "count" + std::to_string(id), mode, definition}, step_(step) {}
  const ViewInfo& info() const override { return info_; }
  void Entities(const Record& record, std::vector<std::string>& entities) const override {
    entities.push_back(record.header.stream());
  }
  absl::Status Fold(const Record& record, const std::string& entity, Rows& rows) const override {
    const auto row = rows.Get(entity);
    if (!row.ok()) return row.status();
    const int count = *row ? std::stoi(**row) : 0;
    rows.Put(entity, std::to_string(count + step_));
    if (record.open == "poison") return absl::DataLossError("poison");
    return absl::OkStatus();
  }

 private:
  const ViewInfo info_;
  const int step_;
};

class LedgerViews : public ::testing::Test {
 protected:
  LedgerViews() : log(NewMemoryStore()) {}

  void Write(std::uint64_t stream, std::string_view open = "a") {
    ASSERT_EQ(Verdict(log(Proposing(++requests_).Any(stream).Write(stream, open))), "OK");
  }
  void WriteMany(int records) {
    for (int i = 0; i < records; ++i) Write(static_cast<std::uint64_t>(i % 10));
  }
  std::string Row(std::uint16_t view, std::uint64_t stream) {
    const auto row = log.ledger().Snapshot()->Row(view, StreamOf(stream).ToBytes());
    return row.ok() ? row->value_or("none") : Verdict(row);
  }
  void Wait(std::uint16_t view) {
    ASSERT_EQ(Verdict(log.ledger().WaitForView(view, log.ledger().head(), absl::Now() + absl::Seconds(10))), "OK");
  }
  // Until the view can be read.
  std::string RowOnceBuilt(std::uint16_t view, std::uint64_t stream) {
    std::string row;
    for (int i = 0; i < 2000; ++i) {
      row = Row(view, stream);
      if (row != "UNAVAILABLE VIEW_BUILDING") break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return row;
  }
  ViewStatus StatusOf(std::uint16_t view) {
    for (ViewStatus& status : log.ledger().Views()) {
      if (status.info.id == view) return status;
    }
    return {};
  }

  const CountView inline_view{10, ViewMode::kInline};
  const CountView follower{11, ViewMode::kFollower};
  OpenLog log;

 private:
  std::uint64_t requests_ = 0;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_TESTS_STORAGE_LEDGER_VIEWS_WORLD_H_
