#pragma once

// Turns the bytes of one connection into commands, RESP arrays of bulk strings or inline lines.
//
//   recv into WritableSpan(), Commit(), then Next() until it answers kNeedMore
//
// Arguments are views into the parser's own buffer: nothing is copied. A request may be cut
// anywhere; what was parsed of it is not parsed again. Memory follows the bytes that arrived,
// never a length that a client announced. Commands come out the same however the bytes were cut.
//
// Framing is strict, where Redis is lenient: every line ends with CR LF, every argument is
// followed by CR LF, and inline requests hold no NUL. docs/COMPATIBILITY.md lists the differences.
//
// Limits count from the next header on. While a client is unauthenticated, the session must not
// parse beyond an AUTH or HELLO before that has run, or larger commands behind it are refused.
//
// Owned by a session. Threads: one at a time. It does no I/O and knows no command, except the two
// words by which Redis tells a web page that talks to it ("POST" and "Host:").

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/input_buffer.h"
#include "protocol/limits.h"

namespace cordwood::protocol {

/// Why a connection ends.
struct ParseFailure {
  /// The error to send before closing ("ERR Protocol error: ..."). Empty: close at once, with
  /// the replies not yet sent, because the other side is no client of ours.
  std::string reply;
  /// For the log; lives for ever.
  std::string_view reason;
  /// The request was longer than Limits::max_request_bytes.
  bool over_request_limit = false;
};

class RequestParser {
 public:
  enum class Outcome : uint8_t {
    kCommand,   // argv() holds the next command, at least one argument
    kNeedMore,  // everything complete has been returned
    kError,     // failure() says why; final
  };

  explicit RequestParser(const Limits& limits) : limits_(limits) {}

  /// Room for at least `min` more bytes. Ends the validity of all argument views.
  std::span<char> WritableSpan(size_t min);
  /// The first `size` bytes of the last WritableSpan were filled.
  void Commit(size_t size) { buffer_.Commit(size); }

  Outcome Next();

  /// The last command. The span holds until Next(), the views in it until WritableSpan() or
  /// ReleaseMemory(): those of several commands may be used together.
  std::span<const std::string_view> argv() const { return argv_; }

  /// What the last command took as it was sent.
  size_t request_bytes() const { return request_bytes_; }

  /// REQUIRES: Next() answered kError.
  const ParseFailure& failure() const { return failure_; }

  /// Bytes received and not yet returned in a command.
  size_t buffered_bytes() const { return buffer_.size(); }
  /// What it holds on the heap.
  size_t memory_bytes() const {
    return buffer_.capacity() + argv_.capacity() * sizeof(std::string_view);
  }

  size_t buffer_capacity() const { return buffer_.capacity(); }

  const Limits& limits() const { return limits_; }
  void SetLimits(const Limits& limits) { limits_ = limits; }

  /// Frees what an idle connection does not need. Keeps a request that has arrived in part.
  void ReleaseMemory();

 private:
  enum class Step : uint8_t { kDone, kNeedMore, kError };

  /// What is wrong with the header line being read.
  struct LengthTexts {
    std::string_view invalid;
    std::string_view too_big;
  };

  Step ReadArrayHeader();
  Step ReadArguments();
  Step ReadBulkHeader();
  Step ReadLength(const LengthTexts& texts, int64_t& value);
  Step ReadLongLength(const LengthTexts& texts, int64_t& value);
  Step ReadLengthSlowly(const LengthTexts& texts, int64_t& value);
  Step ReadInline();
  Outcome FinishCommand();

  Step FailWith(std::string_view text);
  Step FailExpectingBulk(char got);
  Step FailSilently(std::string_view reason);

  InputBuffer buffer_;
  Limits limits_;

  // Within buffer_.data(), which starts with the request being parsed:
  size_t position_ = 0;  // all bytes before it are parsed
  size_t scanned_ = 0;   // bytes of the line at position_ known to hold no line end

  size_t request_bytes_ = 0;
  uint64_t missing_arguments_ = 0;  // of the array being parsed; 0 between requests
  int64_t bulk_bytes_ = -1;         // of the argument at position_; -1 before its header
  std::vector<std::string_view> argv_;

  bool failed_ = false;
  ParseFailure failure_;
};

}  // namespace cordwood::protocol
