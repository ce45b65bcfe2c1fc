#pragma once

// The ways to write groups into a prepared segment, one after the other from its second sector to
// its end.
//
// Owned by the row that measures it. Threads: one at a time. Never prepares a segment, and takes no
// time itself: whoever calls it does.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace cordwood::bench {

enum class WayKind : uint8_t {
  // Each group is durable when its call returns.
  kFdatasync,        // pwrite and fdatasync
  kDsync,            // pwritev2 with RWF_DSYNC
  kDirectDsync,      // pwrite on a descriptor with O_DIRECT and O_DSYNC
  kDirectFdatasync,  // pwrite on one with O_DIRECT, and fdatasync
  // A group is durable when Sync returns.
  kWhole,           // each group in sectors of its own
  kWholeWriteback,  // the same, and the kernel begins to write each MiB when it is full
  kPacked,          // each group behind the one before, and the last sector written again
};

inline constexpr WayKind kSyncedWays[] = {WayKind::kFdatasync, WayKind::kDsync,
                                          WayKind::kDirectDsync, WayKind::kDirectFdatasync};
inline constexpr WayKind kUnsyncedWays[] = {WayKind::kWhole, WayKind::kWholeWriteback,
                                            WayKind::kPacked};

std::string_view WayName(WayKind kind);

class Way {
 public:
  virtual ~Way() = default;

  /// Goes on in this segment.
  virtual Status Open(const std::string& path, uint64_t bytes) = 0;
  /// Whether the segment has room for another group.
  virtual bool Fits() const = 0;
  virtual Status WriteGroup() = 0;
  /// What was written is durable; nothing to do for the ways whose groups are so at once.
  virtual Status Sync() = 0;
};

/// `group_bytes`: the frame's header and records. They fill it, for the ways that are durable at
/// once: a multiple of kSectorBytes.
std::unique_ptr<Way> NewWay(WayKind kind, uint64_t group_bytes);

}  // namespace cordwood::bench
