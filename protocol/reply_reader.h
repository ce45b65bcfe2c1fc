#pragma once

// Reads replies, RESP2 and RESP3, from bytes that come in pieces. The client's side of the
// protocol: it trusts the server as little as the server trusts a client, so depth, number of
// elements and lengths are bounded and nothing is allocated for bytes that have not arrived.
//
//   Feed() what was received, then Next() until it answers nothing
//
// Threads: one at a time. It does no I/O. It does not know the streamed forms of RESP3 ("$?"),
// which Redis does not send.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "protocol/reply_value.h"

namespace cordwood::protocol {

struct ReplyLimits {
  size_t max_depth = 64;
  size_t max_bulk_bytes = size_t{512} << 20;
  size_t max_line_bytes = size_t{64} << 10;
  /// In one reply, at all depths together.
  size_t max_elements = size_t{1} << 24;
};

class ReplyReader {
 public:
  explicit ReplyReader(const ReplyLimits& limits = {}) : limits_(limits) {}

  void Feed(std::string_view bytes);

  /// The next whole reply; nothing when more bytes are needed. After an error it stays that
  /// error: what follows cannot be told apart.
  Result<std::optional<Value>> Next();

  /// Bytes fed and not yet returned, except those already in a reply that is half read.
  size_t buffered_bytes() const { return buffer_.size() - position_; }

 private:
  /// An aggregate whose items are still being read.
  struct Frame {
    Value value;
    uint64_t missing = 0;
    bool attribute = false;
  };

  enum class Step : uint8_t { kValue, kOpened, kNeedMore };

  Result<std::optional<Value>> Read();
  /// Reads one scalar or the header of an aggregate.
  Result<Step> ReadNode(Value& value);
  Result<Step> ReadText(char type, std::string_view line, Value& value);
  Result<Step> ReadBulk(char type, std::string_view line, Value& value);
  Result<Step> OpenAggregate(char type, std::string_view line, Value& value);
  /// Puts a finished value where it belongs. True: it was the reply itself.
  bool Place(Value& value);
  /// The line at position_ without its CR LF; nothing when it is not whole.
  Result<std::optional<std::string_view>> Line();

  ReplyLimits limits_;
  std::string buffer_;
  size_t position_ = 0;
  size_t scanned_ = 0;  // bytes of the line at position_ known to hold no line end
  std::vector<Frame> open_;
  std::vector<Value> attributes_;  // of the value that comes next
  size_t elements_ = 0;
  std::optional<Error> error_;
};

}  // namespace cordwood::protocol
