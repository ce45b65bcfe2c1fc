#include "storage/space.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/log.h"
#include "storage/log/frame.h"

namespace cordwood::storage {
namespace {

// The file system is asked after so much was written, or a quarter of a memtable if that is less:
// what others take of the disk is seen before the ballast is too small for what must be flushed.
// Writers wait after twice as much.
constexpr uint64_t kMeasureEveryBytes = 4 << 20;
constexpr uint64_t kMeasuresInAMemtable = 4;
constexpr uint64_t kMeasureEveryNs = 1'000'000'000;
constexpr uint64_t kMeasureEveryNsWhenFull = 200'000'000;
// A segment, a memtable, a table and what a manifest grows by of this share of the disk, so that
// all that is kept free is less than a fifth of it.
constexpr uint64_t kShareOfDisk = 64;
constexpr uint64_t kSmallestPart = 64 << 10;
// What the next edits of the manifest take; a new one, its zeros written ahead, CURRENT; an entry
// of a table in it. Without room for a new one edits still go to the old one.
constexpr uint64_t kEditBytes = 16 << 10;
constexpr uint64_t kManifestBytes = 112 << 10;
constexpr uint64_t kTableEntryBytes = 256;
// A piece of a merge while room is short: what is written, and an input that goes only afterwards.
constexpr uint64_t kFragmentsPerPiece = 2;
constexpr uint64_t kSmallestFirstSegment = 4 * kLogAlign;
// What a start has to have: its first segment, a manifest.
constexpr uint64_t kStartBytes = 1 << 20;

uint64_t Less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

uint64_t BallastBytes(const StoreOptions& options) {
  return 2 * std::max(options.log_segment_bytes, options.memtable_bytes);
}

}  // namespace

StoreOptions FitToDisk(StoreOptions options, uint64_t disk_bytes) {
  const uint64_t sectors = disk_bytes / kShareOfDisk / kLogAlign;
  const uint64_t most = std::max(kSmallestPart, sectors * kLogAlign);
  for (uint64_t* part : {&options.log_segment_bytes, &options.memtable_bytes,
                         &options.fragment_bytes, &options.manifest_growth_bytes}) {
    *part = std::min(*part, most);
  }
  return options;
}

Space::Space(Env& env, std::string dir, const StoreOptions& options, std::function<Use()> use,
             std::function<void()> on_change)
    : env_(env),
      dir_(std::move(dir)),
      segment_bytes_(options.log_segment_bytes),
      fragment_bytes_(options.fragment_bytes),
      measure_every_bytes_(
          std::min(kMeasureEveryBytes, options.memtable_bytes / kMeasuresInAMemtable)),
      use_(std::move(use)),
      on_change_(std::move(on_change)),
      ballast_(env, dir_, BallastBytes(options)),
      max_disk_bytes_(options.max_disk_bytes) {}

void Space::Open() {
  ballast_.Adopt();
  Measure();
  if (known() && available() < kStartBytes && ballast_.ShrinkTo(0)) Measure();
}

uint64_t Space::FirstSegmentBytes(uint64_t wanted) const {
  const uint64_t half = available() / 2 / kLogAlign * kLogAlign;
  return known() ? std::min(wanted, std::max(kSmallestFirstSegment, half)) : wanted;
}

void Space::Close() {
  closed_.store(true);
  env_.Await([this] { return tasks_.load() == 0; });
}

// --- how much there is ---

void Space::Measure() {
  const uint64_t written = written_.load(std::memory_order_relaxed);
  const Result<std::optional<DiskSpace>> space = env_.SpaceOf(dir_);
  available_.store(space && *space ? (*space)->available : kUnknown, std::memory_order_relaxed);
  written_then_.store(written, std::memory_order_relaxed);
  measured_ns_.store(env_.MonotonicNs(), std::memory_order_relaxed);
}

void Space::MeasureIfDue() {
  const uint64_t since =
      written_.load(std::memory_order_relaxed) - written_then_.load(std::memory_order_relaxed);
  if (since >= measure_every_bytes_) Measure();
}

bool Space::MustMeasure() const {
  return written_.load(std::memory_order_relaxed) - written_then_.load(std::memory_order_relaxed) >=
         2 * measure_every_bytes_;
}

void Space::Schedule(Lane lane, std::function<void()> task) {
  if (closed_.load()) return;
  tasks_.fetch_add(1);
  env_.Schedule(lane, [this, run = std::move(task)] {
    run();
    tasks_.fetch_sub(1);  // whoever waits for it may destroy this now
  });
}

void Space::MeasureSoon() {
  if (closed_.load() || measuring_.exchange(true)) return;
  // Where tasks are short: those that make files may take long.
  Schedule(Lane::kFetch, [this] {
    Measure();
    measuring_.store(false);
    AcceptsWrites(0);
    on_change_();
  });
}

uint64_t Space::FlushBytes(const Use& use, uint64_t more) {
  const uint64_t unflushed = use.unflushed + more;
  return unflushed + unflushed / 5 + kEditBytes;
}

uint64_t Space::ReserveBytes(const Use& use, uint64_t more) const {
  // What needs a segment of its own size needs it beside the next one.
  const uint64_t own_segment = more > segment_bytes_ ? more : 0;
  const uint64_t manifest = kManifestBytes + kTableEntryBytes * use.tables;
  return FlushBytes(use, more) + manifest + segment_bytes_ + own_segment +
         kFragmentsPerPiece * fragment_bytes_;
}

bool Space::HasRoom(const Use& use, uint64_t more) const {
  return !known() || available() + ballast_.held() >= ReserveBytes(use, more) + ballast_.whole();
}

bool Space::IsWithinQuota(const Use& use, uint64_t more) const {
  const uint64_t most = max_disk_bytes_.load(std::memory_order_relaxed);
  if (most == 0) return true;
  // Where the limit was lowered, the parts may be too large for it.
  const uint64_t reserve = std::min(ReserveBytes(use, more) + ballast_.whole(), most / 2);
  return use.stored + std::max(reserve, more) <= most;
}

bool Space::AcceptsWrites(uint64_t bytes) {
  // A little more than there was when it became full, so that it does not change all the time.
  const bool was_full = is_full();
  const uint64_t asked = bytes + (was_full ? segment_bytes_ / 4 : 0);
  const Use use = use_();
  const bool full = !HasRoom(use, asked) || !IsWithinQuota(use, asked);
  // A batch too large for the room is refused, and that is all.
  if (full && !was_full && bytes > measure_every_bytes_ && HasRoom(use, 0) &&
      IsWithinQuota(use, 0)) {
    return false;
  }
  if (full_.exchange(full) != full) {
    if (full) {
      LogWarning(
          Format("{}: the disk is full ({} bytes left): writes are refused; delete keys, or "
                 "make room",
                 dir_, known() ? Format("{}", available()) : "an unknown number of"));
    } else {
      LogNotice(Format("{}: there is room again: writes are accepted", dir_));
      last_part_open_.store(false);
    }
  }
  return !full;
}

uint64_t Space::MergeRoom() const {
  const Use use = use_();
  const uint64_t others = FlushBytes(use, 0) + segment_bytes_;
  const uint64_t most = max_disk_bytes_.load(std::memory_order_relaxed);
  const uint64_t of_limit = most == 0 ? kUnknown : Less(most, use.stored + others);
  return std::min(of_limit, known() ? Less(available(), others) : kUnknown);
}

// --- giving it out ---

Status Space::CheckSegment(uint64_t bytes) {
  Measure();
  if (!known()) return {};
  const auto fits = [&] {
    // One of its own size is for a batch, which has what writes have.
    if (bytes > segment_bytes_) {
      return available() + ballast_.held() >= ReserveBytes(use_(), 0) + ballast_.whole() + bytes;
    }
    return available() >= bytes + (last_part_open_.load() ? 0 : FlushBytes(use_(), 0));
  };
  if (fits()) return {};
  const uint64_t kept = last_part_open_.load() ? ballast_.corner() : ballast_.half();
  if (bytes <= segment_bytes_ && ballast_.ShrinkTo(kept)) {
    Measure();
    if (fits()) return {};
  }
  return Fail(ErrorCode::kNoSpace,
              Format("{}: {} bytes of log do not fit into {} bytes of free space", dir_, bytes,
                     available()));
}

void Space::MakeRoom(uint64_t bytes) {
  Measure();
  if (known() && available() < bytes && GiveBallast()) Measure();
}

// --- the ballast ---

bool Space::MayGrowBallast() const {
  const uint64_t step = ballast_.NextStep();
  return step > 0 && !is_full() && (!known() || available() >= ReserveBytes(use_(), 0) + step);
}

void Space::GrowBallast() {
  Measure();
  if (MayGrowBallast()) ballast_.Grow();
  growing_.store(false);
}

void Space::Tick() {
  AcceptsWrites(0);  // when nobody writes it is still to be seen that there is room
  const uint64_t every = is_full() ? kMeasureEveryNsWhenFull : kMeasureEveryNs;
  if (env_.MonotonicNs() >= measured_ns_.load(std::memory_order_relaxed) + every) MeasureSoon();
  // One step a tick, so that its writes stay far below what a disk can do.
  if (MayGrowBallast() && !closed_.load() && !growing_.exchange(true)) {
    Schedule(Lane::kRemovals, [this] { GrowBallast(); });
  }
}

}  // namespace cordwood::storage
