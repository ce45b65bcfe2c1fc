#include "storage/log/note_keeper.h"

#include <algorithm>
#include <utility>

namespace cordwood::storage {
namespace {

// A second, less what may pass between two ticks.
constexpr uint64_t kTellSyncedNs = 900'000'000;
constexpr uint64_t kNoteRetryNs = 1'000'000'000;

}  // namespace

NoteKeeper::NoteKeeper(Env& env, NoteFile file, Options options)
    : env_(env),
      options_(std::move(options)),
      file_(std::move(file)),
      ordinal_(file_.last().ordinal) {}

Result<NoteKeeper::Outcome> NoteKeeper::Enter(const SegmentHeader& segment, Seq known_synced,
                                              bool now) {
  const uint64_t now_ns = env_.MonotonicNs();
  {
    const MutexLock lock(mutex_);
    if (failure_) return std::unexpected(*failure_);
    if (busy_) return Outcome::kBusy;
    if (!now && now_ns < retry_ns_) return Outcome::kFull;
    busy_ = true;
  }
  const Status written = Write({.segment = segment.number,
                                .ordinal = segment.ordinal,
                                .salt = segment.salt,
                                .known_synced = known_synced});
  if (written) return Outcome::kWritten;
  if (IsShortage(written)) return Outcome::kFull;
  return std::unexpected(written.error());
}

void NoteKeeper::OnSynced(uint64_t now_ns) {
  const MutexLock lock(mutex_);
  if (moved_ns_ == 0) moved_ns_ = now_ns;
}

void NoteKeeper::Tick(uint64_t now_ns) {
  {
    const MutexLock lock(mutex_);
    if (moved_ns_ == 0 || now_ns < moved_ns_ + kTellSyncedNs) return;
    if (busy_ || closed_ || failure_ || now_ns < retry_ns_) return;
    busy_ = true;
  }
  options_.schedule([this] { WriteSynced(); });
}

bool NoteKeeper::CanEnter(uint64_t now_ns) const {
  const MutexLock lock(mutex_);
  return !busy_ && now_ns >= retry_ns_;
}

std::optional<Error> NoteKeeper::error() const {
  const MutexLock lock(mutex_);
  return error_;
}

std::optional<Error> NoteKeeper::failure() const {
  const MutexLock lock(mutex_);
  return failure_;
}

void NoteKeeper::Close() {
  const MutexLock lock(mutex_);
  closed_ = true;
}

void NoteKeeper::WriteSynced() {
  {
    const MutexLock lock(mutex_);
    moved_ns_ = 0;  // before S is read: where it moves to from here on is told by the next one
  }
  LogNote note = file_.last();
  note.known_synced = std::max(note.known_synced, options_.synced());
  IgnoreError(Write(note), "error() and failure() keep it");
  options_.on_change();
}

Status NoteKeeper::Write(const LogNote& note) {
  const bool is_told =
      note.ordinal == file_.last().ordinal && note.known_synced == file_.last().known_synced;
  const Status written = is_told ? Status() : file_.Write(note);
  const uint64_t now_ns = env_.MonotonicNs();
  if (written) ordinal_.store(note.ordinal, std::memory_order_release);
  const MutexLock lock(mutex_);
  busy_ = false;
  error_.reset();
  if (written) return {};
  if (IsShortage(written)) {
    error_ = written.error();
    retry_ns_ = now_ns + kNoteRetryNs;
    if (moved_ns_ == 0) moved_ns_ = now_ns;  // what it was to tell is still untold
  } else {
    failure_ = written.error();
  }
  return written;
}

}  // namespace cordwood::storage
