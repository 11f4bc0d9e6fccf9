// tests/storage/rows_of.h: a batch's operations as rows to load.
#ifndef MENTORLOG_TESTS_STORAGE_ROWS_OF_H_
#define MENTORLOG_TESTS_STORAGE_ROWS_OF_H_

#include <vector>

#include "storage/store.h"

namespace mentorlog::storage {

// They lie in the batch.
inline std::vector<RowView> RowsOf(const Batch& batch) {
  std::vector<RowView> rows;
  for (const Batch::Op& op : batch.ops()) {
    rows.push_back({op.key, op.is_delete ? std::nullopt : RowView::Value(op.value)});
  }
  return rows;
}

}  // namespace mentorlog::storage

#endif  // MENTORLOG_TESTS_STORAGE_ROWS_OF_H_
