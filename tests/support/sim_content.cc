#include "tests/support/sim_content.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace cordwood::support {

namespace {

/// How the dirty sectors of one file fare. Independent coins alone would never keep a long frame
/// whole nor lose all of it, so a file first draws what is likely for it.
enum class Fate : uint8_t { kAllOld, kAllNew, kMostlyNew, kMostlyOld, kPrefix, kMixed };
constexpr uint64_t kFateCount = 6;

enum class Outcome : uint8_t { kNew, kOld, kZero, kTorn };

Outcome AnyOutcome(SimRandom& random) { return static_cast<Outcome>(random.Below(4)); }

/// `position` of `count` dirty sectors; `cut` is where a surviving prefix ends.
Outcome DrawOutcome(Fate fate, uint64_t position, uint64_t cut, SimRandom& random) {
  switch (fate) {
    case Fate::kAllOld:
      return Outcome::kOld;
    case Fate::kAllNew:
      return Outcome::kNew;
    case Fate::kMostlyNew:
      return random.Percent(90) ? Outcome::kNew : AnyOutcome(random);
    case Fate::kMostlyOld:
      return random.Percent(90) ? Outcome::kOld : AnyOutcome(random);
    case Fate::kPrefix:
      if (position == cut) return AnyOutcome(random);
      return position < cut ? Outcome::kNew : Outcome::kOld;
    case Fate::kMixed:
      break;
  }
  return AnyOutcome(random);
}

Fate DrawFate(PowerLoss kind, SimRandom& random) {
  switch (kind) {
    case PowerLoss::kDrop:
      return Fate::kAllOld;
    case PowerLoss::kKeep:
      return Fate::kAllNew;
    case PowerLoss::kRandom:
      break;
  }
  return static_cast<Fate>(random.Below(kFateCount));
}

}  // namespace

SimContent::SimContent(std::string bytes)
    : cached_(std::move(bytes)), medium_(cached_), medium_size_(cached().size()) {}

std::string SimContent::Durable() const {
  std::string bytes = medium_.get();
  bytes.resize(medium_size_, '\0');
  return bytes;
}

size_t SimContent::Read(uint64_t offset, std::span<char> out) const {
  if (offset >= cached().size()) return 0;
  const size_t count = std::min<uint64_t>(out.size(), cached().size() - offset);
  std::copy_n(cached().data() + offset, count, out.data());
  return count;
}

void SimContent::Write(uint64_t offset, std::string_view data, SimRandom& random) {
  if (data.empty()) return;
  const uint64_t end = offset + data.size();
  for (uint64_t sector = offset / kSectorBytes; sector <= (end - 1) / kSectorBytes; ++sector) {
    const bool again = sector < dirty_.size() && dirty_[sector];
    if (again && random.Percent(50)) WriteBack(sector);
  }
  if (end > cached().size()) Resize(end);
  std::copy(data.begin(), data.end(), cached_.Own().data() + offset);
  MarkDirty(offset, end);
  // Bytes past the durable end need the new end too, even where a failed sync forgot it.
  if (end > medium_size_) NoteSize();
}

void SimContent::Resize(uint64_t size) {
  if (size == cached().size()) return;
  NoteSize();
  // Both the bytes that go and the zeros that come are changes the medium has not seen.
  MarkDirty(std::min<uint64_t>(size, cached().size()), std::max<uint64_t>(size, cached().size()));
  cached_.Own().resize(size, '\0');
  NoteSize();
}

void SimContent::NoteSize() {
  if (!size_dirty_) {
    size_dirty_ = true;
    low_size_ = high_size_ = medium_size_;
  }
  low_size_ = std::min<uint64_t>(low_size_, cached().size());
  high_size_ = std::max<uint64_t>(high_size_, cached().size());
}

void SimContent::MarkDirty(uint64_t begin, uint64_t end) {
  if (begin == end) return;
  const uint64_t first = begin / kSectorBytes;
  const uint64_t last = (end - 1) / kSectorBytes;
  if (dirty_.size() <= last) dirty_.resize(last + 1, false);
  for (uint64_t sector = first; sector <= last; ++sector) dirty_[sector] = true;
  const bool none = dirty_begin_ == dirty_end_;
  dirty_begin_ = none ? first : std::min(dirty_begin_, first);
  dirty_end_ = none ? last + 1 : std::max(dirty_end_, last + 1);
}

