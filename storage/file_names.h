#pragma once

// The names of the files of a store's directory: CURRENT, NOTE, BALLAST, MANIFEST-n, n.wal, n.sst.
// Numbers are decimal, at least six digits, and unique over all kinds.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cordwood::storage {

enum class FileKind : uint8_t {
  kCurrent,
  kNote,
  kBallast,
  kManifest,
  kLog,
  kTable,
  kTemporary,
  kTornTail,
};

struct FileName {
  FileKind kind = FileKind::kCurrent;
  uint64_t number = 0;  // manifest, log, table, torn tail

  friend bool operator==(const FileName&, const FileName&) = default;
};

std::string CurrentPath(std::string_view dir);
/// What tells where the log ends.
std::string NotePath(std::string_view dir);
std::string BallastPath(std::string_view dir);
std::string ManifestPath(std::string_view dir, uint64_t number);
std::string LogPath(std::string_view dir, uint64_t number);
std::string TablePath(std::string_view dir, uint64_t number);
std::string TableFileName(uint64_t number);
/// The path of a manifest, log, table or torn tail.
std::string PathOf(std::string_view dir, FileName file);
/// Written under this name first, then renamed.
std::string TemporaryPath(std::string_view path);
/// Where recovery keeps the bytes that it cut off log `number`.
std::string TornTailPath(std::string_view dir, uint64_t number);

/// Nothing if the name is not one of ours.
std::optional<FileName> ParseFileName(std::string_view name);

}  // namespace cordwood::storage
