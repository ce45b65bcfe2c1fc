#pragma once

// The manifest: the log of edits that says which table files make the tree, and CURRENT, which
// says which manifest counts.
//
//   MANIFEST-n = frame*, zeros         each frame starts on a 4096-byte boundary; the zeros are
//                                      written ahead, so that a full disk never cuts a frame
//   frame      = magic u32, kind u32, size u32, zero u32, checksum u64, payload, zeros
//   checksum   = XXH3 over the frame's first 16 bytes and the payload, seeded by n and the offset
//   kind       1 header: format version u32, feature bits u64; always the first frame
//              2 edit:   storage/version/edit.h; the first is a snapshot
//
//   CURRENT    = "cordwood <format>\n" "manifest <n>\n" ["sealed <size> <hash>\n"] "checksum <h>\n"
//
// An edit counts once its frame is synced. A bad frame at the end of an unsealed manifest is an
// edit whose sync never returned; anywhere else, or in a manifest that a clean stop sealed, it is
// corruption. A manifest that could not be appended to is never written again.
//
// Threads: one at a time.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/error.h"
#include "storage/version/edit.h"

namespace cordwood::storage {

inline constexpr uint32_t kStoreFormat = 2;

/// What CURRENT says.
struct Current {
  struct Seal {
    uint64_t size = 0;
    uint64_t hash = 0;
  };
  uint64_t manifest = 0;
  std::optional<Seal> seal;

  std::string Encode() const;
  /// `path` is for messages.
  static Result<Current> Decode(std::string_view bytes, const std::string& path);
};

/// Nothing if the directory has no CURRENT.
Result<std::optional<Current>> ReadCurrent(Env& env, const std::string& dir);
/// Replaces CURRENT in one step that survives power loss.
Status WriteCurrent(Env& env, const std::string& dir, const Current& current);

/// Replays the manifest that `current` names. A last edit whose sync never returned is left out;
/// ManifestState::torn_at then says where it stands.
Result<ManifestState> ReadManifest(Env& env, const std::string& dir, const Current& current);

class ManifestWriter {
 public:
  static constexpr uint64_t kGrowthBytes = 16 << 20;

  /// Starts manifest `number` with a snapshot and makes it current; both are durable on success.
  /// Less than `growth_bytes` behind it are no reason for another one.
  static Result<std::unique_ptr<ManifestWriter>> Create(Env& env, const std::string& dir,
                                                        uint64_t number, const ManifestState& state,
                                                        uint64_t growth_bytes = kGrowthBytes);

  /// Durable on success. A shortage (base/error.h): nothing happened, and it may be tried again.
  /// After any other error the outcome is unknown and the writer is of no more use.
  Status Append(const Edit& edit);
  /// Marks the end of a clean stop.
  Status Seal();

  uint64_t number() const { return number_; }
  /// Bytes of the edits behind the snapshot.
  uint64_t grown() const { return size_ - start_size_; }
  /// Whether it is time for a new one: those are more than the snapshot takes, and not a few.
  bool outgrown() const { return grown() >= std::max(growth_bytes_, start_size_); }

 private:
  ManifestWriter(Env& env, std::string dir, uint64_t number, std::unique_ptr<File> file,
                 uint64_t growth_bytes)
      : env_(env),
        dir_(std::move(dir)),
        number_(number),
        file_(std::move(file)),
        growth_bytes_(growth_bytes) {}

  Status Start(const ManifestState& state);
  Status AppendFrame(uint32_t kind, std::string_view payload);
  Status MakeRoom(uint64_t bytes);

  Env& env_;
  const std::string dir_;
  const uint64_t number_;
  const std::unique_ptr<File> file_;
  const uint64_t growth_bytes_;
  uint64_t size_ = 0;        // where the frames end
  uint64_t start_size_ = 0;  // where the snapshot ends
  uint64_t zeros_ = 0;       // where the zeros written ahead end
};

}  // namespace cordwood::storage