void SimContent::MarkClean() {
  for (uint64_t sector = dirty_begin_; sector < dirty_end_; ++sector) dirty_[sector] = false;
  dirty_begin_ = dirty_end_ = 0;
  size_dirty_ = false;
}

std::string SimContent::SectorOf(const std::string& bytes, uint64_t sector) const {
  const uint64_t begin = sector * kSectorBytes;
  std::string out = begin < bytes.size() ? bytes.substr(begin, kSectorBytes) : std::string();
  out.resize(kSectorBytes, '\0');
  return out;
}

void SimContent::WriteBack(uint64_t sector) {
  const uint64_t begin = sector * kSectorBytes;
  const uint64_t end = std::min<uint64_t>(begin + kSectorBytes, cached().size());
  if (begin >= end) return;
  std::string& medium = medium_.Own();
  if (medium.size() < end) medium.resize(end, '\0');
  std::copy_n(cached().data() + begin, end - begin, medium.data() + begin);
}

void SimContent::Sync() {
  for (uint64_t sector = dirty_begin_; sector < dirty_end_; ++sector) {
    if (dirty_[sector]) WriteBack(sector);
  }
  if (size_dirty_) {
    medium_size_ = cached().size();
    if (medium_.get().size() > medium_size_) medium_.Own().resize(medium_size_);
  }
  MarkClean();
}

void SimContent::FailSync() {
  is_apart_ = true;
  MarkClean();
}

uint64_t SimContent::SurvivingSize(PowerLoss kind, SimRandom& random) const {
  if (!size_dirty_ || kind == PowerLoss::kDrop) return medium_size_;
  if (kind == PowerLoss::kKeep) return cached().size();
  switch (random.Below(4)) {
    case 0:
      return medium_size_;
    case 1:
      return random.Percent(50) ? low_size_ : high_size_;
    case 2: {
      const uint64_t any = random.Between(low_size_, high_size_);
      return std::max(low_size_, any / kSectorBytes * kSectorBytes);
    }
    default:
      return cached().size();
  }
}

void SimContent::DropCache() {
  if (!std::exchange(is_apart_, false)) return;
  std::string& bytes = cached_.Own();
  for (uint64_t sector = 0; sector * kSectorBytes < bytes.size(); ++sector) {
    if (sector < dirty_.size() && dirty_[sector]) {
      is_apart_ = true;
      continue;
    }
    const uint64_t begin = sector * kSectorBytes;
    const uint64_t length = std::min<uint64_t>(kSectorBytes, bytes.size() - begin);
    std::copy_n(SectorOf(medium_.get(), sector).data(), length, bytes.data() + begin);
  }
}

void SimContent::LosePower(PowerLoss kind, SimRandom& random) {
  if (!dirty() && medium_.get().size() == medium_size_) {
    cached_ = medium_;  // differs from it after a failed sync
    return;
  }
  const uint64_t size = SurvivingSize(kind, random);
  const Fate fate = DrawFate(kind, random);
  std::string after = medium_.get();
  after.resize(size, '\0');
  uint64_t count = 0;
  for (uint64_t sector = dirty_begin_; sector < dirty_end_; ++sector) count += dirty_[sector];
  const uint64_t cut = random.Below(count + 1);
  uint64_t position = 0;
  for (uint64_t sector = dirty_begin_; sector < dirty_end_; ++sector) {
    if (!dirty_[sector]) continue;
    const Outcome outcome = DrawOutcome(fate, position++, cut, random);
    const uint64_t begin = sector * kSectorBytes;
    if (begin >= size) continue;
    const uint64_t length = std::min(kSectorBytes, size - begin);
    std::string bytes = SectorOf(medium_.get(), sector);
    if (outcome == Outcome::kNew) bytes = SectorOf(cached(), sector);
    if (outcome == Outcome::kZero) bytes.assign(kSectorBytes, '\0');
    if (outcome == Outcome::kTorn) {
      const uint64_t torn_at = random.Below(length);
      bytes.replace(0, torn_at, SectorOf(cached(), sector), 0, torn_at);
    }
    std::copy_n(bytes.data(), length, after.data() + begin);
  }
  *this = SimContent(std::move(after));
}

void SimContent::FlipBit(uint64_t offset, uint32_t bit) {
  CHECK(offset < cached().size() && bit < 8);
  const auto flip = [&](char& byte) {
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << bit));
  };
  flip(cached_.Own()[offset]);
  if (offset < medium_.get().size()) flip(medium_.Own()[offset]);
}

}  // namespace cordwood::support
