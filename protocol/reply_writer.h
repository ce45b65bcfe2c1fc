#pragma once

// Appends replies to a string, in RESP2 or RESP3. The one encoder of replies: no text that a
// client chose can end a line early, because simple strings and errors lose CR, LF and NUL here.
//
// What RESP2 lacks becomes what Redis sends instead: a map is a flat array, a set or push an
// array, a double, big number or verbatim string a bulk string, a boolean :1 or :0.
//
// Headers count the elements that the caller appends next; nothing checks that they come.
// A command that is discarded and run again remembers size() and truncates.
//
// A writer may be bounded: of a reply that would be longer nothing more is kept from there on, and
// overflowed() says so. Whoever set the bound then replaces the reply; whoever appends in a long
// loop looks, and stops.
//
// A writer of a long reply may give away what is written so far: positions count from there on.
//
// The string belongs to the caller and outlives the writer. Threads: one at a time.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::protocol {

/// "WRONGTYPE" of "WRONGTYPE Operation against ...", with a - in front or not. What has no code is
/// an ERR.
std::string_view CodeOfError(std::string_view error);

enum class RespVersion : uint8_t { kResp2 = 2, kResp3 = 3 };

/// Whole replies that are the same in both versions, for Raw().
inline constexpr std::string_view kOkReply = "+OK\r\n";
inline constexpr std::string_view kPongReply = "+PONG\r\n";
inline constexpr std::string_view kQueuedReply = "+QUEUED\r\n";
inline constexpr std::string_view kZeroReply = ":0\r\n";
inline constexpr std::string_view kOneReply = ":1\r\n";
inline constexpr std::string_view kMinusOneReply = ":-1\r\n";
inline constexpr std::string_view kMinusTwoReply = ":-2\r\n";
inline constexpr std::string_view kEmptyBulkReply = "$0\r\n\r\n";
inline constexpr std::string_view kEmptyArrayReply = "*0\r\n";

class ReplyWriter {
 public:
  ReplyWriter(std::string& out, RespVersion version) : out_(out), version_(version) {}
  ReplyWriter(const ReplyWriter&) = delete;
  ReplyWriter& operator=(const ReplyWriter&) = delete;

  RespVersion version() const { return version_; }
  bool resp3() const { return version_ == RespVersion::kResp3; }
  void SetVersion(RespVersion version) { version_ = version; }

  size_t size() const { return out_.size(); }
  /// What was appended from `position` on. Nothing if that was given away.
  std::string_view From(size_t position) const {
    return std::string_view(out_).substr(std::min(position, out_.size()));
  }
  /// Makes place: an overflow is forgotten. REQUIRES: size <= this->size().
  void Truncate(size_t size) {
    out_.resize(size);
    overflowed_ = false;
  }

  /// From here on at most `bytes` are appended.
  void Bound(size_t bytes) { end_ = out_.size() + bytes; }
  /// Something did not fit, and all that came behind it was dropped, too.
  bool overflowed() const { return overflowed_; }
  /// Bytes that still fit.
  size_t room() const { return overflowed_ ? 0 : end_ - out_.size(); }

  /// From here on GiveAway hands what was written to `pieces`, which outlives the writer, when it
  /// is much: a string that grows and grows is copied again and again.
  void GiveAwayTo(std::vector<std::string>& pieces) { pieces_ = &pieces; }
  /// Positions before this are void. REQUIRES: nothing will be cut back behind it.
  void GiveAway() {
    if (pieces_ != nullptr && out_.size() >= kPieceBytes) GiveAwayAll();
  }

  /// Bytes that are replies already.
  void Raw(std::string_view encoded) {
    if (Fits(encoded.size())) out_.append(encoded);
  }
  void Ok() { Raw(kOkReply); }

  void SimpleString(std::string_view text) { Line('+', text); }
  /// `text` starts with the code: "ERR no such key", "WRONGTYPE Operation against ...".
  void Error(std::string_view text) { Line('-', text); }
  void Integer(int64_t value);
  void Bulk(std::string_view bytes);
  /// The same in parts: BulkBegin, so many bytes by Raw, BulkEnd.
  void BulkBegin(size_t bytes) { Header('$', bytes); }
  void BulkEnd() { Raw("\r\n"); }
  /// The decimal digits as a bulk string.
  void BulkInteger(int64_t value);

  /// The absence of a value.
  void Null();
  /// The absence of an array: an aborted EXEC, BLPOP after its time. RESP3 has one null only.
  void NullArray();

  void ArrayHeader(size_t count) { Header('*', count); }
  /// `pairs` keys, each followed by its value.
  void MapHeader(size_t pairs) { resp3() ? Header('%', pairs) : Header('*', 2 * pairs); }
  void SetHeader(size_t count) { Header(resp3() ? '~' : '*', count); }
  void PushHeader(size_t count) { Header(resp3() ? '>' : '*', count); }

  /// The same headers put in at `position`, before the elements already appended behind it, for
  /// those who know the count last. Moves these bytes. REQUIRES: position <= size().
  void InsertArrayHeader(size_t position, size_t count);
  void InsertMapHeader(size_t position, size_t pairs);
  void InsertSetHeader(size_t position, size_t count);

  void Double(double value);
  /// One whose text is made otherwise.
  void DoubleText(std::string_view text) { resp3() ? Line(',', text) : Bulk(text); }
  void Bool(bool value);
  /// Text for people (format "txt") or Markdown ("mkd"); `format` has three letters.
  void VerbatimString(std::string_view text, std::string_view format = "txt");

 private:
  static constexpr size_t kPieceBytes = 256 << 10;

  void GiveAwayAll();
  bool Fits(size_t bytes) {
    overflowed_ = overflowed_ || bytes > end_ - out_.size();
    return !overflowed_;
  }
  void Line(char type, std::string_view text);
  void Header(char type, size_t count);
  void InsertHeader(size_t position, char type, size_t count);

  std::string& out_;
  std::vector<std::string>* pieces_ = nullptr;
  RespVersion version_;
  size_t end_ = std::numeric_limits<size_t>::max();  // of out_
  bool overflowed_ = false;
};

}  // namespace cordwood::protocol
