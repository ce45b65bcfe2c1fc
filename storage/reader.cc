#include "storage/reader.h"

#include <utility>

#include "base/check.h"
#include "storage/store.h"

namespace cordwood::storage {

View::View(Store& store, LearnedGaps* gaps, VersionCell::Slot& slot, VersionCell::Pinned pinned,
           Seq seq, Tier tier, uint32_t ahead)
    : store_(store),
      slot_(slot),
      version_(pinned.version),
      seq_(seq),
      tier_(tier),
      ahead_(ahead),
      gaps_(gaps),
      visible_seq_(pinned.seq),
      gap_epoch_(GapEpoch()) {}

View::~View() {
  if (version_ != nullptr) VersionCell::Unpin(slot_);
}

void View::Rest() {
  CHECK(version_ != nullptr && keeps_over_rests_);
  version_ = nullptr;
  VersionCell::Unpin(slot_);
}

void View::Renew() {
  CHECK(version_ == nullptr);
  const VersionCell::Pinned pinned = store_.versions().cell().Pin(
      slot_, [this] { return seq_ == kMaxSeq ? store_.visible() : seq_; });
  version_ = pinned.version;
  visible_seq_ = pinned.seq;
  gap_epoch_ = GapEpoch();
  missing_.clear();
}

std::string_view View::Keep(FoundEntry found) {
  // A memtable's: the version keeps it.
  if (!found.pin && !keeps_over_rests_) return found.value;
  if (!found.pin || pin_count_ == pins_.size()) {
    ++copy_count_;
    return copies_.emplace_front(found.value);
  }
  pins_[pin_count_++] = std::move(found.pin);
  return found.value;
}

Result<std::optional<std::string_view>> View::Get(std::string_view key) {
  const ReadOptions options{.tier = tier_, .missing = &missing_};
  CW_ASSIGN(std::optional<FoundEntry> found, version_->Get(key, seq_, options));
  if (!found || !found->tag.is_put) return std::nullopt;
  return Keep(*std::move(found));
}

Presence View::Probe(std::string_view key, std::string_view* value) {
  Result<std::optional<FoundEntry>> found =
      version_->Get(key, seq_, ReadOptions{.tier = Tier::kCacheOnly});
  if (!found) return Presence::kUnknown;
  if (!*found || !(*found)->tag.is_put) return Presence::kAbsent;
  *value = Keep(**std::move(found));
  return Presence::kPresent;
}

ReadScope::~ReadScope() {
  for (; view_.copy_count_ > copies_; --view_.copy_count_) view_.copies_.pop_front();
  while (view_.pin_count_ > pins_) view_.pins_[--view_.pin_count_] = {};
}

VisibleIterator View::NewIterator(std::string begin, std::string end, bool fill_cache) {
  const ReadOptions options{
      .tier = tier_, .fill_cache = fill_cache, .missing = &missing_, .ahead = ahead_};
  VisibleIterator iterator(version_->NewIterator(options, {.begin = begin, .end = end}), seq_,
                           GapWatch(gaps_, seq_, visible_seq_, gap_epoch_));
  iterator.SetBegin(std::move(begin));
  iterator.SetEnd(std::move(end));
  return iterator;
}

Reader::Reader(Store& store, Gaps gaps)
    : store_(store),
      gaps_(gaps == Gaps::kLearned ? &store.gaps() : nullptr),
      slot_(store.versions().cell().TakeSlot()) {}

Reader::~Reader() { store_.versions().cell().ReturnSlot(slot_); }

View Reader::Visible(Tier tier, uint32_t ahead) {
  const VersionCell::Pinned pinned =
      store_.versions().cell().Pin(slot_, [this] { return store_.visible(); });
  return View(store_, gaps_, slot_, pinned, pinned.seq, tier, ahead);
}

View Reader::Newest(Tier tier, uint32_t ahead) {
  const VersionCell::Pinned pinned =
      store_.versions().cell().Pin(slot_, [this] { return store_.visible(); });
  return View(store_, gaps_, slot_, pinned, kMaxSeq, tier, ahead);
}

View Reader::At(const Snapshot& snapshot, Tier tier, uint32_t ahead) {
  const VersionCell::Pinned pinned =
      store_.versions().cell().Pin(slot_, [&] { return snapshot.seq(); });
  return View(store_, gaps_, slot_, pinned, snapshot.seq(), tier, ahead);
}

}  // namespace cordwood::storage
