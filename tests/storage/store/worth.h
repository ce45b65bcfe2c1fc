#pragma once

// What each byte of a stopped store's directory is worth, by docs/STORAGE_FORMAT.md: whether a
// damaged one must be noticed. Reads the undamaged files itself, with no code of the store but the
// decoder of edits: it looks for magic numbers, and believes what stands behind them.
//
// Threads: one.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "storage/version/edit.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {

enum class Worth : uint8_t {
  /// Zeros that nobody reads, records that the tables hold, files that nothing names. Damage does
  /// not matter, and nobody complains of it.
  kSpare,
  /// The last edit of a manifest that no clean stop has sealed. A damaged one is taken for one
  /// that a crash has cut, unless the other files show that it was not.
  kLastEdit,
  /// Damage is refused, or an error to whoever needs the byte.
  kNeeded,
};

class WorthMap {
 public:
  /// Fails the test if the directory is not what it takes it for.
  WorthMap(support::SimEnv& env, const std::string& dir);

  Worth At(const std::string& path, uint64_t offset) const;
  /// The most that a byte of [begin, end) is worth.
  Worth In(const std::string& path, uint64_t begin, uint64_t end) const;
  /// Behind the last byte that is not spare; 0 if all are.
  uint64_t SpareFrom(const std::string& path) const;

  /// Where the frames of the manifest end. A sealed one is needed beyond, as there must be nothing
  /// but zeros; that there are any is not.
  uint64_t manifest_end() const { return manifest_end_; }

  /// Where the stored bytes of each data block of a table begin and end.
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;
  };
  std::vector<Range> DataBlocks(const std::string& path) const;

 private:
  struct Piece {
    uint64_t begin = 0;
    uint64_t end = 0;
    Worth worth = Worth::kSpare;
  };
  struct Segment;

  const std::string& Bytes(const std::string& path) const { return files_.at(path); }
  std::string Numbered(uint64_t number, const std::string& suffix) const;
  void Add(const std::string& path, uint64_t begin, uint64_t end, Worth worth);
  void AddManifest();
  void AddTables();
  void AddLog();
  void AddSegment(const Segment& segment, const Segment* next);
  std::vector<Segment> Chain() const;

  const std::string dir_;
  std::map<std::string, std::string> files_;
  std::map<std::string, std::vector<Piece>> pieces_;  // what is not spare
  ManifestState state_;
  uint64_t manifest_end_ = 0;
};

}  // namespace cordwood::storage
