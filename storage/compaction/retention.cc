#include "storage/compaction/retention.h"

namespace cordwood::storage {
namespace {

/// More memory than this is not kept for the next value.
constexpr size_t kKeepBytes = 256 << 10;

}  // namespace

const RetainedEntry* Retention::Add(std::string_view key, uint64_t trailer,
                                    std::string_view value) {
  const Seq seq = TrailerSeq(trailer);
  const Tag tag = TrailerTag(trailer);
  if (dead_.Covers(key, seq)) return nullptr;

  const RetainedEntry* released = nullptr;
  if (holds_ && held_->key == key) {
    if (held_->seq == seq) return nullptr;  // the same entry out of two slices
    Settle(value, tag);
    if (!rules_.readers.AnyIn(seq, held_->seq)) {
      held_->tag.assumption = tag.assumption;
      return nullptr;
    }
    released = Emit();
  } else {
    released = Release();
  }
  held_->key.assign(key);
  held_->seq = seq;
  held_->tag = tag;
  held_->value = value;
  is_copied_ = rules_.values_stay;
  holds_ = true;
  return released;
}

void Retention::Keep() {
  std::string& written = (held_ == &slots_[0] ? slots_[1] : slots_[0]).copy;
  if (written.capacity() > kKeepBytes) {
    written.clear();
    written.shrink_to_fit();  // an assignment of an empty string would keep it
  }
  if (!is_copied_) held_->value = held_->copy.assign(held_->value);
  is_copied_ = true;
}

const RetainedEntry* Retention::Finish() { return Release(); }

void Retention::Settle(std::string_view value_beneath, Tag beneath) {
  if (held_->tag.assumption == kSettled || rules_.counting == nullptr) return;
  rules_.counting->Presumed(held_->key, held_->tag.assumption, corrections_);
  if (beneath.is_put) {
    rules_.counting->Contribution(held_->key, value_beneath, -1, corrections_);
  }
  held_->tag.assumption = kSettled;
}

const RetainedEntry* Retention::Release() {
  if (!holds_) return nullptr;
  const bool unsettled = held_->tag.assumption != kSettled;
  // Whoever would meet this tombstone meets nothing without it, at an older seq, too.
  const bool removable = !held_->tag.is_put && held_->seq <= rules_.readers.visible();
  if ((unsettled || removable) && !rules_.older_may_exist(held_->key)) {
    if (unsettled) Settle({}, Tag{.is_put = false});
    if (removable) {
      holds_ = false;
      return nullptr;
    }
  }
  return Emit();
}

const RetainedEntry* Retention::Emit() {
  const RetainedEntry* const emitted = held_;
  held_ = held_ == &slots_[0] ? &slots_[1] : &slots_[0];
  holds_ = false;
  return emitted;
}

}  // namespace cordwood::storage
