#include "storage/ballast.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "base/coding.h"
#include "base/format.h"
#include "base/log.h"
#include "base/random.h"
#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

// Small, so that what shares its lane and the log's syncs wait for one step at most.
constexpr uint64_t kStepBytes = 4 << 20;
constexpr uint64_t kChunkBytes = 256 << 10;
// A start makes a segment of a quarter of a megabyte and what it has to copy.
constexpr uint64_t kCornerBytes = 1 << 20;
constexpr uint64_t kCornerShare = 8;  // of a small one

}  // namespace

/// The right to change the file.
class Ballast::Claim {
 public:
  explicit Claim(Ballast& ballast) : ballast_(ballast), taken_(!ballast.busy_.exchange(true)) {}
  ~Claim() {
    if (taken_) ballast_.busy_.store(false);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  bool taken() const { return taken_; }

 private:
  Ballast& ballast_;
  const bool taken_;
};

Ballast::Ballast(Env& env, std::string dir, uint64_t bytes)
    : env_(env), dir_(std::move(dir)), path_(BallastPath(dir_)), whole_(bytes) {}

void Ballast::Adopt() {
  const Result<uint64_t> bytes = FileBytes();
  if (bytes) {
    held_.store(*bytes, std::memory_order_relaxed);
    ShrinkTo(whole_);
  } else if (bytes.error().code() != ErrorCode::kNotFound && !env_.Remove(path_)) {
    LogWarning(Format("no ballast can be made while this is there: {}; move it away",
                      bytes.error().message()));
  }
}

Result<uint64_t> Ballast::FileBytes() {
  CW_ASSIGN(const std::unique_ptr<File> file, env_.Open(path_, OpenMode::kRead));
  return file->Size();
}

uint64_t Ballast::corner() const { return std::min(kCornerBytes, whole_ / kCornerShare); }

bool Ballast::ShrinkTo(uint64_t bytes) {
  const Claim claim(*this);
  if (!claim.taken() || held() <= bytes) return false;
  // A file system may need room to cut a file, and none to remove it.
  const bool cut = bytes > 0 && Cut(bytes).has_value();
  if (!cut && !env_.Remove(path_)) return false;
  held_.store(cut ? bytes : 0, std::memory_order_relaxed);
  return true;
}

Status Ballast::Cut(uint64_t bytes) {
  CW_ASSIGN(const std::unique_ptr<File> file, env_.Open(path_, OpenMode::kReadWrite));
  CW_TRY(file->Truncate(bytes));
  return file->Sync();
}

uint64_t Ballast::NextStep() const {
  const uint64_t most = std::min(whole_, env_.FileBytesMax());
  return std::min(kStepBytes, most - std::min(most, held()));
}

void Ballast::Grow() {
  const Claim claim(*this);
  const uint64_t step = NextStep();
  if (!claim.taken() || step == 0) return;
  if (WriteStep(step)) {
    held_.fetch_add(step, std::memory_order_relaxed);
  } else if (held() == 0 || !Cut(held())) {
    IgnoreError(env_.Remove(path_), "there is nothing in it, and the next step tries again");
    held_.store(0, std::memory_order_relaxed);
  }
}

Status Ballast::WriteStep(uint64_t bytes) {
  const OpenMode mode = held() == 0 ? OpenMode::kCreate : OpenMode::kReadWrite;
  CW_ASSIGN(const std::unique_ptr<File> file, env_.Open(path_, mode));
  Random random(env_.RandomU64());
  std::string chunk;
  for (uint64_t done = 0; done < bytes; done += chunk.size()) {
    const uint64_t size = std::min(kChunkBytes, bytes - done);
    chunk.clear();
    while (chunk.size() < size) AppendFixed64(chunk, random.Next());
    chunk.resize(size);
    CW_TRY(file->WriteAt(held() + done, chunk));
  }
  CW_TRY(file->Sync());
  return env_.SyncDir(dir_);
}

}  // namespace cordwood::storage
