// tests/services/runtime/held_view.h: views that stand still while a test says so, for what is to happen meanwhile.
//
// Whoever folds such a view stands still with it: the builder, the follower thread, or, for an inline view, the whole
// log. The log can only be stopped once the hold was let go.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_HELD_VIEW_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_HELD_VIEW_H_

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/view.h"

namespace mentorlog::runtime_test {

// Thread-safe. Outlives the log whose views it holds.
class Hold {
 public:
  // From now on nobody gets past the record before `position`.
  void From(storage::Position position) {
    const std::lock_guard lock(mutex_);
    from_ = position;
  }
  void LetGo() {
    const std::lock_guard lock(mutex_);
    from_.reset();
    changed_.notify_all();
  }
  // Waits until the record at `position` may be folded.
  void Pass(storage::Position position) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !from_ || position < *from_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::optional<storage::Position> from_;
};

// Another view, folded as far as the hold lets it. Both outlive it.
class HeldView final : public storage::View {
 public:
  HeldView(const storage::View& view, Hold& hold) : view_(view), hold_(hold) {}

  const storage::ViewInfo& info() const override { return view_.info(); }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override {
    view_.Entities(record, entities);
  }
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override {
    hold_.Pass(record.position());
    return view_.Fold(record, entity, rows);
  }

 private:
  const storage::View& view_;
  Hold& hold_;
};

// One row, `last`, with the position of the last record: every record touches it.
class LastRecord final : public storage::View {
 public:
  explicit LastRecord(storage::ViewInfo info) : info_(std::move(info)) {}

  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record&, std::vector<std::string>& entities) const override {
    entities.emplace_back("last");
  }
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override {
    rows.Put(entity, std::to_string(record.position().value));
    return absl::OkStatus();
  }

 private:
  const storage::ViewInfo info_;
};

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_HELD_VIEW_H_
