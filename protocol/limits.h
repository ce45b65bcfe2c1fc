#pragma once

// How much a client may ask for before it is refused. The parser obeys these; the session fills
// them from the options and exchanges them when the client has authenticated.
//
// Threads: any; plain values.

#include <cstddef>

namespace cordwood::protocol {

/// Before authentication a request has at most this many arguments of at most this many bytes.
inline constexpr size_t kUnauthenticatedArguments = 10;
inline constexpr size_t kUnauthenticatedBulkBytes = 16384;

struct Limits {
  /// proto-max-bulk-len: the longest single argument.
  size_t max_bulk_bytes = size_t{512} << 20;
  /// The longest inline request, and the longest header line of a framed one.
  size_t max_inline_bytes = size_t{64} << 10;
  size_t max_arguments = 1'048'576;
  /// client-query-buffer-limit: one request with all its framing.
  size_t max_request_bytes = size_t{1} << 30;
  /// False: the two constants above hold as well.
  bool authenticated = true;
};

}  // namespace cordwood::protocol
