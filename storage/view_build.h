// storage/view_build.h: versions that have far to go are folded side by side, in large steps.
//
// Each record is read and parsed once, and given to every version; the versions share the processors. Nobody reads the
// versions meanwhile, and nobody else drives them.
#ifndef MENTORLOG_STORAGE_VIEW_BUILD_H_
#define MENTORLOG_STORAGE_VIEW_BUILD_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/store.h"
#include "storage/types.h"
#include "storage/view_fold.h"

namespace mentorlog::storage {

class Moments;

// Folds the records after the lowest of `folds`, up to `head`, as many as fit a bounded memory, and loads the rows of
// each version (Store::Load). Answers whether there were any. Ends early, with what was folded, when `stop` says so.
// Errors as FoldBatch; after one some versions may be further than others.
absl::StatusOr<bool> BuildBatch(Store& store, Moments& moments, Position head, const std::vector<ViewFold*>& folds,
                                const std::function<bool()>& stop);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_VIEW_BUILD_H_
