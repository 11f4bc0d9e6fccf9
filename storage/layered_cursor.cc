#include "storage/layered_cursor.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mentorlog::storage {
namespace {

// Rows that are taken from a layer at once.
constexpr std::size_t kChunk = 32;

class LayeredCursor final : public Cursor {
 public:
  LayeredCursor(std::unique_ptr<Cursor> under, std::array<std::shared_ptr<const RowLayer>, 2> layers,
                std::shared_ptr<const void> moment, std::uint64_t sequence, Family family, ReadHint hint)
      : moment_(std::move(moment)),
        sequence_(sequence),
        family_(family),
        seen_bytes_(SeenPrefixBytes(family, hint)),
        under_(std::move(under)) {
    for (std::size_t i = 0; i < layers.size(); ++i) sides_[i].layer = std::move(layers[i]);
  }

  void Seek(std::string_view key) override { SeekTo(key, true); }
  void SeekForPrev(std::string_view key) override { SeekTo(key, false); }
  void Next() override { Move(true); }
  void Prev() override { Move(false); }
  bool Valid() const override { return at_ || (at_under_ && under_->Valid()); }
  std::string_view key() const override { return key_; }
  std::string_view value() const override { return at_under_ ? under_->value() : *at_; }
  absl::Status status() const override { return under_->status(); }

 private:
  struct Side {
    // Null: there is none.
    std::shared_ptr<const RowLayer> layer;
    std::vector<RowView> rows;
    std::size_t at = 0;

    const RowView* row() const { return at < rows.size() ? &rows[at] : nullptr; }
  };

  void SeekTo(std::string_view key, bool forward) {
    forward_ = forward;
    if (seen_bytes_) seen_ = key.substr(0, *seen_bytes_);
    forward ? under_->Seek(key) : under_->SeekForPrev(key);
    for (Side& side : sides_) Fetch(side, key, true);
    Settle();
  }

  void Fetch(Side& side, std::string_view key, bool at) {
    side.at = 0;
    side.rows.clear();
    if (side.layer == nullptr) return;
    side.rows = forward_ ? side.layer->After(family_, key, at, sequence_, kChunk)
                         : side.layer->Before(family_, key, at, sequence_);
  }

  void Move(bool forward) {
    // The row under the cursor is seen again at once, and passed.
    if (forward != forward_) SeekTo(std::string(key_), forward);
    Pass();
    Settle();
  }

  // Every source goes behind the present key.
  void Pass() {
    if (under_->Valid() && under_->key() == key_) forward_ ? under_->Next() : under_->Prev();
    for (Side& side : sides_) {
      if (const RowView* const row = side.row(); row == nullptr || row->key != key_) continue;
      // A chunk that is not full was the last one.
      if (++side.at == side.rows.size() && (!forward_ || side.at == kChunk)) Fetch(side, key_, false);
    }
  }

  // To the nearest key of all sources that is not deleted.
  void Settle() {
    while (true) {
      at_.reset();
      at_under_ = false;
      // What cannot be read might have been nearer.
      if (!under_->status().ok()) return;
      const Side* nearest = nullptr;
      for (const Side& side : sides_) {
        if (side.row() == nullptr) continue;
        if (nearest == nullptr || Nearer(side.row()->key, nearest->row()->key)) nearest = &side;
      }
      if (nearest == nullptr || (under_->Valid() && Nearer(under_->key(), nearest->row()->key))) {
        at_under_ = under_->Valid();
        if (at_under_) key_.assign(under_->key());
        return;
      }
      // Of the store below only keys with this beginning are seen, so that whatever is nearer has it, too.
      if (seen_bytes_ && nearest->row()->key.substr(0, *seen_bytes_) != seen_) return;
      key_.assign(nearest->row()->key);
      at_ = nearest->row()->value;
      if (at_) return;
      Pass();
    }
  }

  bool Nearer(std::string_view a, std::string_view b) const { return forward_ ? a < b : a > b; }

  // Outlives the cursor below.
  const std::shared_ptr<const void> moment_;
  const std::uint64_t sequence_;
  const Family family_;
  const std::optional<std::size_t> seen_bytes_;
  // What every key begins with that is seen.
  std::string seen_;
  const std::unique_ptr<Cursor> under_;
  // The younger one first.
  std::array<Side, 2> sides_;
  bool forward_ = true;
  // The present row, unless invalid: in a layer, or below.
  std::string key_;
  RowView::Value at_;
  bool at_under_ = false;
};

}  // namespace

std::unique_ptr<Cursor> NewLayeredCursor(std::unique_ptr<Cursor> under,
                                         std::array<std::shared_ptr<const RowLayer>, 2> layers,
                                         std::shared_ptr<const void> moment, std::uint64_t sequence, Family family,
                                         ReadHint hint) {
  return std::make_unique<LayeredCursor>(std::move(under), std::move(layers), std::move(moment), sequence, family,
                                         hint);
}

}  // namespace mentorlog::storage
