// storage/layered_cursor.h: the rows of two layers in memory over those of the store below, as one cursor.
#ifndef MENTORLOG_STORAGE_LAYERED_CURSOR_H_
#define MENTORLOG_STORAGE_LAYERED_CURSOR_H_

#include <array>
#include <cstdint>
#include <memory>

#include "storage/row_layer.h"
#include "storage/store.h"

namespace mentorlog::storage {

// Of equal keys the row of the newer layer is seen (the first of `layers`; either may be null), then the one of the
// other, then the one below; and none if that is a deletion. `moment` is kept as long as the cursor: what `under` reads
// from.
std::unique_ptr<Cursor> NewLayeredCursor(std::unique_ptr<Cursor> under,
                                         std::array<std::shared_ptr<const RowLayer>, 2> layers,
                                         std::shared_ptr<const void> moment, std::uint64_t sequence, Family family,
                                         ReadHint hint);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_LAYERED_CURSOR_H_
